"""CSV export of the filtered sessions or their events. Every export is recorded before its first line is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ... import permissions
from ...models import Disclosure
from ..base import reviewers_only
from ..queries.csv_export import event_count, events_csv, session_count, sessions_csv
from ..queries.sessions import SessionFilter, SessionsForm
from .sessions import sessions_page

COUNTS = {"sessions": session_count, "events": event_count}


@require_POST
@reviewers_only
def export_csv(request: HttpRequest) -> Any:  # a page, or a stream
    """Stream the filtered sessions, or their events; an invalid filter exports nothing and shows the errors."""
    what, words = request.POST.get("what", ""), "words" in request.POST
    form = SessionsForm(request.GET)
    if what not in COUNTS or (words and not request.user.has_perm(permissions.READ_WORDS)):
        raise Http404("There is no such export for this person.")
    if not form.is_valid():
        return sessions_page(request, form)
    filters = form.filters
    with_words = words and what == "events"
    on_end = note_export(request, export_description(what, with_words, filters), COUNTS[what](filters))
    chunks = events_csv(filters, with_words, on_end) if what == "events" else sessions_csv(filters, on_end)
    response = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{what}-{day}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def note_export(request: HttpRequest, where: str, minimum: int) -> Callable[[int], Any]:
    """Record an export of at least `minimum` lines; return a callback that records the final number.

    An export that is cut off stays recorded with `minimum`.
    """
    note = Disclosure.objects.create(user_id=request.user.pk, what=Disclosure.What.EXPORT, where=where, count=minimum)
    return lambda lines: Disclosure.objects.filter(pk=note.pk, count__lt=lines).update(count=lines)


def export_description(what: str, words: bool, filters: SessionFilter) -> str:
    """Describe an export for the record: kind, whether with words, and filter, cut to the column's length."""
    max_length = Disclosure._meta.get_field("where").max_length
    return f"{what}{' with words' if words else ''}: {filters.query}"[:max_length]

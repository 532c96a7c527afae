"""A customer's first pages: home, search, a product, beginning a session, and how to reach a person."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ... import flow, journal, permissions, presenters, publishing, search
from ...models import OPEN, Session
from ...presenters.forms import SearchForm
from ...presenters.rate_limited import rate_limited
from ...search import log as search_log

MAX_OPEN_SESSIONS = 5
NO_WORDS = "There are no words to pass on. Say what is not working, then tell us again."


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search, the products and the visitor's open sessions."""
    context = {
        "query": "",
        "products": [product_card(version.pk) for version in publishing.published_versions()],
        "open_sessions": [open_card(session) for session in open_sessions(request)],
    }
    return presenters.render_page(request, "customer/home.html", context)


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Show the symptoms that match the query; where none does, the nearest ones and how to reach a person."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return search_error(request, str(form.errors["q"][0]))
    hits = search.search(form.cleaned_data["q"])
    context = {
        "query": form.cleaned_data["q"],
        "results": [hit_card(hit) for hit in hits.results],
        "nearest": [hit_card(hit) for hit in hits.nearest],
        "is_miss_logged": request.GET.get("said") == "missed",
    }
    return presenters.render_page(request, "customer/search.html", context, fragment="customer/_search_results.html")


def search_error(request: HttpRequest, error: str) -> HttpResponse:
    """Answer 422 with what is wrong with the query."""
    context = {"query": "", "results": [], "nearest": [], "error": error}
    return presenters.render_page(
        request, "customer/search.html", context, fragment="customer/_search_results.html", status=422
    )


@require_POST
@rate_limited("missed")
def search_missed(request: HttpRequest) -> HttpResponse:
    """Log that nothing matches the query, and thank the customer. htmx logs it by itself and gets an empty response."""
    form = SearchForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["q"]:
        return search_error(request, str(form.errors["q"][0]) if form.errors else NO_WORDS)
    search_log.log_miss(form.cleaned_data["q"])
    if presenters.wants_fragment(request):
        return HttpResponse(status=204)
    query = urlencode({"q": form.cleaned_data["q"], "said": "missed"})
    return HttpResponseRedirect(f"{reverse('search')}?{query}", status=303)


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the symptoms of one wizard, each with a button that begins a session."""
    document = published_document(slug)
    symptoms = [
        {"label": symptom.label, "action": reverse("begin", args=[slug, symptom.id])} for symptom in document.symptoms
    ]
    card = {"title": document.title, "summary": document.summary, "picture": presenters.product_picture(slug)}
    return presenters.render_page(request, "customer/product.html", {"product": card, "symptoms": symptoms})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Show how to reach a person."""
    return presenters.render_page(request, "customer/contact.html", {"contact": presenters.contact_context()})


@require_safe
def lowercase_redirect(request: HttpRequest, code: str, url_name: str) -> HttpResponse:
    """Redirect from a code in capitals to its URL, whether or not there is such a session."""
    return HttpResponsePermanentRedirect(reverse(url_name, args=[code]))


@require_POST
@rate_limited("begin")
def begin(request: HttpRequest, slug: str, symptom: str) -> HttpResponse:
    """Begin a session of the wizard's current version with a symptom."""
    version = publishing.current_version(slug)
    if version is None or publishing.document_of(version.pk).symptom(symptom) is None:
        raise Http404("There is no such way in.")
    secret = permissions.visitor_secret(request) or permissions.new_secret()
    now = timezone.now()
    session = journal.begin(version, symptom, permissions.digest(secret))
    if session.begun_at >= now:  # new: neither a double click nor a session taken up again
        log_choice(request, slug, symptom)
    response = HttpResponseRedirect(presenters.step_url(session, session.count), status=303)
    permissions.set_visitor_cookie(response, secret)
    return response


def open_sessions(request: HttpRequest) -> list[Session]:
    """Return the open sessions that the visitor owns or that are shared with them, latest first.

    Two queries, each with its index: for one query with OR, PostgreSQL scans all sessions.
    """
    queries = (permissions.owned_sessions(request), permissions.shared_sessions(request))
    latest = [rows.filter(status=OPEN).exclude(channel=Session.Channel.TEST)[:MAX_OPEN_SESSIONS] for rows in queries]
    sessions = {session.pk: session for rows in latest for session in rows}.values()
    return sorted(sessions, key=lambda session: session.seen_at, reverse=True)[:MAX_OPEN_SESSIONS]


def log_choice(request: HttpRequest, slug: str, symptom: str) -> None:
    """Log the query by which the customer found the symptom, if there was a valid one."""
    form = SearchForm(request.POST)
    if form.is_valid() and form.cleaned_data["q"]:
        search_log.log_choice(form.cleaned_data["q"], slug, symptom)


def published_document(slug: str) -> flow.Document:
    """Raise Http404 where no version is published."""
    version = publishing.current_version(slug)
    if version is None:
        raise Http404("There is no such wizard.")
    return publishing.document_of(version.pk)


def product_card(version_id: int) -> presenters.Context:
    document = publishing.document_of(version_id)
    return {
        "title": document.title,
        "summary": document.summary,
        "url": reverse("product", args=[document.slug]),
        "picture": presenters.product_picture(document.slug),
    }


def open_card(session: Session) -> presenters.Context:
    page = presenters.page_of(session)
    return {
        "url": reverse("resume", args=[session.code]),
        "title": page.document.title,
        "heading": presenters.heading(page),
        "seen_at": session.seen_at,
    }


def hit_card(hit: search.Hit) -> presenters.Context:
    return {
        "label": hit.label,
        "wizard_title": hit.wizard_title,
        "action": reverse("begin", args=[hit.slug, hit.symptom]),
    }

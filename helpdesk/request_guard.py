"""Refuses requests that cannot be read or are forged, before a view sees them."""

import logging

from django.conf import settings
from django.contrib.admin.options import TO_FIELD_VAR
from django.core.exceptions import (
    BadRequest,
    FieldDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from helpdesk import errors
from helpdesk.types import GetResponse

log = logging.getLogger(__name__)

TOO_LARGE = "What your browser sent is too large: a form here can hold about 60,000 characters."
NOT_TEXT = "What your browser sent contains a character that is not text."

# The longest body, in bytes, that an editor's form may have: its fields, and one picture of 5 MB.
MAX_UPLOAD_BYTES = 6 * 1024 * 1024

# Everything that reading a damaged or forged form can raise; UnreadablePostError is an OSError.
UNREADABLE = (MultiPartParserError, SuspiciousOperation, BadRequest, OSError, LookupError, ValueError)
NUMERIC_OUT_OF_RANGE = "22003"  # PostgreSQL's code for a number that is too large for its column
# Set by helpdesk.wsgi where even the kind of the form could not be read.
INVALID_CONTENT_TYPE_KEY = "helpdesk.unreadable_type"


def request_guard_middleware(get_response: GetResponse) -> GetResponse:
    """Answer what cannot be read with the 400 page, so that no view has to think of it.

    Refused are: a body over LONGEST_FORM bytes (by its stated length, before it is read), a length that is no
    number, a form that cannot be parsed, and a NUL in the address or the form (PostgreSQL cannot store one, SQLite
    can). Text is UTF-8, whatever the request says. Editors' pages keep Django's own limits and messages, and take
    uploads: only a body over LONGEST_UPLOAD bytes is refused, with the 413 page, before Django writes its files to the
    disk.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        # Browsers send UTF-8. Another encoding is a forgery, and decoding with `hex` or `unicode_escape` can fail.
        request.encoding = "utf-8"
        reason = _nul_in_address(request) or _unreadable_length(request)
        is_editing = request.path_info.startswith("/admin/")
        if not reason and not is_editing:
            reason = _unreadable_form(request)
        if reason:
            return errors.refused_page(request, reason)
        if is_editing and _stated_length(request) > MAX_UPLOAD_BYTES:
            return errors.too_large_page(request, MAX_UPLOAD_BYTES)
        _drop_damaged_cookies(request)
        return get_response(request)

    handle.process_exception = handle_invalid_lookup  # type: ignore[attr-defined]  # Django looks for it there
    return handle


def handle_invalid_lookup(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """Answer with the 400 page where editors' addresses and forms hold what is no key, no column, or too large for one.

    Django's own lists ask the database with whatever they are told: ?id__in=9999999999999999999, or the key of a row
    to be deleted. SQLite's driver says OverflowError, PostgreSQL "numeric value out of range", a field ValueError.
    """
    if not request.path_info.startswith("/admin/"):
        return None
    beyond = isinstance(exception, OverflowError) or (
        isinstance(exception, DataError) and getattr(exception.__cause__, "sqlstate", "") == NUMERIC_OUT_OF_RANGE
    )
    is_forged = beyond or _is_no_key(exception) or _is_no_column(request, exception)
    return errors.refused_page(request, errors.UNREADABLE) if is_forged else None


def _is_no_column(request: HttpRequest, exception: Exception) -> bool:
    """Return whether a row was asked for by the column "": Django looks only at other names before it uses them."""
    return isinstance(exception, FieldDoesNotExist) and "" in (
        request.POST.get(TO_FIELD_VAR),
        request.GET.get(TO_FIELD_VAR),
    )


def _is_no_key(exception: Exception) -> bool:
    """Return whether a field of a model could make nothing of what the database was to be asked for."""
    frame = exception.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    raised_by = frame.tb_frame.f_globals.get("__name__") if frame else ""
    return isinstance(exception, ValueError | ValidationError) and raised_by == "django.db.models.fields"


def _nul_in_address(request: HttpRequest) -> str:
    """Return why the address is refused, or nothing."""
    query = request.META.get("QUERY_STRING", "")
    return NOT_TEXT if "\0" in request.path_info or "%00" in query or "\0" in query else ""


def _unreadable_length(request: HttpRequest) -> str:
    """Return why a request is refused whose length is no number (Django's own pages would fail at it), or nothing."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return "" if length.isascii() and length.isdigit() and len(length) < 20 else errors.UNREADABLE


def _unreadable_form(request: HttpRequest) -> str:
    """Return why the form is refused, or nothing. Parses the form, so that the view finds it ready."""
    if INVALID_CONTENT_TYPE_KEY in request.META:
        return errors.UNREADABLE
    if _stated_length(request) > settings.LONGEST_FORM:
        return TOO_LARGE
    try:
        form = request.POST
    except RequestDataTooBig:
        return TOO_LARGE
    except UNREADABLE as mistake:
        log.info("Refused a form at %s: %s", request.path[:200], type(mistake).__name__)
        return errors.UNREADABLE
    if sum(len(values) for _, values in form.lists()) > settings.MOST_FIELDS:
        return errors.UNREADABLE
    damaged = any("\0" in name or any("\0" in value for value in values) for name, values in form.lists())
    return NOT_TEXT if damaged else ""


def _stated_length(request: HttpRequest) -> int:
    """Return how many bytes the request says that its body has; 0 where it does not say."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _drop_damaged_cookies(request: HttpRequest) -> None:
    """Forget cookies that contain a NUL: no cookie of ours does, and a database cannot be asked for one."""
    for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
        del request.COOKIES[name]

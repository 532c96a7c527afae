"""Refuses unreadable and forged requests before a view sees them."""

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

# The body of an editor's form: its fields, and one image of 5 MB.
MAX_UPLOAD_BYTES = 6 * 1024 * 1024

# Everything that parsing a damaged or forged form can raise; UnreadablePostError is an OSError.
FORM_ERRORS = (MultiPartParserError, SuspiciousOperation, BadRequest, OSError, LookupError, ValueError)
NUMERIC_OUT_OF_RANGE = "22003"  # PostgreSQL's SQLSTATE
# Set by helpdesk.wsgi where the Content-Type itself cannot be parsed.
INVALID_CONTENT_TYPE_KEY = "helpdesk.unreadable_type"


def request_guard_middleware(get_response: GetResponse) -> GetResponse:
    """Answer unreadable requests with the 400 page, so that no view has to handle them.

    It refuses a body over MAX_FORM_BYTES (by its Content-Length, before reading it), a Content-Length that is not a
    number, a form that cannot be parsed, and NUL characters in the address or the form (SQLite can store them,
    PostgreSQL cannot). Text is UTF-8, whatever the request says. The admin has Django's own limits and messages, and
    takes uploads: a body over MAX_UPLOAD_BYTES gets the 413 page before Django writes files to the disk.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        # Browsers send UTF-8. Any other encoding is forged, and decoding with `hex` or `unicode_escape` can fail.
        request.encoding = "utf-8"
        reason = _address_error(request) or _length_error(request)
        is_admin = request.path_info.startswith("/admin/")
        if not reason and not is_admin:
            reason = _form_error(request)
        if reason:
            return errors.refused_page(request, reason)
        if is_admin and _content_length(request) > MAX_UPLOAD_BYTES:
            return errors.too_large_page(request, MAX_UPLOAD_BYTES)
        _drop_damaged_cookies(request)
        return get_response(request)

    handle.process_exception = handle_invalid_lookup  # type: ignore[attr-defined]
    return handle


def handle_invalid_lookup(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """Return the 400 page for an admin request with an invalid or overlong key, or an invalid column.

    Django's changelists pass any value to the database: ?id__in=9999999999999999999, or the key of a row to delete.
    SQLite's driver raises OverflowError, PostgreSQL "numeric value out of range", a model field ValueError.
    """
    if not request.path_info.startswith("/admin/"):
        return None
    is_out_of_range = isinstance(exception, OverflowError) or (
        isinstance(exception, DataError) and getattr(exception.__cause__, "sqlstate", "") == NUMERIC_OUT_OF_RANGE
    )
    is_forged = is_out_of_range or _is_invalid_key(exception) or _is_empty_column(request, exception)
    return errors.refused_page(request, errors.UNREADABLE) if is_forged else None


def _is_empty_column(request: HttpRequest, exception: Exception) -> bool:
    """Return whether the column of a lookup is "". Django checks the name of every other column itself."""
    return isinstance(exception, FieldDoesNotExist) and "" in (
        request.POST.get(TO_FIELD_VAR),
        request.GET.get(TO_FIELD_VAR),
    )


def _is_invalid_key(exception: Exception) -> bool:
    """Return whether a model field refused a value of a lookup."""
    frame = exception.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    raised_by = frame.tb_frame.f_globals.get("__name__") if frame else ""
    return isinstance(exception, ValueError | ValidationError) and raised_by == "django.db.models.fields"


def _address_error(request: HttpRequest) -> str:
    query = request.META.get("QUERY_STRING", "")
    return NOT_TEXT if "\0" in request.path_info or "%00" in query or "\0" in query else ""


def _length_error(request: HttpRequest) -> str:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return "" if length.isascii() and length.isdigit() and len(length) < 20 else errors.UNREADABLE


def _form_error(request: HttpRequest) -> str:
    """Parse the form, and return why it is refused or nothing. The view uses the parsed form."""
    if INVALID_CONTENT_TYPE_KEY in request.META:
        return errors.UNREADABLE
    if _content_length(request) > settings.MAX_FORM_BYTES:
        return TOO_LARGE
    try:
        form = request.POST
    except RequestDataTooBig:
        return TOO_LARGE
    except FORM_ERRORS as error:
        log.info("Refused a form at %s: %s", request.path[:200], type(error).__name__)
        return errors.UNREADABLE
    if sum(len(values) for _, values in form.lists()) > settings.MAX_FORM_FIELDS:
        return errors.UNREADABLE
    has_nul = any("\0" in name or any("\0" in value for value in values) for name, values in form.lists())
    return NOT_TEXT if has_nul else ""


def _content_length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _drop_damaged_cookies(request: HttpRequest) -> None:
    """Drop cookies with a NUL: none of ours has one, and a database query with one fails."""
    for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
        del request.COOKIES[name]

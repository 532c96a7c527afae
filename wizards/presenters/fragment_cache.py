"""Caches the fragment that an answer leads to: rendered once for each position of a version, which never changes.

A cached fragment holds placeholders where a session's own values belong. Replacing them takes about 1 % of the time of
rendering.
"""

from __future__ import annotations

import secrets
import sys
from threading import Lock

from cachetools import LRUCache
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import escape

from .. import flow
from ..models import CODE_ALPHABET, CODE_LENGTH, Session, format_code
from .images import picture_context
from .page import Page
from .screens import reference, screen_context

# Random, so that no editor's text can contain one.
CODE = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
REFERENCE = format_code(CODE)
NUMBER = 10**17 + secrets.randbelow(10**17)
TOKEN = secrets.token_hex(16)

MAX_CACHE_BYTES = 32 * 1024 * 1024  # in each process: some 8,000 fragments
# (version id, position) -> the document, and its fragment with placeholders
_cache: LRUCache[tuple[int, flow.Position], tuple[flow.Document, str]] = LRUCache(
    MAX_CACHE_BYTES, getsizeof=lambda entry: sys.getsizeof(entry[1])
)
_lock = Lock()


def cached_fragment(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Return the fragment of a page without rendering it; None where it depends on more than position and session.

    It serves what an answer leads to: a current page that is not the first, with nobody else in the session.
    """
    session = page.session
    is_plain = page.is_current and not (page.is_first or page.answer or page.feedback or page.case)
    if not is_plain or session.agent_id or session.channel == Session.Channel.TEST:
        return None
    html = fragment_with_placeholders(session.version_id, page.document, page.position)
    # The posted token has just been checked against the cookie, so it can be used again: making another takes longer
    # than all the rest. A fragment echoes nothing that others choose, so its compressed size does not leak the token.
    token = request.POST.get("csrfmiddlewaretoken") or get_token(request)
    for placeholder, value in (
        (CODE, session.code),
        (REFERENCE, reference(session)),
        (str(NUMBER), page.number),
        (TOKEN, token),
    ):
        html = html.replace(placeholder, escape(value))
    return HttpResponse(html)


def fragment_with_placeholders(version_id: int, document: flow.Document, position: flow.Position) -> str:
    """Return the fragment of a position from the cache, or render it.

    A cached fragment counts only for the very document that it was rendered from.
    """
    with _lock:
        cached_document, html = _cache.get((version_id, position), (None, ""))
    if cached_document is document:
        return html
    session = Session(code=CODE, version_id=version_id, count=NUMBER)
    page = Page(session, document, position, NUMBER, is_current=True)
    screen = screen_context(page) | {"error": "", "message": ""}
    html = str(render_to_string("customer/session/_step.html", {"screen": screen, "csrf_token": TOKEN}))
    if not lacks_picture(page):  # it may be uploaded later, under the same name
        with _lock:
            _cache[version_id, position] = document, html
    return html


def lacks_picture(page: Page) -> bool:
    """Return whether the page's step names a picture that does not exist here."""
    procedure = page.procedure
    if procedure is None or not page.position.step:
        return False
    picture = procedure.steps[procedure.index(page.position.step)].picture
    return picture is not None and picture_context(picture.name, picture.alt) is None

"""The page that an answer leads to, rendered once for each position of a version. Versions never change."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from .. import flow
from ..models import CODE_ALPHABET, CODE_LENGTH, Session, format_code
from .compiled_template import CompiledTemplate, LRUCache, compile_html
from .images import picture_context
from .page import Page
from .screens import reference, screen_context

MAX_CACHE_BYTES = 32 * 1024 * 1024  # in each process: some 8,000 pages
_cache = LRUCache(MAX_CACHE_BYTES)

# Placeholders for a session's own values. Random, so that no editor's text can contain them.
_CODE = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
_NUMBER = 10**17 + secrets.randbelow(10**17)
_TOKEN = secrets.token_hex(16)
_MARKERS = {_CODE: "code", format_code(_CODE): "reference", str(_NUMBER): "number", _TOKEN: "token"}


def cached_fragment(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Return the fragment of a page without rendering it; None where it depends on more than position and session.

    It serves what an answer leads to: a current page that is not the first, with nobody else in the session.
    """
    session = page.session
    is_plain = page.is_current and not (page.is_first or page.answer or page.feedback or page.case)
    if not is_plain or session.agent_id or session.channel == Session.Channel.TEST:
        return None
    compiled = compiled_fragment(session.version_id, page.document, page.position)
    # The posted token has just been checked against the cookie, so it can be used again: making another takes longer
    # than all the rest. A fragment echoes nothing that others choose, so its compressed size does not leak the token.
    token = request.POST.get("csrfmiddlewaretoken") or get_token(request)
    values = {"code": session.code, "reference": reference(session), "number": page.number, "token": token}
    return HttpResponse(compiled.render(values))


def compiled_fragment(version_id: int, document: flow.Document, position: flow.Position) -> CompiledTemplate:
    """Return the fragment of a position, compiled, from the cache if it is there."""
    if cached := _cache.get((version_id, position), document):
        return cached
    session = Session(code=_CODE, version_id=version_id, count=_NUMBER)
    page = Page(session, document, position, _NUMBER, is_current=True)
    screen = screen_context(page) | {"error": "", "message": ""}
    compiled = compile_html(
        render_to_string("customer/session/_step.html", {"screen": screen, "csrf_token": _TOKEN}), _MARKERS
    )
    if not lacks_picture(page):  # it may be uploaded later, under the same name
        _cache.put((version_id, position), document, compiled)
    return compiled


def lacks_picture(page: Page) -> bool:
    """Return whether the page's step names a picture that does not exist here."""
    procedure = page.procedure
    if procedure is None or not page.position.step:
        return False
    picture = procedure.steps[procedure.index(page.position.step)].picture
    return picture is not None and picture_context(picture.name, picture.alt) is None

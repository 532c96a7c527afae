"""The page to which an answer leads, rendered once for each position of a version: versions never change."""

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

# How many bytes of pages that were rendered before a process keeps: some 8,000 pages.
MAX_CACHE_BYTES = 32 * 1024 * 1024
_stencils = LRUCache(MAX_CACHE_BYTES)

# What stands in a stencil instead of a session's own values. Random, so that no text of an editor can hold it.
_CODE = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
_NUMBER = 10**17 + secrets.randbelow(10**17)
_TOKEN = secrets.token_hex(16)
_MARKS = {_CODE: "code", format_code(_CODE): "reference", str(_NUMBER): "number", _TOKEN: "token"}


def cached_fragment(request: HttpRequest, view: Page) -> HttpResponse | None:
    """Return the page of a step as a fragment without rendering it, where nothing on it is but this session's own.

    That is the page to which an answer leads: the current one, not the first, with nobody else in the session.
    """
    session = view.session
    is_plain = view.current and not (view.first or view.chosen or view.helped or view.case)
    if not is_plain or session.agent_id or session.channel == Session.Channel.TEST:
        return None
    stencil = compiled_fragment(session.version_id, view.document, view.position)
    # The token that was posted was just held against the cookie, and serves again: making another takes longer than all
    # the rest. A fragment repeats nothing that others could choose, so its compressed length tells nobody the token.
    token = request.POST.get("csrfmiddlewaretoken") or get_token(request)
    own = {"code": session.code, "reference": reference(session), "number": view.number, "token": token}
    return HttpResponse(stencil.filled(own))


def compiled_fragment(version_id: int, document: flow.Document, position: flow.Position) -> CompiledTemplate:
    """Return the fragment of a position with holes for a session's own values. Rendered once: versions never change."""
    if found := _stencils.get((version_id, position), document):
        return found
    nobody = Session(code=_CODE, version_id=version_id, count=_NUMBER)
    view = Page(nobody, document, position, _NUMBER, current=True)
    shown = screen_context(view) | {"error": "", "said": ""}
    stencil = compile_html(
        render_to_string("customer/session/_step.html", {"screen": shown, "csrf_token": _TOKEN}), _MARKS
    )
    if not lacks_picture(view):  # it may come, under the same name
        _stencils.keep((version_id, position), document, stencil)
    return stencil


def lacks_picture(view: Page) -> bool:
    """Return whether the step in hand names a picture that is not here."""
    procedure = view.procedure
    if procedure is None or not view.position.step:
        return False
    picture = procedure.steps[procedure.index(view.position.step)].picture
    return picture is not None and picture_context(picture.name, picture.alt) is None

"""A position as a page: what the templates show, as a full page or as the fragment that HTMX asked for.

The only place that knows HTMX's headers. It reads the document and the position; it decides nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from . import flow
from .flow.kinds import Cause, Diagnosis, Question
from .flow.procedures import DECLINE, DECLINED
from .forms import AnswerForm, Card
from .markup import markdown
from .models import Picture, Session, Version, in_groups
from .models.pictures import UPLOADED
from .publishing import document_of
from .stencils import Kept, Stencil, cut

Context = dict[str, Any]


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether HTMX asks for a part of a page, and not for a page to put back on going through the history."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return bool(htmx) and not htmx.history_restore_request


def show(
    request: HttpRequest, template: str, context: Context, *, fragment: str = "", address: str = "", status: int = 200
) -> HttpResponse:
    """Return the page `template`, or its `fragment` where HTMX asked for it, with `address` to show for it."""
    part = fragment if fragment and wants_fragment(request) else ""
    response = render(request, part or template, context, status=status)
    return sent(response, is_fragment=bool(part), address=address)


def sent(response: HttpResponse, *, is_fragment: bool, address: str = "") -> HttpResponse:
    """Return a response with the headers that all pages have, and those by which htmx takes a fragment."""
    if is_fragment:
        response.is_fragment = True  # type: ignore[attr-defined]  # helpdesk.middleware.light_fragments reads it
    if is_fragment and address:
        response["HX-Push-Url"] = address
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request"])
    return response


@dataclass(frozen=True, slots=True)
class View:
    """One page of a session: `number` is its number, `chosen` the answer given on it before, if any.

    `helped` is what the person said at the end about whether it helped, if anything.
    """

    session: Session
    document: flow.Document
    position: flow.Position
    number: int
    current: bool
    chosen: str = ""
    helped: str = ""

    @property
    def node(self) -> flow.BaseNode:
        """The node at which the page stands."""
        return flow.node_at(self.document, self.position)

    @property
    def procedure(self) -> flow.Procedure | None:
        """The procedure in hand on this page, if any."""
        return self.node.procedure_in_hand(self.document, self.position)

    @property
    def address(self) -> str:
        """The page's own address."""
        return step_address(self.session, self.number)


def view_of(session: Session, number: int | None = None, history: flow.History | None = None, helped: str = "") -> View:
    """Return page `number` of a session (the current one by default); an earlier page needs its `history`.

    Raises IllegalMove for a page that was not reached.
    """
    document = document_of(session.version_id)
    if history is None or number in (None, session.count):
        return View(session, document, session.position, session.count, current=True, helped=helped)
    page = history.page(number)
    current = page.origin == history.pages[-1].origin
    return View(session, document, page.position, number, current, history.given(number) or "")


def step_address(session: Session, number: int) -> str:
    """Return the address of page `number` of a session."""
    return reverse("step", args=[session.code, number])


def step(request: HttpRequest, view: View, *, error: str = "", said: str = "", status: int = 200) -> HttpResponse:
    """Return the page of a step, with an error above it or a word of thanks beside it."""
    if wants_fragment(request) and not (error or said) and (quick := quick_fragment(request, view)):
        return sent(quick, is_fragment=True, address=view.address)
    context = {"screen": screen(view) | {"error": error, "said": said}}
    return show(
        request,
        "wizards/step.html",
        context,
        fragment="wizards/_step.html",
        address="" if status >= 400 else view.address,
        status=status,
    )


# How many bytes of pages that were rendered before a process keeps: some 8,000 pages.
STENCILS_IN_MEMORY = 32 * 1024 * 1024
_stencils = Kept(STENCILS_IN_MEMORY)

# What stands in a stencil instead of a session's own values. Random, so that no text of an editor can hold it.
_CODE = "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(12))
_NUMBER = 10**17 + secrets.randbelow(10**17)
_TOKEN = secrets.token_hex(16)
_MARKS = {_CODE: "code", in_groups(_CODE): "reference", str(_NUMBER): "number", _TOKEN: "token"}


def quick_fragment(request: HttpRequest, view: View) -> HttpResponse | None:
    """Return the page of a step as a fragment without rendering it, where nothing on it is but this session's own.

    That is the page to which an answer leads: the current one, not the first, with nobody else in the session.
    """
    session = view.session
    is_plain = view.current and view.number > 1 and not (view.chosen or view.helped)
    if not is_plain or session.agent_id or session.channel == Session.Channel.TEST:
        return None
    stencil = stencil_of(session.version_id, view.document, view.position)
    # The token that was posted was just held against the cookie, and serves again: making another takes longer than all
    # the rest. A fragment repeats nothing that others could choose, so its compressed length tells nobody the token.
    token = request.POST.get("csrfmiddlewaretoken") or get_token(request)
    own = {"code": session.code, "reference": reference(session), "number": view.number, "token": token}
    return HttpResponse(stencil.filled(own))


def stencil_of(version_id: int, document: flow.Document, position: flow.Position) -> Stencil:
    """Return the fragment of a position with holes for a session's own values. Rendered once: versions never change."""
    if found := _stencils.get((version_id, position), document):
        return found
    nobody = Session(code=_CODE, version_id=version_id, count=_NUMBER)
    view = View(nobody, document, position, _NUMBER, current=True)
    shown = screen(view) | {"error": "", "said": ""}
    stencil = cut(render_to_string("wizards/_step.html", {"screen": shown, "csrf_token": _TOKEN}), _MARKS)
    if not lacks_picture(view):  # it may come, under the same name
        _stencils.keep((version_id, position), document, stencil)
    return stencil


def lacks_picture(view: View) -> bool:
    """Return whether the step in hand names a picture that is not here."""
    procedure = view.procedure
    if procedure is None or not view.position.step:
        return False
    picture = procedure.steps[procedure.index(view.position.step)].picture
    return picture is not None and shown_picture(picture.name, picture.alt) is None


def screen(view: View) -> Context:
    """Return everything that the page of a step shows."""
    name = view.node.screen(view.position)
    common = {
        "template": f"wizards/_{name}.html",
        "text": markdown(view.node.text),
        "is_current": view.current,
        "seen": view.session.count,
        "wizard_title": view.document.title,
        **addresses(view),
    }
    shown = common | SCREENS[name](view)
    if view.session.channel == Session.Channel.TEST:
        shown |= for_editor(view)
    elif view.session.agent_id and view.session.channel != Session.Channel.AGENT:
        shown |= for_two(view)
    return {"title": f"{shown['heading']} · {view.document.title}", **shown}


def for_agent(view: View) -> Context:
    """Return what an agent says aloud on a page, and what only agents read."""
    procedure = view.procedure
    place = procedure.index(view.position.step) if procedure else -1
    part = procedure.steps[place] if procedure and place >= 0 else view.node
    cause = view.node.cause(view.position.cause) if isinstance(view.node, Diagnosis) else None
    notes = [markdown(each.note) for each in (cause, part) if each and each.note]
    return {"say": markdown(part.say), "notes": notes}


def for_editor(view: View) -> Context:
    """Return what a preview shows beside a page: the agent's words, and the ways back to where it is edited."""
    wizard = wizard_of(view.session)
    return {
        "agent": for_agent(view),
        "edit_url": reverse("admin:wizards_wizard_map", args=[wizard]) + f"#{view.position.node}",
        "previews_url": reverse("admin:wizards_wizard_previews", args=[wizard]),
    }


def for_two(view: View) -> Context:
    """Return what a customer's page shows while an agent is in their session: who, how to end it, and how to follow."""
    agent = User.objects.filter(pk=view.session.agent_id or 0).values_list("first_name", flat=True).first()
    code = view.session.code
    return {
        "helper": agent or "Somebody from support",
        "end_url": reverse("end_join", args=[code]),
        "news_url": reverse("news", args=[code, view.session.count]),
    }


def wizard_of(session: Session) -> int:
    """Return the primary key of the wizard that a session walks."""
    return Version.objects.values_list("wizard_id", flat=True).get(pk=session.version_id)


def entrance(session: Session, document: flow.Document) -> str:
    """Return where the ways in stand: the product's page, or for a preview the editor's page of previews."""
    if session.channel == Session.Channel.TEST:
        return reverse("admin:wizards_wizard_previews", args=[wizard_of(session)])
    return reverse("product", args=[document.slug])


def addresses(view: View) -> Context:
    """Return where the links and forms of a step's page lead."""
    code, number = view.session.code, view.number
    return {
        "url": view.address,
        "current_url": step_address(view.session, view.session.count),
        "back_url": reverse("back", args=[code, number]),
        "restart_url": reverse("restart", args=[code, number]),
        "remark_url": reverse("remark", args=[code, number]),
        "told_url": reverse("told", args=[code, number]),
        "steps_url": reverse("steps", args=[code, number]) if view.position.step else "",
        "feedback_url": reverse("feedback", args=[code, number]),
        "help_url": reverse("help", args=[code]),
        "case_url": reverse("case", args=[code]),
        "home_url": reverse("home"),
        "product_url": entrance(view.session, view.document),
        "can_go_back": number > 1,
    }


def heading(view: View) -> str:
    """Return the heading of a page."""
    return str(SCREENS[view.node.screen(view.position)](view)["heading"])


def _question(view: View) -> Context:
    node = cast(Question, view.node)
    cards = [(choice.id, Card(choice.label, choice.reason)) for choice in node.choices]
    return {"heading": node.title, "form": AnswerForm(node.title, cards, view.chosen)}


def _diagnosis(view: View) -> Context:
    node = cast(Diagnosis, view.node)
    tried = dict(view.position.tried)
    order = [each for each in node.ordered(view.document) if each.id not in tried]
    cards = []
    for cause in order:
        procedure = view.document.procedure(cause.procedure)
        erases = bool(procedure and procedure.erases)
        cards.append((cause.id, Card(cause.label, cause.reason, cause.minutes, erases, first=cause is order[0])))
    return {
        "heading": node.title,
        "form": AnswerForm(node.title, cards, view.chosen or (order[0].id if order else "")),
        "tried": [
            {"label": cause.label, "value": cause.id, "result": said(view.document, cause, tried[cause.id])}
            for cause in node.causes
            if cause.id in tried
        ],
    }


def said(document: flow.Document, cause: Cause, result: str) -> str:
    """Return how a cause that was tried ended, in the words of its procedure's buttons."""
    procedure = document.procedure(cause.procedure)
    return procedure.wording(DECLINE if result == DECLINED else result) if procedure else ""


def _confirm(view: View) -> Context:
    procedure = cast(flow.Procedure, view.procedure)
    return {
        "heading": procedure.title,
        "text": markdown(procedure.text),
        "erases": markdown(procedure.erases),
    }


def _procedure(view: View) -> Context:
    procedure = cast(flow.Procedure, view.procedure)
    place = procedure.index(view.position.step)
    one = procedure.steps[place]
    return {
        "heading": one.title,
        "procedure_title": procedure.title,
        "procedure_text": markdown(procedure.text) if place == 0 and not procedure.erases else "",
        "erases": markdown(procedure.erases),
        "step_number": place + 1,
        "step_count": len(procedure.steps),
        "minutes_left": procedure.minutes_left(one.id),
        "is_last": place == len(procedure.steps) - 1,
        "worked_label": procedure.wording("worked"),
        # Halfway through something that erases, a first sign is no reason to stop.
        "works_now_label": "" if procedure.erases else procedure.worked_label or "It works now",
        "failed_label": procedure.wording("failed"),
        **shown_step(one),
    }


def _outcome(view: View) -> Context:
    return {
        "heading": view.node.title,
        "result": view.node.outcome(),
        "feedback": view.helped,
        "reference": reference(view.session),
        "contact": contact(),
    }


SCREENS: dict[str, Callable[[View], Context]] = {
    "question": _question,
    "diagnosis": _diagnosis,
    "confirm": _confirm,
    "procedure": _procedure,
    "outcome": _outcome,
}


def shown_step(step: flow.Step) -> Context:
    """Return what one step shows, on its own page and on the page of all steps."""
    picture = step.picture
    return {
        "text": markdown(step.text),
        "signs": step.signs,
        "hold_seconds": step.hold_seconds,
        "wait_seconds": step.wait_seconds,
        "caution": markdown(step.caution),
        "picture": shown_picture(picture.name, picture.alt) if picture else None,
    }


def shown_picture(name: str, alt: str) -> Context | None:
    """Return a picture as templates show it: a drawn one by its file, an uploaded one by its address and size.

    None where there is no such picture here: a file from another site may name one.
    """
    if name.startswith(UPLOADED):
        size = uploaded_size(name)
        return size and {"src": reverse("picture", args=[name]), "alt": alt, **size}
    return {"url": static(f"pictures/{name}.svg"), "alt": alt} if is_drawn(name) else None


@cache
def is_drawn(name: str) -> bool:
    """Return whether static/pictures has a picture of this name."""
    return bool(finders.find(f"pictures/{name}.svg"))


def uploaded_size(name: str) -> Context | None:
    """Return the width and height of an uploaded picture, if it is there; read once for each process."""
    if name not in _SIZES and (found := Picture.objects.filter(name=name).values("width", "height").first()):
        _SIZES[name] = dict(found)
    return _SIZES.get(name)


# An uploaded picture never changes: its name comes from its bytes.
_SIZES: dict[str, Context] = {}


def all_steps(view: View) -> Context:
    """Return what the page of all steps of the procedure in hand shows; raise IllegalMove where none is in hand."""
    procedure = view.procedure
    if procedure is None or not view.position.step:
        raise flow.IllegalMove("There are no steps to show here.")
    steps = [{"number": number, "title": one.title, **shown_step(one)} for number, one in enumerate(procedure.steps, 1)]
    shown = {
        "title": procedure.title,
        "text": markdown(procedure.text),
        "erases": markdown(procedure.erases),
        "minutes": procedure.minutes,
    }
    return {"screen": screen(view), "procedure": shown, "steps": steps}


def told(session: Session, history: flow.History, number: int | None = None) -> list[Context]:
    """Return what the person answered on the way to page `number`: question, answer and where to change it.

    Going on from one step of a procedure to the next is no answer, and left out.
    """
    document = history.document
    symptom = document.symptom(session.symptom)
    items: list[Context] = [
        {
            "question": "What is wrong",
            "answer": symptom.label if symptom else "",
            "change_url": entrance(session, document),
        }
    ]
    trail = history.trail(number)
    for origin, following in pairwise(trail):
        position, given = history.page(origin).position, history.events[following - 1].answer
        if given != flow.procedures.NEXT:
            view = View(session, document, position, origin, current=False)
            answer = view.node.wording(document, position, given)
            items.append({"question": heading(view), "answer": answer, "change_url": view.address})
    return items


def reference(session: Session) -> str:
    """Return a session's code in groups, to read out."""
    return in_groups(session.code)


def contact() -> Context:
    """Return how to reach a person."""
    return {"phone": settings.SUPPORT_PHONE, "email": settings.SUPPORT_EMAIL, "hours": settings.SUPPORT_HOURS}


@cache
def product_picture(slug: str) -> str:
    """Return the name of a product's picture in static/pictures, or an empty string where there is none."""
    name = f"product-{slug}"
    return name if is_drawn(name) else ""

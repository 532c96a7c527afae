"""A position as what the templates show: one function for each kind of screen."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import cast

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.safestring import SafeString

from .. import flow
from ..flow.kinds import Cause, Diagnosis, Question
from ..flow.procedures import DECLINE, DECLINED
from ..models import Session, Version, format_code
from .forms import AnswerForm, ChoiceCard
from .images import picture_context
from .markdown import render_markdown, without_links
from .page import Context, Page, step_address


def screen_context(view: Page) -> Context:
    """Return everything that the page of a step shows."""
    name = view.node.screen(view.position)
    common = {
        "template": f"customer/session/_{name}.html",
        "text": render_markdown(view.node.text),
        "is_current": view.current,
        "seen": view.session.count,
        "wizard_title": view.document.title,
        **addresses(view),
    }
    shown = common | SCREENS[name](view)
    if view.session.channel == Session.Channel.TEST:
        shown |= editor_context(view)
    elif view.session.agent_id and view.session.channel != Session.Channel.AGENT:
        shown |= joined_context(view)
    return {"title": f"{shown['heading']} · {view.document.title}", **shown}


def readonly_context(screen: Context, answer: str) -> Context:
    """Return a screen for staff to look at: it looks as it does for the customer, with `answer` marked as theirs.

    The templates write controls that do nothing. Markdown, the only HTML in a screen, loses its links here.
    """
    texts = {name: without_links(value) for name, value in screen.items() if isinstance(value, SafeString)}
    return {**screen, **texts, "readonly": True, "answer": answer}


def agent_context(view: Page) -> Context:
    """Return what an agent says aloud on a page, and what only agents read."""
    procedure = view.procedure
    place = procedure.index(view.position.step) if procedure else -1
    part = procedure.steps[place] if procedure and place >= 0 else view.node
    cause = view.node.cause(view.position.cause) if isinstance(view.node, Diagnosis) else None
    notes = [render_markdown(each.note) for each in (cause, part) if each and each.note]
    # A diagnosis says its words over the list of causes: once one is chosen, they are true no more.
    say = "" if cause and part is view.node else part.say
    return {"say": render_markdown(say), "notes": notes}


def editor_context(view: Page) -> Context:
    """Return what a preview shows beside a page: the agent's words, and the ways back to where it is edited."""
    wizard = wizard_context(view.session)
    return {
        "agent": agent_context(view),
        "edit_url": reverse("admin:wizards_wizard_map", args=[wizard]) + f"#{view.position.node}",
        "previews_url": reverse("admin:wizards_wizard_previews", args=[wizard]),
    }


def joined_context(view: Page) -> Context:
    """Return what a customer's page shows while an agent is in their session: who, how to end it, and how to follow."""
    agent = User.objects.filter(pk=view.session.agent_id or 0).values_list("first_name", flat=True).first()
    code = view.session.code
    return {
        "helper": agent or "Somebody from support",
        "end_url": reverse("end_join", args=[code]),
        "news_url": reverse("news", args=[code, view.session.count]),
    }


def wizard_context(session: Session) -> int:
    """Return the primary key of the wizard that a session walks."""
    return Version.objects.values_list("wizard_id", flat=True).get(pk=session.version_id)


def entrance_context(session: Session, document: flow.Document) -> str:
    """Return where the ways in stand: the product's page, or for a preview the editor's page of previews."""
    if session.channel == Session.Channel.TEST:
        return reverse("admin:wizards_wizard_previews", args=[wizard_context(session)])
    return reverse("product", args=[document.slug])


def addresses(view: Page) -> Context:
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
        "product_url": entrance_context(view.session, view.document),
        "can_go_back": not view.first,
    }


def heading(view: Page) -> str:
    """Return the heading of a page."""
    return str(SCREENS[view.node.screen(view.position)](view)["heading"])


def _question(view: Page) -> Context:
    node = cast(Question, view.node)
    cards = [(choice.id, ChoiceCard(choice.label, choice.reason)) for choice in node.choices]
    return {"heading": node.title, "form": AnswerForm(node.title, cards, view.chosen)}


def _diagnosis(view: Page) -> Context:
    node = cast(Diagnosis, view.node)
    tried = dict(view.position.tried)
    order = [each for each in node.ordered(view.document) if each.id not in tried]
    cards = []
    for cause in order:
        procedure = view.document.procedure(cause.procedure)
        erases = bool(procedure and procedure.erases)
        cards.append((cause.id, ChoiceCard(cause.label, cause.reason, cause.minutes, erases, first=cause is order[0])))
    return {
        "heading": node.title,
        "form": AnswerForm(node.title, cards, view.chosen or (order[0].id if order else "")),
        "tried": [
            {"label": cause.label, "value": cause.id, "result": cause_card(view.document, cause, tried[cause.id])}
            for cause in node.causes
            if cause.id in tried
        ],
    }


def cause_card(document: flow.Document, cause: Cause, result: str) -> str:
    """Return how a cause that was tried ended, in the words of its procedure's buttons."""
    procedure = document.procedure(cause.procedure)
    return procedure.wording(DECLINE if result == DECLINED else result) if procedure else ""


def _confirm(view: Page) -> Context:
    procedure = cast(flow.Procedure, view.procedure)
    return {
        "heading": procedure.title,
        "text": render_markdown(procedure.text),
        "erases": render_markdown(procedure.erases),
    }


def _procedure(view: Page) -> Context:
    procedure = cast(flow.Procedure, view.procedure)
    place = procedure.index(view.position.step)
    one = procedure.steps[place]
    return {
        "heading": one.title,
        "procedure_title": procedure.title,
        "procedure_text": render_markdown(procedure.text) if place == 0 and not procedure.erases else "",
        "erases": render_markdown(procedure.erases),
        "step_number": place + 1,
        "step_count": len(procedure.steps),
        "minutes_left": procedure.minutes_left(one.id),
        "is_last": place == len(procedure.steps) - 1,
        "worked_label": procedure.wording("worked"),
        # Halfway through something that erases, a first sign is no reason to stop.
        "works_now_label": "" if procedure.erases else procedure.worked_label or "It works now",
        "failed_label": procedure.wording("failed"),
        **step_context(one),
    }


def _outcome(view: Page) -> Context:
    return {
        "heading": view.node.title,
        "result": view.node.outcome(),
        "feedback": view.helped,
        "case": view.case,
        "reference": reference(view.session),
        "contact": contact_context(),
    }


SCREENS: dict[str, Callable[[Page], Context]] = {
    "question": _question,
    "diagnosis": _diagnosis,
    "confirm": _confirm,
    "procedure": _procedure,
    "outcome": _outcome,
}


def step_context(step: flow.Step) -> Context:
    """Return what one step shows, on its own page and on the page of all steps."""
    picture = step.picture
    return {
        "text": render_markdown(step.text),
        "signs": step.signs,
        "hold_seconds": step.hold_seconds,
        "wait_seconds": step.wait_seconds,
        "caution": render_markdown(step.caution),
        "picture": picture_context(picture.name, picture.alt) if picture else None,
    }


def all_steps_context(view: Page) -> Context:
    """Return all steps of the current procedure; raise IllegalMoveError where no procedure is under way."""
    procedure = view.procedure
    if procedure is None or not view.position.step:
        raise flow.IllegalMoveError("There are no steps to show here.")
    steps = [
        {"number": number, "title": one.title, **step_context(one)} for number, one in enumerate(procedure.steps, 1)
    ]
    shown = {
        "title": procedure.title,
        "text": render_markdown(procedure.text),
        "erases": render_markdown(procedure.erases),
        "minutes": procedure.minutes,
    }
    return {"screen": screen_context(view), "procedure": shown, "steps": steps}


def answers_so_far(session: Session, history: flow.History, number: int | None = None) -> list[Context]:
    """Return what the person answered on the way to page `number`: question, answer and where to change it.

    Going on from one step of a procedure to the next is no answer, and left out.
    """
    document = history.document
    symptom = document.symptom(session.symptom)
    items: list[Context] = [
        {
            "question": "What is wrong",
            "answer": symptom.label if symptom else "",
            "change_url": entrance_context(session, document),
        }
    ]
    trail = history.trail(number)
    for origin, following in pairwise(trail):
        position, given = history.page(origin).position, history.events[following - 1].answer
        if given != flow.procedures.NEXT:
            view = Page(session, document, position, origin, current=False)
            answer = view.node.wording(document, position, given)
            items.append({"question": heading(view), "answer": answer, "change_url": view.address})
    return items


def reference(session: Session) -> str:
    """Return a session's code in groups, to read out."""
    return format_code(session.code)


def contact_context() -> Context:
    """Return how to reach a person."""
    return {"phone": settings.SUPPORT_PHONE, "email": settings.SUPPORT_EMAIL, "hours": settings.SUPPORT_HOURS}

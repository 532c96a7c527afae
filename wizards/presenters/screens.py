"""Builds the context of a page's templates: one function for each kind of screen."""

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
from .page import Context, Page, step_url


def screen_context(page: Page) -> Context:
    """Return the `screen` of the customer's templates."""
    name = page.node.screen(page.position)
    common = {
        "template": f"customer/session/_{name}.html",
        "text": render_markdown(page.node.text),
        "is_current": page.is_current,
        "seen": page.session.count,
        "wizard_title": page.document.title,
        **page_urls(page),
    }
    screen = common | SCREENS[name](page)
    if page.session.channel == Session.Channel.TEST:
        screen |= editor_context(page)
    elif page.session.agent_id and page.session.channel != Session.Channel.AGENT:
        screen |= joined_context(page)
    return {"title": f"{screen['heading']} · {page.document.title}", **screen}


def readonly_context(screen: Context, answer: str) -> Context:
    """Return a screen for staff to look at: nothing on it acts, and the customer's `answer` is marked.

    The templates render inert controls. Markdown, the only HTML in a screen, loses its links here.
    """
    texts = {name: without_links(value) for name, value in screen.items() if isinstance(value, SafeString)}
    return {**screen, **texts, "readonly": True, "answer": answer}


def agent_context(page: Page) -> Context:
    """Return what an agent says aloud on a page, and the notes that only agents read."""
    procedure = page.procedure
    index = procedure.index(page.position.step) if procedure else -1
    source = procedure.steps[index] if procedure and index >= 0 else page.node
    cause = page.node.cause(page.position.cause) if isinstance(page.node, Diagnosis) else None
    notes = [render_markdown(each.note) for each in (cause, source) if each and each.note]
    # The words of a diagnosis introduce its list of causes: they do not fit once one is chosen.
    say = "" if cause and source is page.node else source.say
    return {"say": render_markdown(say), "notes": notes}


def editor_context(page: Page) -> Context:
    """Return what a preview adds to a page: the agent's words, and links to the editing pages."""
    wizard_id = wizard_id_of(page.session)
    return {
        "agent": agent_context(page),
        "edit_url": reverse("admin:wizards_wizard_map", args=[wizard_id]) + f"#{page.position.node}",
        "previews_url": reverse("admin:wizards_wizard_previews", args=[wizard_id]),
    }


def joined_context(page: Page) -> Context:
    """Return what a page shows while an agent is in the session. It polls `updates_url`."""
    agent = User.objects.filter(pk=page.session.agent_id or 0).values_list("first_name", flat=True).first()
    code = page.session.code
    return {
        "agent_name": agent or "Somebody from support",
        "end_url": reverse("end_join", args=[code]),
        "updates_url": reverse("news", args=[code, page.session.count]),
    }


def wizard_id_of(session: Session) -> int:
    return Version.objects.values_list("wizard_id", flat=True).get(pk=session.version_id)


def entry_url(session: Session, document: flow.Document) -> str:
    """Return where sessions like this one begin: on the product's page, or on the editor's page of previews."""
    if session.channel == Session.Channel.TEST:
        return reverse("admin:wizards_wizard_previews", args=[wizard_id_of(session)])
    return reverse("product", args=[document.slug])


def page_urls(page: Page) -> Context:
    code, number = page.session.code, page.number
    return {
        "url": page.url,
        "current_url": step_url(page.session, page.session.count),
        "back_url": reverse("back", args=[code, number]),
        "restart_url": reverse("restart", args=[code, number]),
        "remark_url": reverse("remark", args=[code, number]),
        "answers_url": reverse("told", args=[code, number]),
        "steps_url": reverse("steps", args=[code, number]) if page.position.step else "",
        "feedback_url": reverse("feedback", args=[code, number]),
        "help_url": reverse("help", args=[code]),
        "case_url": reverse("case", args=[code]),
        "home_url": reverse("home"),
        "product_url": entry_url(page.session, page.document),
        "can_go_back": not page.is_first,
    }


def heading(page: Page) -> str:
    return str(SCREENS[page.node.screen(page.position)](page)["heading"])


def _question(page: Page) -> Context:
    node = cast(Question, page.node)
    cards = [(choice.id, ChoiceCard(choice.label, choice.reason)) for choice in node.choices]
    return {"heading": node.title, "form": AnswerForm(node.title, cards, page.answer)}


def _diagnosis(page: Page) -> Context:
    node = cast(Diagnosis, page.node)
    tried = dict(page.position.tried)
    untried = [cause for cause in node.ordered(page.document) if cause.id not in tried]
    cards = []
    for cause in untried:
        procedure = page.document.procedure(cause.procedure)
        erases = bool(procedure and procedure.erases)
        cards.append(
            (cause.id, ChoiceCard(cause.label, cause.reason, cause.minutes, erases, is_best=cause is untried[0]))
        )
    return {
        "heading": node.title,
        "form": AnswerForm(node.title, cards, page.answer or (untried[0].id if untried else "")),
        "tried": [
            {"label": cause.label, "value": cause.id, "result": result_label(page.document, cause, tried[cause.id])}
            for cause in node.causes
            if cause.id in tried
        ],
    }


def result_label(document: flow.Document, cause: Cause, result: str) -> str:
    """Return the result of a cause that was tried, in the words of its procedure's buttons."""
    procedure = document.procedure(cause.procedure)
    return procedure.wording(DECLINE if result == DECLINED else result) if procedure else ""


def _confirm(page: Page) -> Context:
    procedure = cast(flow.Procedure, page.procedure)
    return {
        "heading": procedure.title,
        "text": render_markdown(procedure.text),
        "erases": render_markdown(procedure.erases),
    }


def _procedure(page: Page) -> Context:
    procedure = cast(flow.Procedure, page.procedure)
    index = procedure.index(page.position.step)
    step = procedure.steps[index]
    return {
        "heading": step.title,
        "procedure_title": procedure.title,
        "procedure_text": render_markdown(procedure.text) if index == 0 and not procedure.erases else "",
        "erases": render_markdown(procedure.erases),
        "step_number": index + 1,
        "step_count": len(procedure.steps),
        "minutes_left": procedure.minutes_left(step.id),
        "is_last": index == len(procedure.steps) - 1,
        "worked_label": procedure.wording("worked"),
        # A procedure that erases must not stop halfway.
        "works_now_label": "" if procedure.erases else procedure.worked_label or "It works now",
        "failed_label": procedure.wording("failed"),
        **step_context(step),
    }


def _outcome(page: Page) -> Context:
    return {
        "heading": page.node.title,
        "result": page.node.outcome(),
        "feedback": page.feedback,
        "case": page.case,
        "reference": reference(page.session),
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
    """Return a step for its own page and for the page of all steps."""
    picture = step.picture
    return {
        "text": render_markdown(step.text),
        "signs": step.signs,
        "hold_seconds": step.hold_seconds,
        "wait_seconds": step.wait_seconds,
        "caution": render_markdown(step.caution),
        "picture": picture_context(picture.name, picture.alt) if picture else None,
    }


def all_steps_context(page: Page) -> Context:
    """Return all steps of the page's procedure; raise IllegalMoveError where the page is not a step of one."""
    procedure = page.procedure
    if procedure is None or not page.position.step:
        raise flow.IllegalMoveError("There are no steps to show here.")
    steps = [
        {"number": number, "title": step.title, **step_context(step)} for number, step in enumerate(procedure.steps, 1)
    ]
    procedure_context = {
        "title": procedure.title,
        "text": render_markdown(procedure.text),
        "erases": render_markdown(procedure.erases),
        "minutes": procedure.minutes,
    }
    return {"screen": screen_context(page), "procedure": procedure_context, "steps": steps}


def answers_so_far(session: Session, history: flow.History, number: int | None = None) -> list[Context]:
    """Return the answers that led to page `number`, each with its question and the page on which to change it.

    Going on to the next step of a procedure is left out.
    """
    document = history.document
    symptom = document.symptom(session.symptom)
    items: list[Context] = [
        {
            "question": "What is wrong",
            "answer": symptom.label if symptom else "",
            "change_url": entry_url(session, document),
        }
    ]
    trail = history.trail(number)
    for origin, following in pairwise(trail):
        position, answer = history.page(origin).position, history.events[following - 1].answer
        if answer != flow.procedures.NEXT:
            page = Page(session, document, position, origin, is_current=False)
            label = page.node.wording(document, position, answer)
            items.append({"question": heading(page), "answer": label, "change_url": page.url})
    return items


def reference(session: Session) -> str:
    """Return a session's code in groups, to be read aloud."""
    return format_code(session.code)


def contact_context() -> Context:
    return {"phone": settings.SUPPORT_PHONE, "email": settings.SUPPORT_EMAIL, "hours": settings.SUPPORT_HOURS}

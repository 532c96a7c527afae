"""The ways in for a customer: home, search, a product's page, beginning a session, and how to reach a person."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from .. import access, flow, journal, pages, publishing, search
from ..forms import SearchForm
from ..models import OPEN, Session

OPEN_SESSIONS_SHOWN = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search, the products, and the visitor's own sessions that are still open."""
    own = access.sessions_of(request).filter(status=OPEN).exclude(channel=Session.Channel.TEST)
    open_sessions = own[:OPEN_SESSIONS_SHOWN]
    context = {
        "query": "",
        "products": [product_card(version.pk) for version in publishing.published()],
        "open_sessions": [open_card(session) for session in open_sessions],
    }
    return pages.show(request, "home.html", context)


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Show the symptoms that fit what the person typed; where none fits, the nearest ones and a way to a human."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        context: pages.Context = {"query": "", "results": [], "nearest": [], "error": form.errors["q"][0]}
        return pages.show(request, "search.html", context, fragment="_results.html", status=422)
    found = search.find(form.cleaned_data["q"])
    context = {
        "query": form.cleaned_data["q"],
        "results": [hit_card(hit) for hit in found.results],
        "nearest": [hit_card(hit) for hit in found.nearest],
    }
    return pages.show(request, "search.html", context, fragment="_results.html")


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the symptoms of one wizard, each a way in."""
    document = published_document(slug)
    symptoms = [
        {"label": symptom.label, "action": reverse("begin", args=[slug, symptom.id])} for symptom in document.symptoms
    ]
    card = {"title": document.title, "summary": document.summary, "picture": pages.product_picture(slug)}
    return pages.show(request, "product.html", {"product": card, "symptoms": symptoms})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Show how to reach a person."""
    return pages.show(request, "contact.html", {"contact": pages.contact()})


@require_POST
def begin(request: HttpRequest, slug: str, symptom: str) -> HttpResponse:
    """Begin a session of the wizard's current version by a symptom."""
    version = publishing.current_version(slug)
    if version is None or publishing.document_of(version.pk).symptom(symptom) is None:
        raise Http404("There is no such way in.")
    secret = access.visitor_secret(request) or access.new_secret()
    session = journal.begin(version, symptom, access.digest(secret))
    response = HttpResponseRedirect(pages.step_address(session, session.count), status=303)
    access.remember(response, secret)
    return response


def published_document(slug: str) -> flow.Document:
    """Return the document of a wizard's current version; raise Http404 if there is none."""
    version = publishing.current_version(slug)
    if version is None:
        raise Http404("There is no such wizard.")
    return publishing.document_of(version.pk)


def product_card(version_id: int) -> pages.Context:
    """Return a published wizard as the home page lists it."""
    document = publishing.document_of(version_id)
    return {
        "title": document.title,
        "summary": document.summary,
        "url": reverse("product", args=[document.slug]),
        "picture": pages.product_picture(document.slug),
    }


def open_card(session: Session) -> pages.Context:
    """Return one of the visitor's open sessions as the home page lists it."""
    view = pages.view_of(session)
    return {
        "url": reverse("resume", args=[session.code]),
        "title": view.document.title,
        "heading": pages.heading(view),
        "when": session.seen_at,
    }


def hit_card(hit: search.Hit) -> pages.Context:
    """Return a symptom that was found, as the results list it."""
    return {
        "label": hit.label,
        "wizard_title": hit.wizard_title,
        "action": reverse("begin", args=[hit.slug, hit.symptom]),
    }

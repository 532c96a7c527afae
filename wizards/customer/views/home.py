"""The ways in for a customer: home, search, a product's page, beginning a session, and how to reach a person."""

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

OPEN_SESSIONS_SHOWN = 5
NO_WORDS = "There are no words to pass on. Say what is not working, then tell us again."


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search, the products, and the visitor's own sessions that are still open."""
    context = {
        "query": "",
        "products": [product_card(version.pk) for version in publishing.published_versions()],
        "open_sessions": [open_card(session) for session in open_sessions(request)],
    }
    return presenters.render_page(request, "customer/home.html", context)


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Show the symptoms that fit what the person typed; where none fits, the nearest ones and a way to a human."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return search_error(request, str(form.errors["q"][0]))
    found = search.search(form.cleaned_data["q"])
    context = {
        "query": form.cleaned_data["q"],
        "results": [hit_card(hit) for hit in found.results],
        "nearest": [hit_card(hit) for hit in found.nearest],
        "said": request.GET.get("said") == "missed",
    }
    return presenters.render_page(request, "customer/search.html", context, fragment="customer/_search_results.html")


def search_error(request: HttpRequest, error: str) -> HttpResponse:
    """Return the search with what is wrong with the words."""
    context = {"query": "", "results": [], "nearest": [], "error": error}
    return presenters.render_page(
        request, "customer/search.html", context, fragment="customer/_search_results.html", status=422
    )


@require_POST
@rate_limited("missed")
def search_missed(request: HttpRequest) -> HttpResponse:
    """Log that nothing fits what the person typed; thank them on the page, or say nothing where HTMX told it."""
    form = SearchForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["q"]:
        return search_error(request, str(form.errors["q"][0]) if form.errors else NO_WORDS)
    search_log.log_miss(form.cleaned_data["q"])
    if presenters.wants_fragment(request):
        return HttpResponse(status=204)
    thanks = urlencode({"q": form.cleaned_data["q"], "said": "missed"})
    return HttpResponseRedirect(f"{reverse('search')}?{thanks}", status=303)


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the symptoms of one wizard, each a way in."""
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
def lowercase_redirect(request: HttpRequest, code: str, to: str) -> HttpResponse:
    """Lead from a code that was typed in capitals to its address, whether or not there is such a session."""
    return HttpResponsePermanentRedirect(reverse(to, args=[code]))


@require_POST
@rate_limited("begin")
def begin(request: HttpRequest, slug: str, symptom: str) -> HttpResponse:
    """Begin a session of the wizard's current version by a symptom."""
    version = publishing.current_version(slug)
    if version is None or publishing.document_of(version.pk).symptom(symptom) is None:
        raise Http404("There is no such way in.")
    secret = permissions.visitor_secret(request) or permissions.new_secret()
    now = timezone.now()
    session = journal.begin(version, symptom, permissions.digest(secret))
    if session.begun_at >= now:  # not the double click, nor a session that was taken up
        log_choice(request, slug, symptom)
    response = HttpResponseRedirect(presenters.step_address(session, session.count), status=303)
    permissions.set_visitor_cookie(response, secret)
    return response


def open_sessions(request: HttpRequest) -> list[Session]:
    """Return the visitor's own open sessions and those into which this device was let, the latest first.

    Asked for apart, each by its index: asked "or" together, PostgreSQL goes through all sessions.
    """
    kinds = (permissions.sessions_of(request), permissions.shared_with(request))
    shown = [own.filter(status=OPEN).exclude(channel=Session.Channel.TEST)[:OPEN_SESSIONS_SHOWN] for own in kinds]
    each = {session.pk: session for sessions in shown for session in sessions}.values()
    return sorted(each, key=lambda session: session.seen_at, reverse=True)[:OPEN_SESSIONS_SHOWN]


def log_choice(request: HttpRequest, slug: str, symptom: str) -> None:
    """Log what the person had typed when they chose a symptom; nothing where they typed nothing that can be read."""
    form = SearchForm(request.POST)
    if form.is_valid() and form.cleaned_data["q"]:
        search_log.log_choice(form.cleaned_data["q"], slug, symptom)


def published_document(slug: str) -> flow.Document:
    """Return the document of a wizard's current version; raise Http404 if there is none."""
    version = publishing.current_version(slug)
    if version is None:
        raise Http404("There is no such wizard.")
    return publishing.document_of(version.pk)


def product_card(version_id: int) -> presenters.Context:
    """Return a published wizard as the home page lists it."""
    document = publishing.document_of(version_id)
    return {
        "title": document.title,
        "summary": document.summary,
        "url": reverse("product", args=[document.slug]),
        "picture": presenters.product_picture(document.slug),
    }


def open_card(session: Session) -> presenters.Context:
    """Return one of the visitor's open sessions as the home page lists it."""
    view = presenters.page_of(session)
    return {
        "url": reverse("resume", args=[session.code]),
        "title": view.document.title,
        "heading": presenters.heading(view),
        "when": session.seen_at,
    }


def hit_card(hit: search.Hit) -> presenters.Context:
    """Return a symptom that was found, as the results list it."""
    return {
        "label": hit.label,
        "wizard_title": hit.wizard_title,
        "action": reverse("begin", args=[hit.slug, hit.symptom]),
    }

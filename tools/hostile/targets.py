"""Where an attack can go: every route of the site, and what the pages of a lived-in site really link to and ask for.

routes()                     Route(name, pattern, parameters) of every address, of the admin and the account pages too
ground = Ground(site)        what each role finds by following links: addresses, and forms as their pages fill them in
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.apps import apps
from django.test import Client
from django.urls import Resolver404, URLPattern, get_resolver, resolve
from django.urls.resolvers import RoutePattern

from tools.hostile.populated_site import Lived
from wizards import flow, publishing
from wizards.models import Case, Finding, Picture, Session

# Who looks around. What they find is tried by everybody.
LOOKING = ("nobody", "owner", "agent", "superuser")
MOST_ALIKE = 1  # pages of a route that are looked at, for a role
OWN = {"owner": ("mid", "solved", "waiting"), "agent": ("call", "joined", "agents case"), "superuser": ("mid",)}
NOT_FOLLOWED = ("/account/logout/", "/admin/logout/")
# For what is linked from nowhere that is looked at; a parameter that is not here is tried with what it is named like.
SEEDS = {
    "slug": ("toy",),
    "symptom": ("s",),
    "number": ("1", "2", "3"),
    "pk": ("1", "2", "3"),
    "object_id": ("1", "2", "3"),
    "id": ("1", "2", "3"),
    "content_type_id": ("1", "10"),
    "key": ("q", "why", "fix", "ok", "s"),
    "owner": ("choice", "cause", "node", "symptom"),
    "row": ("1", "2", "3"),
    "field": ("to", "worked", "failed", "blocked"),
    "which": ("draft", "1", "2"),
    "form": ("yaml", "json"),
    "before": ("1", "draft"),
    "after": ("2", "draft"),
    "tool": ("preview", "check", "publish"),
    "app_label": ("wizards", "auth"),
    "url": ("nowhere",),
}

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Route:
    """One address of the site: `parts` are the fixed texts around `parameters`, (name, converter) each."""

    name: str
    pattern: str
    parts: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]

    def at(self, values: dict[str, str]) -> str:
        """Return the address with these values for its parameters."""
        given = [values[name] for name, _ in self.parameters] + [""]
        return "/" + "".join(fixed + value for fixed, value in zip(self.parts, given, strict=True))


@dataclass(frozen=True)
class Found:
    """A form on a page, as it is filled in there; a link is a form without fields that is got."""

    route: str
    method: str
    address: str
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()


def routes() -> list[Route]:
    """Return every address of the site, as the resolver has them."""
    return [_route(name, pattern, regex) for name, pattern, regex in _walked(get_resolver().url_patterns)]


def _walked(entries: Any, before: str = "") -> Iterator[tuple[str, str, bool]]:
    for entry in entries:
        here = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield here, str(entry.name or here), isinstance(entry.pattern, RoutePattern)
        else:
            yield from _walked(entry.url_patterns, here)


def _route(pattern: str, name: str, plain: bool) -> Route:
    named = re.compile(r"<(?:(\w+):)?(\w+)>" if plain else r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
    parameters = []
    for one in named.finditer(pattern):
        parameters.append((one[2] or one[3], one[1] or "str"))
    fixed = re.split(r"<[^>]*>" if plain else r"\(\?P<\w+>[^)]*\)|<[^>]*>", pattern)
    clean = tuple(each if plain else re.sub(r"[\^$]", "", each) for each in fixed)
    return Route(name, pattern, clean, tuple(parameters))


class Page(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, html: str, here: str) -> None:
        super().__init__()
        self.here, self.links, self.forms = here, [], []
        self._form: dict[str, Any] | None = None
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.links += [found[name] for name in ("href", "hx-get") if tag in {"a", "div", "section"} and name in found]
        if tag == "form":
            action = found.get("action") or found.get("hx-post") or found.get("hx-get") or self.here
            self._form = {"method": found.get("method", "get").upper(), "action": action, "fields": [], "files": []}
            self.forms.append(self._form)
        elif self._form is not None and found.get("name"):
            self._field(tag, found["name"], found)
        elif self._form is not None and tag == "option" and self._select:
            self._option(found)

    def _field(self, tag: str, name: str, found: dict[str, str]) -> None:
        fields, kind = self._form["fields"], found.get("type", "")
        if "formaction" in found:
            self.forms.append({**self._form, "method": "POST", "action": found["formaction"]})
        if kind == "file":
            self._form["files"].append(name)
        elif tag in {"input", "button"}:
            is_extra = kind in {"radio", "checkbox"} and "checked" not in found
            if not (is_extra and any(each == name for each, _ in fields)):
                fields.append((name, found.get("value", "on" if kind == "checkbox" else "")))
        elif tag == "select":
            self._select = name
            fields.append((name, ""))
        elif tag == "textarea":
            self._area = name
            fields.append((name, ""))

    def _option(self, found: dict[str, str]) -> None:
        fields = self._form["fields"]
        if fields[-1] == (self._select, "") or "selected" in found:
            fields[-1] = (self._select, found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            name, value = self._form["fields"][-1]
            self._form["fields"][-1] = (name, value + data)


@dataclass
class Ground:
    """What each role finds on a site: `found[role]` are its links and forms, `values[name]` what parameters can be."""

    site: Lived
    found: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    names: list[str] = field(default_factory=list)
    # code -> the number of the page on which a session stands, and the answers that it takes
    stands: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, seeds in SEEDS.items():
            self.values[name] += seeds
        self.values["code"] += self.site.codes.values()
        self.values["name"] += Picture.objects.values_list("name", flat=True)
        for role in LOOKING:
            self._look_around(role, self.site.clients[role])
        kinds: set[str] = set()
        for each in (each for found in self.found.values() for each in found):
            kinds.update(name for name, _ in each.fields if len(name) < 40)
            for name, value in resolved(each.address)[1].items():
                if str(value) not in self.values[name]:
                    self.values[name].append(str(value))
        self.names = sorted(kinds)
        for session in Session.objects.order_by("pk"):
            document = publishing.document_of(session.version_id)
            answers = flow.node_at(document, session.position).answers(document, session.position)
            self.stands[session.code] = (str(session.count), sorted(answers))

    def first(self, role: str) -> list[str]:
        """Return where a role begins to look around: at its own sessions, and at each route that it may see."""
        if role == "nobody":
            return ["/", "/account/login/", "/join/", "/search/?q=toaster", f"/case/{self.site.codes['case']}/"]
        own = [self.site.codes[name] for name in OWN[role]]
        begins = {"owner": ("s/", "w/", "search/"), "agent": ("desk/",), "superuser": ("",)}[role]
        chosen = [route for route in routes() if route.pattern.startswith(begins)]
        places = []
        for route in chosen:
            for code in own if "<code:code>" in route.pattern else own[:1]:
                values = {name: self.values[name][0] for name, _ in route.parameters if self.values[name]}
                values |= {"code": code, "number": str(Session.objects.get(code=code).count)} | _row_of(route)
                if all(name in values for name, _ in route.parameters):
                    places.append(route.at(values))
        return places

    def _look_around(self, role: str, client: Client) -> None:
        waiting = self.first(role)
        seen: set[str] = set()
        alike: dict[str, int] = defaultdict(int)
        known: set[tuple[str, str, str]] = set()
        given = set(waiting)
        while waiting:
            address = waiting.pop(0)
            route, _ = resolved(address)
            if address in seen or address.startswith(NOT_FOLLOWED):
                continue
            if alike[route] >= MOST_ALIKE and address not in given:
                continue
            seen.add(address)
            alike[route] += 1
            response = client.get(address)
            if location := response.headers.get("Location"):
                waiting.append(urljoin(address, location))
            if response.status_code != 200 or "html" not in response.headers.get("Content-Type", ""):
                continue
            self.found[role].append(Found(route, "GET", address))
            page = Page(response.content.decode(), address)
            waiting += [target for link in page.links if (target := _own(address, link))]
            for form in page.forms:
                target = _own(address, form["action"]) or address
                key = (resolved(target)[0], form["method"], str(sorted({name for name, _ in form["fields"]})))
                if key not in known:
                    known.add(key)
                    fields = tuple((n, v) for n, v in form["fields"] if n != "csrfmiddlewaretoken")
                    found = Found(key[0], key[1], target, fields, tuple(form["files"]))
                    self.found[role].append(found)


def _row_of(route: Route) -> dict[str, str]:
    """Return the primary key of a row of what a route is about, under each name that it has in addresses."""
    first, second, third = [*route.pattern.split("/"), "", ""][:3]
    model = {"queue": Finding, "cases": Case}.get(second)
    if first == "admin" and second in ("auth", "wizards") and third.isidentifier():
        model = apps.get_model(second, third)
    row = model._default_manager.order_by("pk").first() if model else None
    return dict.fromkeys(("pk", "object_id", "id"), str(row.pk)) if row else {}


def _own(here: str, link: str) -> str:
    """Return the address that a link leads to on this site; nothing for what leads elsewhere."""
    parts = urlsplit(urljoin(f"http://here{here}", link))
    if parts.netloc != "here" or parts.scheme != "http" or parts.path.startswith("/static/"):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def resolved(address: str) -> tuple[str, dict[str, Any]]:
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return "", {}
    return match.route, match.kwargs

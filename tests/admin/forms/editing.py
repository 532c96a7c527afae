"""Editing as a browser does it: open a form, change what is typed, send it all back.

form = Form(client, "/admin/wizards/node/1/change/")
form["title"] = "Is it on?"
row = form.add("choices", label="Yes")
response = form.save()
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from tests.graphs import graph
from wizards import flow, publishing
from wizards.models import Node, Wizard


def toy(slug: str = "toy") -> Wizard:
    """Return a small published wizard with one node of each kind."""
    document = graph(
        "q? yes:ok no:why",
        "why{loose=press/50/2 burnt=swap/10/30} worked:ok failed:human",
        "fix[press] worked:ok failed:why blocked:human",
        "ok = solved",
        "human = unsolved",
        "press: hold release",
        "swap: buy",
        slug=slug,
    )
    wizard = publishing.import_document(document)
    publishing.publish(wizard)
    return Wizard.objects.get(pk=wizard.pk)


def large(nodes: int, slug: str = "large") -> Wizard:
    """Return a wizard of that many nodes, each leading to the next two, with nodes / 10 symptoms and causes."""
    lines = [f"n{n}? next:n{n + 1} skip:n{min(n + 2, nodes - 3)}" for n in range(nodes - 3)]
    causes = " ".join(f"c{n}=p{n}/10/5" for n in range(nodes // 10))
    lines += [f"n{nodes - 3}{{{causes}}} worked:ok failed:human", "ok = solved", "human = unsolved"]
    lines += [f"p{n}: hold" for n in range(nodes // 10)]
    document = graph(*lines, slug=slug)
    more = [document.symptoms[0].model_copy(update={"id": f"s{n}", "label": f"It {n}"}) for n in range(nodes // 10)]
    return publishing.import_document(document.model_copy(update={"symptoms": (*document.symptoms, *more)}))


def editor(name: str = "ed") -> Client:
    """Return a client signed in as an editor of that name."""
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.groups.add(editors())
    client = Client()
    client.force_login(user)
    return client


def editors() -> Group:
    """Return the group of editors; recreate it after a transactional test has flushed the database."""
    group, is_new = Group.objects.get_or_create(name="editors")
    if is_new:
        permissions = Permission.objects.filter(content_type__app_label="wizards")
        group.permissions.set(permissions.exclude(content_type__model__in=("version", "session", "event", "words")))
    return group


class Form(HTMLParser):
    """The fields of the editing form on a page, as a browser would send them."""

    def __init__(self, client: Client, address: str) -> None:
        super().__init__()
        self.client, self.address = client, address
        self.response = client.get(address)
        assert self.response.status_code == 200, self.response.status_code
        self.fields: dict[str, Any] = {}
        self._inside, self._select, self._area = False, "", ""
        self.feed(self.response.content.decode())

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def __setitem__(self, name: str, value: Any) -> None:
        assert name in self.fields, f"{name} is not on the form, which has {sorted(self.fields)}"
        self.fields[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def add(self, inline: str, **values: Any) -> int:
        """Add a row to an inline, and return its index."""
        row = int(self.fields[f"{inline}-TOTAL_FORMS"])
        self.fields[f"{inline}-TOTAL_FORMS"] = row + 1
        empty = f"{inline}-__prefix__-"
        for name in [name for name in self.fields if name.startswith(empty)]:
            self.fields[f"{inline}-{row}-{name.removeprefix(empty)}"] = self.fields[name]
        for name, value in values.items():
            self[f"{inline}-{row}-{name}"] = value
        return row

    def rows(self, inline: str, field: str) -> list[Any]:
        """Return one field of all rows of an inline, in order."""
        return [self.fields[f"{inline}-{row}-{field}"] for row in range(int(self.fields[f"{inline}-TOTAL_FORMS"]))]

    def save(self, button: str = "_continue", **more: Any) -> Any:
        """Submit the form; do not follow redirects."""
        values = {name: value for name, value in self.fields.items() if "__prefix__" not in name}
        return self.client.post(self.address, values | more | {button: "Save"})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = attributes.get("method") == "post" and attributes.get("id", "").endswith("_form")
            self._inside &= attributes.get("id") != "logout-form"
        elif self._inside and "disabled" not in attributes:
            self._field(tag, attributes)

    def _field(self, tag: str, attributes: dict[str, str]) -> None:
        name, kind = attributes.get("name", ""), attributes.get("type", "")
        if tag == "input" and kind in {"checkbox", "radio"}:
            if "checked" in attributes:
                self.fields[name] = attributes.get("value", "on")
        elif tag == "input" and name and kind not in {"submit", "file"}:
            self.fields[name] = attributes.get("value", "")
        elif tag == "select":
            self._select = name
            self.fields[name] = ""
        elif tag == "option" and "selected" in attributes:
            self.fields[self._select] = attributes["value"]
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "form"
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            # A browser drops the line feed right after <textarea>.
            self.fields[self._area] += data.removeprefix("\n") if not self.fields[self._area] else data


def form(client: Client, wizard: Wizard, key: str) -> Form:
    return Form(client, address(node(wizard, key)))


def node(wizard: Wizard, key: str) -> Node:
    return Node.objects.get(wizard=wizard, key=key)


def document(wizard: Wizard) -> flow.Document:
    """Return the wizard's draft."""
    return publishing.compile_draft(Wizard.objects.get(pk=wizard.pk))


def address(row: Any, page: str = "change") -> str:
    """Return the URL of a row's page in the admin."""
    return f"/admin/wizards/{row._meta.model_name}/{row.pk}/{page}/"


def messages(client: Client, response: Any) -> str:
    """Follow the redirect after a save, and return the HTML."""
    assert response.status_code == 302, form_errors(response)
    return client.get(response.url).content.decode()


def form_errors(response: Any) -> list[str]:
    return [str(error) for error in response.context["errors"]] if response.context else []

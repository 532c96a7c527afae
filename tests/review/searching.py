"""Searches to review: a wizard with symptoms, search log rows, and readers of the page."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tests.graphs import graph
from tests.reading import Reading, read
from tests.staff import staff
from wizards import flow, publishing
from wizards.models import Search, Symptom, Wizard
from wizards.search import log as search_log

PATH, ADD = "/review/searches/", "/review/searches/add/"


def wizard_of(slug: str, **symptoms: str) -> Wizard:
    """Publish a wizard with these symptoms: key="label"."""
    ways = tuple(flow.Symptom(id=key, label=label, to="ok") for key, label in symptoms.items())
    wizard = publishing.import_document(graph("ok = solved", slug=slug).model_copy(update={"symptoms": ways}))
    publishing.publish(wizard)
    return Wizard.objects.get(pk=wizard.pk)


def reviewer(name: str = "rea") -> Client:
    return staff("view_session", "view_search", name=name)


def both(name: str = "rea") -> Client:
    """A client with the rights of a reviewer and an editor."""
    return staff("view_session", "view_search", "change_symptom", "change_wizard", "view_wizard", name=name)


def typed(words: str, found: int = 0, symptom: str = "", times: int = 1, wizard: str = "toy", days: int = 0) -> None:
    """Write searches to the log."""
    chosen = {"wizard": wizard, "symptom": symptom} if symptom else {}
    at = timezone.now() - timedelta(days=days)
    row = {"words": words, "query": search_log.normalize_query(words), "found": found, "at": at}
    Search.objects.bulk_create(Search(**row, **chosen) for _ in range(times))


def lines(page: Reading) -> list[str]:
    """The rows of the table as text."""
    table = page.html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [read(row).text for row in table.split("</tr>")[:-1]]


def forms(page: Reading) -> list[dict[str, str]]:
    """The fields of each form that adds words."""
    parts = [part.partition("</form>")[0] for part in page.html.split("<form")[1:]]
    adding = [read(f"<form{part}") for part in parts if ADD in part.partition(">")[0]]
    return [{field["name"]: field["value"] for field in part.all("input") if "value" in field} for part in adding]


def value_of(wizard: Wizard, key: str = "reset") -> str:
    """The form value of a symptom, with its wizard's current revision."""
    return f"{wizard.slug}/{key}@{Wizard.objects.get(pk=wizard.pk).revision}"


def words_of(wizard: Wizard, key: str = "reset") -> tuple[str, ...]:
    return Symptom.objects.get(wizard=wizard, key=key).words

"""Fields and widgets of the editing forms: targets within a wizard, Markdown, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from helpdesk.parsing import parse_nonnegative_int

from ...models import Node, Procedure
from ...presenters.markdown import render_markdown

# Names of the fields that hold Markdown, in all models.
MARKDOWN = {"text", "erases", "say", "caution", "note"}


class Lookup:
    """The rows that target fields may refer to, read once per page. `wizard` is None for procedures."""

    def __init__(self, rows: QuerySet[Any], wizard: int | None = None) -> None:
        self._rows, self.wizard = rows, wizard

    @cached_property
    def rows(self) -> dict[int, Model]:
        return {row.pk: row for row in self._rows}

    def find(self, value: str) -> Model | None:
        """Return the row with a submitted primary key, if it is among these."""
        key = parse_nonnegative_int(value)
        return None if key is None else self.rows.get(key)


def lookups(wizard: int | None) -> dict[type[Model], Lookup]:
    """Return the lookups for a wizard by model. They are lazy: nothing is read until it is needed."""
    nodes = Node.objects.filter(wizard=wizard) if wizard else Node.objects.none()
    return {
        Node: Lookup(nodes.only("key", "title", "wizard_id"), wizard),
        Procedure: Lookup(Procedure.objects.only("key", "title")),
    }


class TargetField(forms.ModelChoiceField):
    """A reference to a row of `lookup`."""

    lookup = Lookup(Node.objects.none())

    def to_python(self, value: Any) -> Model | None:
        if value in self.empty_values:
            return None
        row = self.lookup.find(str(getattr(value, "pk", value)))
        if row is None:
            raise ValidationError("This no longer belongs to this wizard: choose another.", code="not-here")
        return row


class TargetSelect(AutocompleteSelect):
    """An autocomplete within the wizard. It renders the selected option without a query."""

    @property
    def lookup(self) -> Lookup:
        return self.choices.field.lookup

    def get_url(self) -> str:
        url = super().get_url()
        return f"{url}?wizard={self.lookup.wizard}" if self.lookup.wizard else url

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> list[Any]:
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        for pk in value:
            if row := self.lookup.find(str(pk)):
                options.append(self.create_option(name, pk, str(row), True, len(options)))
        return [(None, options, 0)]


class TargetWrapper(RelatedFieldWidgetWrapper):
    """The related links of a target field; the add link carries the wizard."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if wizard := self.widget.lookup.wizard:  # type: ignore[attr-defined]  # a TargetSelect
            context["url_params"] += f"&wizard={wizard}"
        return context


class MarkdownArea(forms.Textarea):
    """A text area for Markdown, with help and a preview."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        area = super().render(name, value, attrs, renderer)
        context = {"area": area, "preview": render_markdown(str(value or "")), "url": reverse("admin:wizards_markdown")}
        return render_to_string("admin/wizards/_markdown.html", context)


class PictureSelect(forms.Select):
    """A select of pictures with a thumbnail of the selected one. `urls` holds the URL of each picture."""

    urls: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if url := self.urls.get(str(value)):
            option["attrs"]["data-picture"] = url
        return option

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        select = super().render(name, value, attrs, renderer)
        url = self.urls.get(str(value or ""), "")
        return render_to_string("admin/wizards/_picture.html", {"select": select, "url": url})

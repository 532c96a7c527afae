"""Form fields and widgets of the editing forms: references within a wizard, Markdown, pictures."""

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

# Fields that hold Markdown, in every part.
MARKDOWN = {"text", "erases", "say", "caution", "note"}


class Lookup:
    """The rows that references may point to, read once for all fields of a page. `wizard` is empty for procedures."""

    def __init__(self, rows: QuerySet[Any], wizard: int | None = None) -> None:
        self._rows, self.wizard = rows, wizard

    @cached_property
    def rows(self) -> dict[int, Model]:
        """The rows by primary key."""
        return {row.pk: row for row in self._rows}

    def find(self, words: str) -> Model | None:
        """Return the row whose primary key a form sends, if it is one of these."""
        key = parse_nonnegative_int(words)
        return None if key is None else self.rows.get(key)


def lookups(wizard: int | None) -> dict[type[Model], Lookup]:
    """Return what references within the wizard may point to, by model; nothing is read before it is asked for."""
    nodes = Node.objects.filter(wizard=wizard) if wizard else Node.objects.none()
    return {
        Node: Lookup(nodes.only("key", "title", "wizard_id"), wizard),
        Procedure: Lookup(Procedure.objects.only("key", "title")),
    }


class TargetField(forms.ModelChoiceField):
    """A reference to one of the rows of `lookup`; everything else is refused."""

    lookup = Lookup(Node.objects.none())

    def to_python(self, value: Any) -> Model | None:
        if value in self.empty_values:
            return None
        row = self.lookup.find(str(getattr(value, "pk", value)))
        if row is None:
            raise ValidationError("This is not among this wizard’s own any more: choose another.", code="not-here")
        return row


class TargetSelect(AutocompleteSelect):
    """A select that asks the server for what is typed, within the wizard; shows what is chosen without a query."""

    @property
    def lookup(self) -> Lookup:
        """What the field may point to."""
        return self.choices.field.lookup

    def get_url(self) -> str:
        address = super().get_url()
        return f"{address}?wizard={self.lookup.wizard}" if self.lookup.wizard else address

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> list[Any]:
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        for pk in value:
            if row := self.lookup.find(str(pk)):
                options.append(self.create_option(name, pk, str(row), True, len(options)))
        return [(None, options, 0)]


class TargetWrapper(RelatedFieldWidgetWrapper):
    """The links beside a reference; the form that “+” opens knows the wizard."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if wizard := self.widget.lookup.wizard:  # type: ignore[attr-defined]  # a TargetSelect
            context["url_params"] += f"&wizard={wizard}"
        return context


class MarkdownArea(forms.Textarea):
    """A text area for Markdown, with a word of help and how it will look."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        area = super().render(name, value, attrs, renderer)
        context = {"area": area, "shown": render_markdown(str(value or "")), "url": reverse("admin:wizards_markdown")}
        return render_to_string("admin/wizards/_markdown.html", context)


class PictureSelect(forms.Select):
    """A choice of pictures, with the chosen one beside it. `addresses` says where each picture is."""

    addresses: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if address := self.addresses.get(str(value)):
            option["attrs"]["data-picture"] = address
        return option

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        select = super().render(name, value, attrs, renderer)
        shown = self.addresses.get(str(value or ""), "")
        return render_to_string("admin/wizards/_picture.html", {"select": select, "address": shown})

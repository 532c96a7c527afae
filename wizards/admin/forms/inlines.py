"""What the inlines share: targets within the wizard, Markdown with a preview, and order."""

from __future__ import annotations

from typing import Any

from adminsortable2.admin import SortableStackedInline, SortableTabularInline
from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import HttpRequest

from ...models import Node, Procedure
from ...models.fields import LinesField
from . import labels
from .model_forms import PartForm, PartFormSet
from .widgets import MARKDOWN, MarkdownArea, TargetField, TargetSelect, TargetWrapper


class PartFields:
    """Mixin for a ModelAdmin or inline: form fields for parts of a document."""

    admin_site: Any

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs = labels.field_labels(db_field.model, db_field.name) | kwargs
        if db_field.name in MARKDOWN:
            kwargs["widget"] = MarkdownArea(attrs={"rows": 4})
        elif isinstance(db_field, LinesField):
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2 if db_field.name == "sources" else 4, "cols": 40})
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # a mixin
        if isinstance(field, TargetField) and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = _target_wrapper(field.widget)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model in (Node, Procedure) and db_field.name not in ("node", "wizard"):
            select = TargetSelect(db_field, self.admin_site)
            kwargs |= {"form_class": TargetField, "widget": select, "empty_label": None}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # a mixin


def _target_wrapper(wrapper: RelatedFieldWidgetWrapper) -> TargetWrapper:
    return TargetWrapper(
        wrapper.widget,
        wrapper.rel,
        wrapper.admin_site,
        can_add_related=wrapper.can_add_related,
        can_change_related=wrapper.can_change_related,
    )


class StackedParts(PartFields, SortableStackedInline):
    """An ordered, stacked inline. `intro` is shown above its rows."""

    intro = ""
    rows_template = SortableStackedInline.template
    template = "admin/wizards/_inline.html"
    form = PartForm
    formset = PartFormSet
    extra = 0


class TablePartForm(PartForm):
    in_table = True


class TabularParts(PartFields, SortableTabularInline):
    """An ordered, tabular inline. `intro` is shown above its rows."""

    intro = ""
    rows_template = SortableTabularInline.template
    template = "admin/wizards/_inline.html"
    form = TablePartForm
    formset = PartFormSet
    extra = 0


def next_position(rows: models.QuerySet[Any]) -> int:
    """Return the `place` after the last of `rows`."""
    last = rows.aggregate(last=models.Max("place"))["last"]
    return 0 if last is None else last + 1

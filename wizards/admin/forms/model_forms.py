"""The forms behind the editing pages: permanent keys, targets within the wizard, and stale-revision checks."""

from __future__ import annotations

from functools import cached_property
from itertools import count, takewhile
from typing import Any

from adminsortable2.admin import CustomInlineFormSet
from django import forms
from django.db.models import Model
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT

from ... import locking
from ...models import Node, Procedure, Wizard
from . import labels, optimistic_lock, slugs
from .widgets import Lookup, TargetField, lookups


def wizard_of(row: Model) -> int | None:
    """Return the wizard of a row; None for a procedure, which may belong to several."""
    return row.pk if isinstance(row, Wizard) else getattr(row, "wizard_id", None)


def set_lookups(form: forms.ModelForm, lookups_by_model: dict[type[Model], Lookup]) -> None:
    """Restrict each target field of the form to the rows that it may refer to."""
    for field in form.fields.values():
        if isinstance(field, TargetField):
            field.lookup = lookups_by_model[field.queryset.model]  # type: ignore[union-attr]  # always has one


class RowForm(forms.ModelForm):
    """A form of a wizard, node or procedure. It carries the revision that the editor saw, and refuses a stale one."""

    key_name = "key"
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepare()
        self.fields["revision"].initial = self.instance.revision
        if key := self.fields.get(self.key_name):
            key.required = False
            key.disabled = bool(self.instance.pk)
            key.help_text = KEY_FIXED_HELP if self.instance.pk else KEY_EMPTY_HELP
        set_lookups(self, lookups(wizard_of(self.instance)))

    def prepare(self) -> None:
        """Set up a new instance and its fields."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk:
            if not locking.lock_if_current(self.instance, self.cleaned_data.get("revision")):
                self.add_error(None, optimistic_lock.conflict_message(self.instance))
        elif self.key_name not in self.errors:
            self._choose_key()
        return self.cleaned_data

    def existing_keys(self) -> set[str]:
        return set(type(self.instance)._default_manager.values_list(self.key_name, flat=True))

    def _choose_key(self) -> None:
        existing, key = self.existing_keys(), self.cleaned_data.get(self.key_name)
        if key and key in existing:
            self.add_error(self.key_name, f"“{key}” is taken. Choose another, or leave it empty.")
        elif not key:
            title = self.cleaned_data.get("title", "")
            self.cleaned_data[self.key_name] = slugs.suggest_slug(title, existing, type(self.instance))


KEY_FIXED_HELP = "Cannot be changed: statistics are matched by it."
KEY_EMPTY_HELP = "Leave empty to generate it from the title or label. It cannot be changed later."


class WizardForm(RowForm):
    """A wizard. Its key is its slug."""

    key_name = "slug"

    class Meta:
        model = Wizard
        fields = ("title", "slug", "summary", "language")


class ProcedureForm(RowForm):
    """A procedure. Its key is unique across all wizards."""

    class Meta:
        model = Procedure
        fields = ("title", "key", "minutes", "text", "erases", "worked_label", "failed_label", "sources")


class NodeForm(RowForm):
    """A node. A new one takes its wizard and kind from the query string (see NodeAdmin.get_form)."""

    preset: dict[str, Any] = {}

    class Meta:
        model = Node
        fields = ("title", "key")

    def prepare(self) -> None:
        for name, value in self.preset.items():
            setattr(self.instance, name, value)
        for name, (label, help_text) in labels.EDGE_FIELDS.get(self.instance.kind, {}).items():
            if field := self.fields.get(name):
                field.label, field.help_text = label, help_text or ""
        if isinstance(result := self.fields.get("result"), forms.TypedChoiceField):
            result.required, result.choices = True, labels.RESULTS

    def existing_keys(self) -> set[str]:
        return set(Node.objects.filter(wizard=self.instance.wizard_id).values_list("key", flat=True))


class PartForm(forms.ModelForm):
    """A row of an inline: a symptom, choice, cause, step or source."""

    # In a table the labels are in the header, where screen readers do not associate them with a field.
    in_table = False

    def __init__(self, *args: Any, shared: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shared = shared or {"lookups": lookups(None)}
        set_lookups(self, shared["lookups"])
        self.apply_shared(shared)
        if key := self.fields.get("key"):
            key.required = False
            key.disabled = bool(self.instance.pk)
            key.help_text = KEY_FIXED_HELP if self.instance.pk else KEY_EMPTY_HELP

    def apply_shared(self, shared: dict[str, Any]) -> None:
        """Use what all rows of the formset share."""

    @cached_property
    def changed_data(self) -> list[str]:
        """The changed fields. A new row with nothing but a place counts as empty, and is not saved."""
        changed = super().changed_data
        return changed if self.instance.pk or set(changed) - {"place"} else []

    def validate_constraints(self) -> None:
        """Skip the check: the formset does it for all rows, without a query for each."""


ROWS_MISSING = "Some of these rows did not arrive, so nothing was saved. Reload the page and try again."


class PartFormSet(CustomInlineFormSet):
    """The rows of an inline, in order. Proposes keys, and refuses duplicates."""

    rows_missing = False  # the form claims more rows than were sent, or no number at all

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shared = {"lookups": lookups(wizard_of(self.instance)), **self.extra_shared()}

    def extra_shared(self) -> dict[str, Any]:
        return {}

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "shared": self.shared}

    @cached_property
    def management_form(self) -> Any:
        """The row counts, cut down to the rows that were sent: a forged count must not cost work for each row."""
        form = super().management_form
        if self.is_bound:
            sent = sum(1 for _ in takewhile(self.data.__contains__, map(self._pk_of, count())))
            forged_counts = [
                name for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT) if not 0 <= form.cleaned_data[name] <= sent
            ]
            self.rows_missing = bool(form.errors or forged_counts)
            form.cleaned_data |= dict.fromkeys(forged_counts, 0)
            form.errors.clear()  # they name hidden fields; `clean` reports it in plain words
        return form

    def _pk_of(self, place: int) -> str:
        """Return the name of the field with a row's primary key. It is sent for new rows too, empty."""
        return f"{self.add_prefix(place)}-{self.model._meta.pk.name}"

    def get_queryset(self) -> Any:
        """Return the rows in the form's order. A deleted row keeps its position, so that its inputs still show."""
        return self._listed if self.is_bound else super().get_queryset()

    @cached_property
    def _listed(self) -> list[Model]:
        existing = {str(row.pk): row for row in super().get_queryset()}
        submitted_keys = [self.data.get(self._pk_of(place)) for place in range(self.initial_form_count())]
        return [existing.get(pk) or self.model() for pk in submitted_keys]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            if form.in_table and not field.widget.is_hidden:
                field.widget.attrs["aria-label"] = str(field.label or name)

    def clean(self) -> None:
        if self.rows_missing:
            raise forms.ValidationError(ROWS_MISSING)
        if "key" in self.form.base_fields:
            self._choose_keys()
        super().clean()

    def _choose_keys(self) -> None:
        rows = [form for form in self.forms if form not in self.deleted_forms and form.has_changed()]
        deleted = {form.instance.pk for form in self.deleted_forms}
        unchanged = [form for form in self.initial_forms if not form.has_changed()]
        taken = {form.instance.key for form in unchanged if form.instance.pk not in deleted}
        reserved = slugs.RESERVED.get(str(self.model._meta.model_name), set())
        for form in sorted(rows, key=lambda form: not form["key"].value()):
            if not hasattr(form, "cleaned_data") or "key" in form.errors:
                continue
            key = form.cleaned_data.get("key") or slugs.suggest_slug(
                slugs.display_name(form.instance), taken, self.model
            )
            if key in taken or key in reserved:
                form.add_error("key", f"“{key}” is taken. Choose another, or leave it empty.")
            taken.add(key)
            form.cleaned_data["key"] = form.instance.key = key

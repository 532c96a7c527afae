"""The forms of editing: keys that stay, references within the wizard, and saves that notice one another."""

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
from .widgets import TargetField, lookups


def wizard_of(row: Model) -> int | None:
    """Return the primary key of the wizard that a row belongs to; None for a procedure, which belongs to several."""
    return row.pk if isinstance(row, Wizard) else getattr(row, "wizard_id", None)


def set_targets(form: forms.ModelForm, found: Any) -> None:
    """Give every reference of the form what it may point to."""
    for field in form.fields.values():
        if isinstance(field, TargetField):
            field.lookup = found[field.queryset.model]  # type: ignore[union-attr]  # always has one


class RowForm(forms.ModelForm):
    """A form of a wizard, node or procedure. It knows the revision that the editor saw, and refuses an older one."""

    key_name = "key"
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin()
        self.fields["revision"].initial = self.instance.revision
        if key := self.fields.get(self.key_name):
            key.required = False
            key.disabled = bool(self.instance.pk)
            key.help_text = STAYS if self.instance.pk else PROPOSED
        set_targets(self, lookups(wizard_of(self.instance)))

    def begin(self) -> None:
        """Fill in what a new row is given before the form is shown."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk:
            if not locking.lock_if_current(self.instance, self.cleaned_data.get("revision")):
                self.add_error(None, optimistic_lock.conflict_message(self.instance))
        elif self.key_name not in self.errors:
            self._choose_key()
        return self.cleaned_data

    def taken(self) -> set[str]:
        """Return the keys that other rows have already."""
        return set(type(self.instance)._default_manager.values_list(self.key_name, flat=True))

    def _choose_key(self) -> None:
        taken, key = self.taken(), self.cleaned_data.get(self.key_name)
        if key and key in taken:
            self.add_error(self.key_name, f"“{key}” is taken. Choose another, or leave it empty.")
        elif not key:
            title = self.cleaned_data.get("title", "")
            self.cleaned_data[self.key_name] = slugs.suggest_slug(title, taken, type(self.instance))


STAYS = "Stays the same for good: figures of last month and of this month are joined by it."
PROPOSED = "Leave it empty, and it is made from the words above. It stays the same for good."


class WizardForm(RowForm):
    """A wizard; its key is the slug in its address."""

    key_name = "slug"

    class Meta:
        model = Wizard
        fields = ("title", "slug", "summary", "language")


class ProcedureForm(RowForm):
    """A procedure; its key is unique among all."""

    class Meta:
        model = Procedure
        fields = ("title", "key", "minutes", "text", "erases", "worked_label", "failed_label", "sources")


class NodeForm(RowForm):
    """A node. A new one gets its wizard and its kind from the address (see NodeAdmin.get_form)."""

    given: dict[str, Any] = {}

    class Meta:
        model = Node
        fields = ("title", "key")

    def begin(self) -> None:
        for name, value in self.given.items():
            setattr(self.instance, name, value)
        for name, (label, told) in labels.WAYS.get(self.instance.kind, {}).items():
            if field := self.fields.get(name):
                field.label, field.help_text = label, told or ""
        if isinstance(result := self.fields.get("result"), forms.TypedChoiceField):
            result.required, result.choices = True, labels.RESULTS

    def taken(self) -> set[str]:
        return set(Node.objects.filter(wizard=self.instance.wizard_id).values_list("key", flat=True))


class PartForm(forms.ModelForm):
    """A row of an inline: a symptom, choice, cause, step or fact."""

    # In a table the labels stand in its head, where screen readers do not find them from a field.
    in_table = False

    def __init__(self, *args: Any, shared: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shared = shared or {"lookups": lookups(None)}
        set_targets(self, shared["lookups"])
        self.use(shared)
        if key := self.fields.get("key"):
            key.required = False
            key.disabled = bool(self.instance.pk)
            key.help_text = STAYS if self.instance.pk else PROPOSED

    def use(self, shared: dict[str, Any]) -> None:
        """Take what all rows of the inline share."""

    @cached_property
    def changed_data(self) -> list[str]:
        """Which fields changed. A new row that only has a place is still empty, and is not saved."""
        changed = super().changed_data
        return changed if self.instance.pk or set(changed) - {"place"} else []

    def validate_constraints(self) -> None:
        """Leave it to the formset, which knows all rows: asking the database for each would cost a query a row."""


MISSING = "Not all of these rows arrived, so nothing was saved. Open the page again, and send it once more."


class PartFormSet(CustomInlineFormSet):
    """The rows of an inline, in order: proposes keys, and refuses one that is there twice."""

    lacks_rows = False  # whether the form names more rows than were sent, or does not say how many there are

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shared = {"lookups": lookups(wizard_of(self.instance)), **self.more_shared()}

    def more_shared(self) -> dict[str, Any]:
        """Return what else all rows share."""
        return {}

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "shared": self.shared}

    @cached_property
    def management_form(self) -> Any:
        """Return what the form says of its rows. Rows that were not sent are none: each would be worked off."""
        form = super().management_form
        if self.is_bound:
            sent = sum(1 for _ in takewhile(self.data.__contains__, map(self._pk_of, count())))
            wrong = [
                name for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT) if not 0 <= form.cleaned_data[name] <= sent
            ]
            self.lacks_rows = bool(form.errors or wrong)
            form.cleaned_data |= dict.fromkeys(wrong, 0)
            form.errors.clear()  # they speak of hidden fields; `clean` says what it means
        return form

    def _pk_of(self, place: int) -> str:
        """Return the name of the field that says which row stands at a place: sent for a new one, too, empty."""
        return f"{self.add_prefix(place)}-{self.model._meta.pk.name}"

    def get_queryset(self) -> Any:
        """Return the rows as the form lists them; one that was deleted meanwhile keeps its place, so that it shows."""
        return self._listed if self.is_bound else super().get_queryset()

    @cached_property
    def _listed(self) -> list[Model]:
        there = {str(row.pk): row for row in super().get_queryset()}
        listed = [self.data.get(self._pk_of(place)) for place in range(self.initial_form_count())]
        return [there.get(pk) or self.model() for pk in listed]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            if form.in_table and not field.widget.is_hidden:
                field.widget.attrs["aria-label"] = str(field.label or name)

    def clean(self) -> None:
        if self.lacks_rows:
            raise forms.ValidationError(MISSING)
        if "key" in self.form.base_fields:
            self._choose_keys()
        super().clean()

    def _choose_keys(self) -> None:
        rows = [form for form in self.forms if form not in self.deleted_forms and form.has_changed()]
        going = {form.instance.pk for form in self.deleted_forms}
        unchanged = [form for form in self.initial_forms if not form.has_changed()]
        taken = {form.instance.key for form in unchanged if form.instance.pk not in going}
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

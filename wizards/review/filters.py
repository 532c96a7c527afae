"""Which sessions a review page is about: period, wizard, version, channel and language.

query string --FilterForm--> Filter --scope--> analytics.Scope
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, cast
from urllib.parse import urlencode

from django import forms
from django.utils import timezone

from .. import analytics
from ..analytics import Scope, day_bounds
from ..models import Session, Version, Wizard

DAYS = 30  # of the default period
PERIODS = (7, 30, 90)  # days up to today, as shortcuts
CHANNELS = [(channel, str(Session.Channel(channel).label).capitalize()) for channel in analytics.CHANNELS]
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Filter:
    """What a reader selected. Both days belong to the period; an empty value does not restrict.

    Days are the help desk's (settings.TIME_ZONE), so that all readers see the same figures.
    """

    since: date
    until: date
    wizard: str = ""
    version: int | None = None
    channel: str = ""
    language: str = ""

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """The selected versions with their wizards, without document texts; previews are never included."""
        versions = Version.objects.filter(number__isnull=False).select_related("wizard").defer("document")
        if self.wizard:
            versions = versions.filter(wizard__slug=self.wizard)
        if self.version:
            versions = versions.filter(number=self.version)
        if self.language:
            versions = versions.filter(language=self.language)
        return tuple(versions.order_by("wizard__title", "wizard", "number"))

    @cached_property
    def scope(self) -> Scope:
        channels = (self.channel,) if self.channel else analytics.CHANNELS
        return Scope(self.since, self.until, tuple(version.pk for version in self.versions), channels)

    @property
    def before(self) -> Filter:
        """The same filter for the period of equal length just before."""
        days = self.until - self.since + timedelta(days=1)
        return replace(self, since=self.since - days, until=self.since - timedelta(days=1))

    @property
    def begun(self) -> tuple[datetime, datetime]:
        """Half-open interval of the moments at which the sessions of the period began."""
        return day_bounds(self.since, self.until)

    @property
    def query(self) -> str:
        """The filter as the query string of a link."""
        return urlencode({name: value for name, value in self.values().items() if value})

    def values(self) -> dict[str, str]:
        """Return the values by the form's field names."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "wizard": self.wizard,
            "version": str(self.version or ""),
            "channel": self.channel,
            "language": self.language,
        }


class Shortcut(NamedTuple):
    """A preset period: its days up to today, its query string, whether it is selected."""

    days: int
    query: str
    current: bool


class FilterForm(forms.Form):
    """The filter as a form. Invalid values are left out of the filter and reported at their fields."""

    advanced: ClassVar[tuple[str, ...]] = ()  # fields that are collapsed until one of them is used

    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    until = forms.DateField(
        label="To", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    wizard = forms.ChoiceField(label="Wizard", required=False)
    version = forms.TypedChoiceField(label="Version", required=False, coerce=int, empty_value=None)
    channel = forms.ChoiceField(label="Channel", required=False, choices=[("", "All channels"), *CHANNELS])
    language = forms.ChoiceField(label="Language", required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        wizards = list(Wizard.objects.order_by("title").values_list("slug", "title"))
        published = Version.objects.filter(number__isnull=False)
        languages = published.order_by("language").values_list("language", flat=True).distinct()
        numbers = self._version_numbers(str(data.get("wizard", "")))
        self._set_choices("wizard", "All wizards", [(slug, title or slug) for slug, title in wizards])
        self._set_choices("version", "All versions", [(str(number), f"Version {number}") for number in numbers])
        self._set_choices("language", "All languages", [(each, each) for each in languages])
        for field in self.fields.values():
            field.error_messages["invalid"] = "This is not a date. Write it as 2026-01-31."
            field.error_messages["invalid_choice"] = "“%(value)s” is not a valid choice and was ignored."

    def clean(self) -> dict[str, Any]:
        """Check that the period does not run backwards or reach too far into the past or future."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", "The end date is before the start date. The last 30 days are shown instead.")
            cleaned.pop("since")
        for name in ("since", "until"):
            if (day := cleaned.get(name)) and not EARLIEST <= day <= timezone.localdate() + timedelta(days=366):
                self.add_error(name, "This date is out of range and was ignored.")
        return cleaned

    @property
    def filters(self) -> Filter:
        """The filter made of the valid values."""
        self.is_valid()
        cleaned = self.cleaned_data
        until = cleaned.get("until") or max(
            timezone.localdate(timezone=timezone.get_default_timezone()), cleaned.get("since") or EARLIEST
        )
        since = cleaned.get("since") or until - timedelta(days=DAYS - 1)
        return Filter(
            since=since,
            until=until,
            wizard=cleaned.get("wizard", ""),
            version=cleaned.get("version"),
            channel=cleaned.get("channel", ""),
            language=cleaned.get("language", ""),
        )

    @property
    def normalized(self) -> FilterForm:
        """The form for display: valid values as parsed, invalid ones as typed, empty ones as defaulted."""
        invalid = set(self.errors) | ({"since"} & set(self.data) if "until" in self.errors else set())
        self.data = {**self.filters.values(), **{name: self.data.get(name, "") for name in invalid}}
        return self

    @property
    def shortcuts(self) -> list[Shortcut]:
        """Preset periods; the rest of the filter is kept."""
        filters, today = self.filters, timezone.localdate(timezone=timezone.get_default_timezone())
        periods = [(days, replace(filters, since=today - timedelta(days=days - 1), until=today)) for days in PERIODS]
        return [Shortcut(days, each.query, each == filters) for days, each in periods]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.advanced]

    @property
    def advanced_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in self.advanced]

    @property
    def advanced_open(self) -> bool:
        """Whether an advanced field has a value or an error."""
        return any(field.errors or field.value() for field in self.advanced_fields)

    def _set_choices(self, name: str, all_label: str, choices: list[tuple[str, str]]) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [("", all_label), *choices]

    @staticmethod
    def _version_numbers(slug: str) -> list[int]:
        versions = Version.objects.filter(wizard__slug=slug, number__isnull=False).order_by("-number")
        return [number for number in versions.values_list("number", flat=True) if number] if slug else []

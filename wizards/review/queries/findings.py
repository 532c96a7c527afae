"""The queue of findings: the findings in it, and whether the version that fixes each helped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from ... import analytics, publishing
from ...analytics import PlaceFigures, Scope
from ...flow import Document
from ...models import Finding, Version
from ..confidence import Rate, rate
from ..labels import PlaceLabel, place_label

PERIOD_DAYS = 30  # counted before a version, and up to today
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True)
class Period:
    """What happened at a place from day `since` to day `until`, in some versions."""

    since: date
    until: date
    figures: PlaceFigures

    @property
    def lost(self) -> Rate:
        """Share of the sessions reaching the place that left there."""
        return rate(self.figures.left, self.figures.reached)


@dataclass(frozen=True, slots=True)
class Effect:
    """A place before and after the version that fixes it."""

    before: Period
    after: Period

    @property
    def change(self) -> str:
        """Whether the rate "fell" or "rose"; empty while the two intervals overlap."""
        before, after = self.before.lost, self.after.lost
        if after.high < before.low:
            return "fell"
        return "rose" if after.low > before.high else ""


def list_findings(closed: bool, assignee: User | None = None) -> QuerySet[Finding]:
    """List the closed findings or the open ones, newest first, optionally of one assignee."""
    findings = Finding.objects.select_related("wizard", "session", "author", "assignee", "mended_by")
    findings = findings.defer("mended_by__document").filter(closed_at__isnull=not closed)
    if assignee is not None:
        findings = findings.filter(assignee=assignee)
    return findings.order_by("-closed_at" if closed else "-opened_at", "-pk")


def others_at_same_place(finding: Finding) -> QuerySet[Finding]:
    """List the other open findings about the same place."""
    place = {"wizard": finding.wizard, "node": finding.node, "cause": finding.cause, "step": finding.step}
    return Finding.objects.filter(**place, closed_at=None).exclude(pk=finding.pk)


def open_findings_by_place(wizards: Iterable[int]) -> dict[tuple[int, str, str, str], Finding]:
    """Map the open findings about these wizards (primary keys) by wizard, node, cause and step; one query."""
    findings = Finding.objects.filter(wizard__in=set(wizards), closed_at=None).select_related("assignee")
    return {(each.wizard_id, each.node, each.cause, each.step): each for each in findings.order_by("opened_at")}


def reviewers() -> QuerySet[User]:
    """List who can be assigned a finding: active staff with permission to change one."""
    return User.objects.with_perm("wizards.change_finding", backend=BACKEND).filter(is_staff=True).order_by("username")


def versions_of(finding: Finding) -> list[Version]:
    """List the published versions of a finding's wizard, newest first, without document texts."""
    published = Version.objects.filter(wizard=finding.wizard_id, number__isnull=False)
    return list(published.defer("document").order_by("-number"))


def finding_labels(findings: Iterable[Finding]) -> dict[int, PlaceLabel]:
    """Label the places of findings as in their wizards' current versions, by the findings' primary keys.

    A place that no longer exists is labelled by its id. One query, however many findings.
    """
    findings = list(findings)
    documents = publishing.documents_of({each.wizard.current_id for each in findings if each.wizard.current_id})
    labels: dict[int, PlaceLabel] = {}
    for each in findings:
        document = documents.get(each.wizard.current_id or 0)
        label = place_label(document, each.node, each.cause, each.step) if document and each.node else None
        labels[each.pk] = label or PlaceLabel(each.step or each.node, "", "")
    return labels


def latest_label(finding: Finding) -> PlaceLabel | None:
    """Label a finding's place as in the newest version that has it; None if none ever had."""
    documents = publishing.documents_of(version.pk for version in versions_of(finding))
    newest_first = sorted(documents.items(), reverse=True)
    labels = (place_label(document, finding.node, finding.cause, finding.step) for _, document in newest_first)
    return next(filter(None, labels), None)


def recent_period(finding: Finding, versions: Iterable[Version]) -> Period:
    """Count what happened at a finding's place in the last PERIOD_DAYS days."""
    today = _today()
    return _period(finding, today - timedelta(days=PERIOD_DAYS - 1), today, versions)


def effect(finding: Finding, versions: Iterable[Version]) -> Effect | None:
    """Compare the place before and after the version that fixes it; None without such a version."""
    version = finding.mended_by
    if version is None:
        return None
    day = timezone.localdate(version.published_at, timezone.get_default_timezone())
    number = version.number or 0
    older = [version for version in versions if (version.number or 0) < number]
    newer = [version for version in versions if (version.number or 0) >= number]
    first = day - timedelta(days=PERIOD_DAYS - 1)
    return Effect(_period(finding, first, day, older), _period(finding, day, _today(), newer))


def _today() -> date:
    return timezone.localdate(timezone=timezone.get_default_timezone())


def _period(finding: Finding, since: date, until: date, versions: Iterable[Version]) -> Period:
    """Sum the figures of a place: of its page, or of all pages that show the same step of the same procedure."""
    pks = tuple(version.pk for version in versions)
    scope = Scope(since, until, pks, analytics.CHANNELS)
    places = analytics.place_figures(scope, timed=False)
    documents = publishing.documents_of({place.version for place in places})
    procedure_steps = {_procedure_step(document, finding) for document in documents.values()} - {None}
    figures = [
        each
        for place, each in places.items()
        if place[1:] == (finding.node, finding.cause, finding.step)
        or (
            (label := place_label(documents[place.version], *place[1:]))
            and (label.procedure, place.step) in procedure_steps
        )
    ]
    return Period(since, until, PlaceFigures.sum(figures))


def _procedure_step(document: Document, finding: Finding) -> tuple[str, str] | None:
    """Return the procedure and step that a document shows at a finding's place, if it is a step."""
    label = place_label(document, finding.node, finding.cause, finding.step)
    return (label.procedure, finding.step) if label and label.procedure else None

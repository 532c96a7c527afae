"""Previews are thrown away: with their wizard, where it was never published, and a day after nobody walks them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from ... import journal, publishing
from ...models import Session, Version, Wizard

KEPT = timedelta(days=1)


@transaction.atomic
def delete_idle_previews(wizard: Wizard) -> None:
    """Delete the previews of a wizard that nobody asked for, or walked, for a day, with their test sessions."""
    idle = publishing.idle_previews(wizard, timezone.now() - KEPT)
    # Locked, so that none of them is asked for between being found and being deleted.
    found = list(idle.select_for_update(of=("self",)).values_list("pk", flat=True))
    _drop(Version.objects.filter(pk__in=found))


def _drop(previews: models.QuerySet[Version]) -> None:
    """Delete previews; raises ProtectedError, with nothing deleted, for one that somebody else walks than an editor."""
    journal.delete_tests(previews)
    previews.delete()


def has_only_previews(wizards: Iterable[Wizard]) -> bool:
    """Return whether nothing of these wizards was published, and only editors walked their previews."""
    versions = Version.objects.filter(wizard__in=wizards)
    real = Session.objects.filter(version__in=versions).exclude(channel=Session.Channel.TEST)
    return not (versions.exclude(number=None).exists() or real.exists())


class PreviewCleanupMixin(admin.ModelAdmin):
    """For the wizards' admin: previews do not keep a wizard that was never published from being deleted."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Leave the previews out of what stands in the way of a deletion."""
        wizards = list(objs)
        found, counts, needed, protected = super().get_deleted_objects(wizards, request)
        # What is protected of a wizard are its versions, and nothing else. Editors delete no other versions than these.
        if protected and has_only_previews(wizards):
            needed, protected = needed - {Version._meta.verbose_name}, []
        return found, counts, needed, protected

    def delete_model(self, request: HttpRequest, obj: Wizard) -> None:
        with transaction.atomic():
            if has_only_previews([obj]):
                _drop(publishing.preview_versions([obj]))
            super().delete_model(request, obj)

"""Deletes previews: with a wizard that was never published, or after a day without use."""

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

MAX_IDLE = timedelta(days=1)


@transaction.atomic
def delete_idle_previews(wizard: Wizard) -> None:
    """Delete the wizard's previews that were neither requested nor walked for a day, with their test sessions."""
    idle = publishing.idle_previews(wizard, timezone.now() - MAX_IDLE)
    # The lock keeps others from requesting one of them between this query and the deletion.
    keys = list(idle.select_for_update(of=("self",)).values_list("pk", flat=True))
    _delete_previews(Version.objects.filter(pk__in=keys))


def _delete_previews(previews: models.QuerySet[Version]) -> None:
    """Delete previews; raise ProtectedError, and delete nothing, if anybody but an editor walked one."""
    journal.delete_tests(previews)
    previews.delete()


def has_only_previews(wizards: Iterable[Wizard]) -> bool:
    """Return whether nothing of these wizards was published, and only editors walked their previews."""
    versions = Version.objects.filter(wizard__in=wizards)
    real = Session.objects.filter(version__in=versions).exclude(channel=Session.Channel.TEST)
    return not (versions.exclude(number=None).exists() or real.exists())


class PreviewCleanupMixin(admin.ModelAdmin):
    """Let previews not block the deletion of a wizard that was never published."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Drop previews from the protected objects."""
        wizards = list(objs)
        deletable, counts, needed, protected = super().get_deleted_objects(wizards, request)
        # Only versions protect a wizard. Editors may delete no version but these previews.
        if protected and has_only_previews(wizards):
            needed, protected = needed - {Version._meta.verbose_name}, []
        return deletable, counts, needed, protected

    def delete_model(self, request: HttpRequest, obj: Wizard) -> None:
        with transaction.atomic():
            if has_only_previews([obj]):
                _delete_previews(publishing.preview_versions([obj]))
            super().delete_model(request, obj)

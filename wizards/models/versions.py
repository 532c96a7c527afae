"""Published versions and previews."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from .drafts import Wizard


class Version(models.Model):
    """A published wizard or a preview: an immutable document with its content hash."""

    wizard = models.ForeignKey(Wizard, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True, blank=True, help_text="Empty for a preview.")
    document = models.TextField(help_text="Canonical JSON.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the document.")
    language = models.CharField(max_length=20, default="en", db_default="en", help_text="Of the document.")
    note = models.CharField(max_length=500, blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("wizard", "-number")
        constraints = [models.UniqueConstraint(fields=["wizard", "number"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.wizard} v{self.number}" if self.number else f"{self.wizard}, preview"

"""Searches, findings, and the log of who saw or exported personal words."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from .drafts import Wizard
from .sessions import Session
from .versions import Version


class Search(models.Model):
    """A query typed into the search, its number of results, and the symptom chosen."""

    at = models.DateTimeField(default=timezone.now)
    words = models.CharField(max_length=200, help_text="As typed.")
    query = models.CharField(max_length=200, help_text="In small letters, without accents and signs: what is counted.")
    found = models.PositiveSmallIntegerField(help_text="How many symptoms it found.")
    wizard = models.CharField(max_length=64, blank=True, default="", help_text="Slug of the wizard chosen, if any.")
    symptom = models.CharField(max_length=64, blank=True, default="", help_text="Id of the symptom chosen, if any.")

    class Meta:
        ordering = ("-at",)
        verbose_name_plural = "searches"
        # Covers the counts on the page of searches.
        indexes = [models.Index(fields=["at", "query", "found", "symptom", "wizard", "id"], name="search_by_time")]

    def __str__(self) -> str:
        return self.words


class Finding(models.Model):
    """A stuck point or a session that a reviewer follows up until a version fixes it."""

    wizard = models.ForeignKey(Wizard, on_delete=models.CASCADE, related_name="findings")
    node = models.CharField(max_length=64, blank=True, default="")
    cause = models.CharField(max_length=64, blank=True, default="")
    step = models.CharField(max_length=64, blank=True, default="")
    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.SET_NULL, related_name="findings")
    note = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="findings"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_note = models.TextField(blank=True, default="")
    mended_by = models.ForeignKey(Version, null=True, blank=True, on_delete=models.PROTECT, related_name="findings")
    revision = models.PositiveIntegerField(default=0, help_text="Counts the saves: two reviewers at once are noticed.")

    class Meta:
        ordering = ("-opened_at",)

    def __str__(self) -> str:
        return self.note[:80]


class Disclosure(models.Model):
    """A record that a member of staff saw, exported or erased what customers wrote."""

    class What(models.TextChoices):
        """The kind of access."""

        WORDS = "words", "words shown"
        EXPORT = "export", "export"
        ERASE = "erase", "erasure"

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    what = models.CharField(max_length=8, choices=What)
    where = models.CharField(max_length=200, help_text="The session's reference, the place, or the export's filter.")
    count = models.PositiveIntegerField(default=0, help_text="How many texts, or rows.")

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["at"], name="disclosure_by_time")]

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.where}"

"""Pictures that editors upload, in addition to the drawings in static/pictures."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

UPLOADED = "up-"


class Picture(models.Model):
    """An uploaded picture, re-encoded. Its name is a hash of its bytes, so the content of a name never changes."""

    name = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    content_type = models.CharField(max_length=32, default="image/webp")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-uploaded_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return reverse("picture", args=[self.name])

    @staticmethod
    def name_of(content: bytes) -> str:
        return UPLOADED + hashlib.sha256(content).hexdigest()[:16]

"""Cases, webhooks, and the deliveries of messages about cases."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .calls import staff_field
from .sessions import Session


class Case(models.Model):
    """An unsolved session that staff take over. Its primary key is the case number."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="case")
    opened_at = models.DateTimeField(default=timezone.now)
    contact = models.CharField(max_length=200, blank=True, default="", help_text="How to reach them: personal.")
    words = models.TextField(blank=True, default="", help_text="What they wrote: personal.")
    agent = staff_field("cases")
    closed_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=64, blank=True, default="", help_text="Id of the cause that it was in the end.")
    cause_node = models.CharField(max_length=64, blank=True, default="", help_text="Id of the diagnosis it is one of.")
    other = models.TextField(blank=True, default="", help_text="What it was, where it is none of the causes.")
    works = models.BooleanField(null=True, blank=True, help_text="Whether the device works now.")
    follow_up = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of the link's secret.")
    followed_up_at = models.DateTimeField(null=True, blank=True)
    came_back = models.BooleanField(null=True, blank=True, help_text="What the customer said later.")

    class Meta:
        ordering = ("-opened_at",)
        indexes = [models.Index(fields=["closed_at", "agent", "opened_at"], name="case_by_state")]

    def __str__(self) -> str:
        return f"case {self.pk}"


class Webhook(models.Model):
    """A URL that receives cases by HTTP, signed according to Standard Webhooks."""

    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=100, help_text="Starts with whsec_; the receiver checks signatures with it.")
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message about a case to one target: stored with the case, sent later, retried for three days."""

    class State(models.TextChoices):
        """The progress of a delivery."""

        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        FAILED = "failed", "given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20, help_text="What happened: case.opened, case.closed, case.reopened.")
    webhook = models.ForeignKey(Webhook, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries")
    address = models.CharField(max_length=254, blank=True, default="", help_text="Of a mail; else it is a webhook's.")
    body = models.JSONField(help_text="What is sent, as it was when it happened.")
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ("-made_at",)
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["next_at"], name="delivery_waiting", condition=Q(state="waiting")),
            models.Index(fields=["made_at"], name="delivery_given_up", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.case_id}"

"""What agents work with: calls, joined sessions, cases, and what is sent out about them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .sessions import Session


def person(related_name: str = "+") -> models.ForeignKey:
    """Return a reference to a member of staff, which outlives their account."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name=related_name
    )


class Call(models.Model):
    """That an agent has a session in hand: one that they began for a caller, joined, or were passed."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="call")
    agent = person("calls")
    caller = models.CharField(max_length=200, blank=True, default="", help_text="Who calls: personal, erasable.")
    aside = models.BooleanField(default=False, help_text="Put aside, to be resumed.")
    since = models.DateTimeField(default=timezone.now, help_text="When the agent took it.")

    class Meta:
        ordering = ("-since",)

    def __str__(self) -> str:
        return f"call {self.session_id}"


class Handling(models.Model):
    """That an agent once had a session in hand: they may look at it from then on."""

    class How(models.TextChoices):
        """How they came to it."""

        BEGAN = "began", "began it"
        JOINED = "joined", "joined it"
        PASSED = "passed", "was passed it"
        CASE = "case", "took its case"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="handlings")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="handlings")
    how = models.CharField(max_length=6, choices=How)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "agent", "how"], name="handling_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.how} {self.session_id}"


class HandoffCode(models.Model):
    """A short code that lets an agent, or another device of the customer's, into a session: once, for ten minutes."""

    class For(models.TextChoices):
        """Whom it lets in."""

        AGENT = "agent", "an agent"
        DEVICE = "device", "another device of the customer’s"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="codes")
    lets_in = models.CharField(max_length=6, choices=For)
    digest = models.CharField(max_length=64, unique=True, help_text="Keyed SHA-256 of the code.")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code for {self.lets_in}, {self.session_id}"


class Join(models.Model):
    """That an agent is in a customer's session, with the customer's consent, until one of them ends it."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="joins")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    consented_at = models.DateTimeField()
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session"], condition=Q(ended_at__isnull=True), name="joined_by_one")
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.session_id}"


class Guest(models.Model):
    """Another device of the customer's own that was let into a session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="guests")
    visitor = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the device's own secret.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "visitor"], name="guest_once")]

    def __str__(self) -> str:
        return f"guest of {self.session_id}"


class Case(models.Model):
    """An unsolved session that people took over. Its primary key is the case number."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="case")
    opened_at = models.DateTimeField(default=timezone.now)
    contact = models.CharField(max_length=200, blank=True, default="", help_text="How to reach them: personal.")
    words = models.TextField(blank=True, default="", help_text="What they wrote: personal.")
    agent = person("cases")
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
    """Where cases are sent by HTTP, signed as Standard Webhooks says."""

    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=100, help_text="Starts with whsec_; the receiver checks signatures with it.")
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message about a case to one target: written with the case, sent later, tried again for three days."""

    class State(models.TextChoices):
        """Where it is."""

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

"""The draft that editors change. Each model corresponds to one part of `flow.document`, field by field.

A part's `id` in the document is the row's `key`, the order of a list is `place`, and a reference is a foreign key.
"""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from ..flow import KINDS
from ..flow.fields import MAX_LINE
from .fields import FitsList, LinesField, fits_line, fits_text

KEY_RULE = RegexValidator(r"\A[a-z0-9][a-z0-9-]{0,63}\Z", "Use lower-case letters, digits and hyphens.")
FACT_RULE = RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9-]{0,31}\Z", "Use letters, digits and hyphens.")
LANGUAGE_RULE = RegexValidator(r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", "Use a language's code, such as “en” or “en-GB”.")


def key_field(**options: Any) -> models.CharField:
    """Build the field of a part's id. It must not change with the label: statistics join versions by it."""
    return models.CharField(
        max_length=64,
        validators=[KEY_RULE],
        help_text="Stays the same for good: statistics are joined by it.",
        **options,
    )


def line_field(**options: Any) -> models.CharField:
    return models.CharField(max_length=MAX_LINE, blank=True, default="", validators=[fits_line], **options)


def text_field(help_text: str = "Markdown.") -> models.TextField:
    return models.TextField(blank=True, default="", help_text=help_text, validators=[fits_text])


def sources_field() -> LinesField:
    return LinesField(
        blank=True,
        default=(),
        help_text="Ids of the facts stated here, one a line, or “editorial”.",
        validators=[FitsList(40, r"[A-Za-z0-9][A-Za-z0-9-]{0,31}", "is no id: use letters, digits and hyphens.")],
    )


def revision_field() -> models.PositiveIntegerField:
    """Build the counter of saves that detects concurrent edits of a row."""
    return models.PositiveIntegerField(default=0, editable=False)


class Wizard(models.Model):
    """One decision graph, for one product family."""

    slug = models.SlugField(max_length=64, unique=True, validators=[KEY_RULE])
    title = line_field()
    summary = line_field()
    language = models.CharField(max_length=20, default="en", validators=[LANGUAGE_RULE])
    archived = models.BooleanField(default=False, help_text="No new sessions; running ones finish.")
    revision = revision_field()
    current = models.OneToOneField(
        "Version", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    procedures: models.ManyToManyField[Procedure, WizardProcedure] = models.ManyToManyField(
        "Procedure", through="WizardProcedure", related_name="wizards"
    )

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title or self.slug


class Placed(models.Model):
    """A row in an ordered list."""

    place = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ("place", "pk")


class Source(Placed):
    """A fact that the wizard states."""

    wizard = models.ForeignKey(Wizard, on_delete=models.CASCADE, related_name="sources")
    key = models.CharField(max_length=32, validators=[FACT_RULE])
    fact = line_field()
    open = models.BooleanField(default=False, help_text="The guides leave this open or contradict each other.")

    class Meta(Placed.Meta):
        constraints = [models.UniqueConstraint(fields=["wizard", "key"], name="source_once")]

    def __str__(self) -> str:
        return self.key


class Procedure(models.Model):
    """An ordered list of steps, reusable in several nodes and wizards."""

    key = key_field(unique=True)
    title = line_field()
    minutes = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1), MaxValueValidator(600)])
    text = text_field()
    erases = text_field("What is lost, in plain words. When filled in, the customer confirms before the first step.")
    worked_label = line_field(help_text="The good result in its own words; empty for “It worked”.")
    failed_label = line_field(help_text="The other result in its own words; empty for “It did not work”.")
    sources = sources_field()
    revision = revision_field()

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title or self.key


class WizardProcedure(Placed):
    """The membership of a procedure in a wizard's list of procedures."""

    wizard = models.ForeignKey(Wizard, on_delete=models.CASCADE)
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE)

    class Meta(Placed.Meta):
        constraints = [models.UniqueConstraint(fields=["wizard", "procedure"], name="wizard_procedure_once")]

    def __str__(self) -> str:
        return f"{self.procedure_id} in {self.wizard_id}"


class Step(Placed):
    """One thing to do."""

    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="steps")
    key = key_field()
    title = line_field()
    text = text_field()
    say = text_field("What the agent says aloud.")
    signs = LinesField(blank=True, default=(), help_text="What to expect, one sign a line.", validators=[FitsList()])
    hold_seconds = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(3600)])
    wait_seconds = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(3600)])
    caution = text_field()
    picture = models.CharField(max_length=64, blank=True, default="", validators=[KEY_RULE])
    picture_alt = line_field()
    note = text_field("For agents only.")
    sources = sources_field()

    class Meta(Placed.Meta):
        constraints = [models.UniqueConstraint(fields=["procedure", "key"], name="step_once")]

    def __str__(self) -> str:
        return self.title or self.key


def edge_field(related_name: str = "+") -> models.ForeignKey:
    """Build a reference to the node that an answer leads to."""
    return models.ForeignKey("Node", null=True, blank=True, on_delete=models.SET_NULL, related_name=related_name)


def procedure_field() -> models.ForeignKey:
    """Build a reference to a procedure; one that is in use cannot be deleted."""
    return models.ForeignKey(Procedure, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


class Node(Placed):
    """One node of the graph. Its kind determines which of the fields after `sources` are used."""

    wizard = models.ForeignKey(Wizard, on_delete=models.CASCADE, related_name="nodes")
    key = key_field()
    revision = revision_field()
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS])
    title = line_field()
    text = text_field()
    say = text_field("What the agent says aloud.")
    note = text_field("For agents only.")
    sources = sources_field()
    procedure = procedure_field()
    worked = edge_field()
    failed = edge_field()
    blocked = edge_field()
    declined = edge_field()
    result = models.CharField(
        max_length=10, blank=True, default="", choices=[(each, each) for each in ("solved", "unsolved", "advice")]
    )

    class Meta(Placed.Meta):
        constraints = [models.UniqueConstraint(fields=["wizard", "key"], name="node_once")]

    def __str__(self) -> str:
        return self.title or self.key


class Symptom(Placed):
    """What the person sees: an entry point of the wizard."""

    wizard = models.ForeignKey(Wizard, on_delete=models.CASCADE, related_name="symptoms")
    key = key_field()
    label = line_field()
    words = LinesField(
        blank=True, default=(), help_text="Words and phrases that find it, one a line.", validators=[FitsList(60)]
    )
    to = edge_field()
    sources = sources_field()

    class Meta(Placed.Meta):
        constraints = [models.UniqueConstraint(fields=["wizard", "key"], name="symptom_once")]

    def __str__(self) -> str:
        return self.label or self.key


class Choice(Placed):
    """One answer to a question."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="choices")
    key = key_field()
    label = line_field()
    reason = line_field()
    to = edge_field("choices_leading_here")

    class Meta(Placed.Meta):
        constraints = [models.UniqueConstraint(fields=["node", "key"], name="choice_once")]

    def __str__(self) -> str:
        return self.label or self.key


class Cause(Placed):
    """What may be wrong, at a diagnosis."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="causes")
    key = key_field()
    label = line_field()
    reason = line_field()
    weight = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(100)], help_text="How likely, from 1 to 100."
    )
    minutes = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(600)], help_text="How long its fix takes to try."
    )
    procedure = procedure_field()
    worked = edge_field()
    failed = edge_field()
    note = text_field("For agents only.")
    sources = sources_field()

    class Meta(Placed.Meta):
        constraints = [models.UniqueConstraint(fields=["node", "key"], name="cause_once")]

    def __str__(self) -> str:
        return self.label or self.key

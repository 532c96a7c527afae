"""The optimistic lock of everything that two people may save at once: drafts, findings, imports, releases.

A form carries what its editor saw: the `revision` of a row, or the fingerprint of a whole draft. A save compares that
with today's value inside its transaction, and changes nothing where the two differ.
"""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from .models import Node, Procedure, Wizard


class StaleRevisionError(Exception):
    """Somebody else saved it after the editor's form was rendered. `str()`, if any, is a sentence for the editor."""


def lock_if_current(row: models.Model, revision: int | None) -> bool:
    """Lock the row until the transaction ends; return whether `revision` is still current."""
    rows = type(row)._default_manager.select_for_update(no_key=True).filter(pk=row.pk)
    return rows.values_list("revision", flat=True).first() == revision


def claim_revision(row: models.Model, revision: int | None) -> None:
    """Count this save and lock the row until the transaction ends; raise StaleRevisionError for an older `revision`."""
    if revision is None or not type(row)._default_manager.filter(pk=row.pk, revision=revision).update(
        revision=revision + 1
    ):
        raise StaleRevisionError
    row.revision = revision + 1  # type: ignore[attr-defined]  # every row with this lock has one


def require_current(seen: str, current: str, message: str) -> None:
    """Raise StaleRevisionError with a message unless the fingerprint `seen` is the current one.

    The caller holds locks on the rows that `current` was made of.
    """
    if seen != current:
        raise StaleRevisionError(message)


def last_saved_message(row: models.Model) -> str:
    """Say who saved the row last, and when, according to the admin's history."""
    name = row._meta.verbose_name
    entries = _history(row)
    if isinstance(row, Node):
        entries |= _history(Wizard(pk=row.wizard_id))
    elif isinstance(row, Procedure):
        # An import or a restored version is in its wizard's history, and may have changed the procedure.
        for wizard in Wizard.objects.filter(procedures=row).only("pk"):
            entries |= _history(wizard)
    last = LogEntry.objects.filter(entries).select_related("user").order_by("-action_time").first()
    if last is None:
        return f"Meanwhile somebody else saved this {name}."
    when = date_format(timezone.localtime(last.action_time), "H:i, j F")
    return f"Meanwhile {last.user.get_username()} saved this {name} ({when})."


def _history(row: models.Model) -> Q:
    content_type = ContentType.objects.get_for_model(type(row))
    return Q(content_type=content_type, object_id=str(row.pk))

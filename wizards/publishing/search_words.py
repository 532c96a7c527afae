"""Adds search words from the search log to a symptom of a draft."""

from __future__ import annotations

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from .. import locking
from ..models import Symptom


def add_words(user: int, symptom: Symptom, words: str, seen: int) -> bool:
    """Add words to those that find a symptom, note it in its wizard's history, and return whether they are new.

    `user` is the editor's primary key, `seen` the revision of the wizard that they saw. Raises StaleRevisionError, with
    nothing changed, where it is an older one; ValidationError where the words fit in no list of search words.
    """
    with transaction.atomic():
        wizard = symptom.wizard
        if not locking.lock_if_current(wizard, seen):
            raise locking.StaleRevisionError
        symptom.refresh_from_db(fields=["words", "label"])
        if words.casefold() in {line.casefold() for line in (symptom.label, *symptom.words)}:
            return False
        locking.claim_revision(wizard, seen)
        symptom.words = (*symptom.words, words)  # type: ignore[assignment]  # a LinesField holds a tuple
        symptom.clean_fields(exclude={field.name for field in Symptom._meta.fields} - {"words"})
        symptom.save(update_fields=["words"])
        message = f"Added the search words “{words}” to the symptom “{symptom}”."
        LogEntry.objects.log_actions(user, [wizard], CHANGE, message, single_object=True)
    return True

"""Deletes expired sessions, test sessions of previews, personal words, and the link from a session to its visitor."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from ..models import Session, Version, Words


def delete_sessions(sessions: QuerySet[Session]) -> int:
    """Delete sessions with their logs in one transaction; return how many.

    Sessions are locked first: one that no longer matches the query, because somebody has continued it, is kept.
    """
    with transaction.atomic():
        keys = list(sessions.select_for_update().order_by().values_list("pk", flat=True))
        return Session.objects.filter(pk__in=keys).delete()[1].get(Session._meta.label, 0)


def delete_words(words: QuerySet[Words]) -> int:
    """Delete personal words; return how many texts. The log replays without them."""
    return Words.objects.filter(pk__in=list(words.values_list("pk", flat=True))).delete()[0]


@transaction.atomic
def erase_visitor(sessions: QuerySet[Session]) -> int:
    """Delete the words of these sessions and the link to their visitor; return how many texts.

    Afterwards nobody can continue these sessions or connect them with each other. Their logs stay and replay.
    """
    keys = list(sessions.select_for_update().order_by().values_list("pk", flat=True))
    texts = Words.objects.filter(event__session__in=keys).delete()[0]
    Session.objects.filter(pk__in=keys).update(visitor="")
    return texts


@transaction.atomic
def delete_tests(versions: QuerySet[Version]) -> None:
    """Delete the editors' test sessions of the previews among `versions`; all other sessions stay."""
    previews = versions.filter(number=None).values("pk")
    Session.objects.filter(channel=Session.Channel.TEST, version__in=previews).delete()

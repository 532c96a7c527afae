"""Forgetting: sessions past their time, previews, what people wrote, and whose a session was."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from ..models import Session, Version, Words


def delete_sessions(sessions: QuerySet[Session]) -> int:
    """Delete sessions with all that was logged, in one transaction; return how many.

    A session that `sessions` no longer holds when its turn comes, because somebody went on with it, stays.
    """
    with transaction.atomic():
        keys = list(sessions.select_for_update().order_by().values_list("pk", flat=True))
        return Session.objects.filter(pk__in=keys).delete()[1].get(Session._meta.label, 0)


def delete_words(words: QuerySet[Words]) -> int:
    """Delete what people wrote, in one transaction; return how many texts. The log replays without them."""
    return Words.objects.filter(pk__in=list(words.values_list("pk", flat=True))).delete()[0]


@transaction.atomic
def erase_visitor(sessions: QuerySet[Session]) -> int:
    """Delete what was written in these sessions, and to whom they belong; return how many texts.

    Nobody can go on with them, or link them to each other, from then on. Their logs stay, and replay.
    """
    keys = list(sessions.select_for_update().order_by().values_list("pk", flat=True))
    texts = Words.objects.filter(event__session__in=keys).delete()[0]
    Session.objects.filter(pk__in=keys).update(visitor="")
    return texts


@transaction.atomic
def delete_tests(versions: QuerySet[Version]) -> None:
    """Delete the editors' test sessions of the previews among `versions`, logs and all; every other session stays."""
    previews = versions.filter(number=None).values("pk")
    Session.objects.filter(channel=Session.Channel.TEST, version__in=previews).delete()

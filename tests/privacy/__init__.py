"""Retention and subject access: sessions for their tests."""

from __future__ import annotations

from datetime import datetime

from django.apps import apps

from tests.analytics.walkers import Walker
from wizards.models import Search, Session


def left(clock, name="left", **options) -> Session:
    return Walker(clock, name=name, **options).answer("no").session


def finished(clock, name="done") -> Session:
    return Walker(clock, name=name).answer("yes").session


def exist(*sessions: Session) -> list[bool]:
    return [Session.objects.filter(pk=session.pk).exists() for session in sessions]


def searched(at: datetime) -> Search:
    return Search.objects.create(at=at, words="reset", query="reset", found=1)


def everything() -> str:
    return repr([list(model.objects.values()) for model in apps.get_app_config("wizards").get_models()])

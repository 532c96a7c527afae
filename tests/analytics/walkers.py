"""Sessions made through the journal, at a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings

from tests.versions import publish
from tests.walks import TOY
from wizards import analytics, flow, journal
from wizards.models import Session, Version

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    """Replaces `timezone.now`. Staff stay signed in however far it is moved."""

    def __init__(self, monkeypatch) -> None:
        self.now = NOON
        for name in ("STAFF_IDLE", "STAFF_LONGEST"):
            monkeypatch.setattr(settings, name, timedelta(days=9999))
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.now)

    def pass_(self, **time: float) -> Clock:
        """Let time pass: seconds=30, hours=2, ..."""
        self.now += timedelta(**time)
        return self


class Walker:
    """A person who walks a version and waits `seconds` before each action."""

    def __init__(
        self, clock: Clock, version: Version | None = None, name: str = "v", seconds: float = 10, channel=None
    ):
        self.clock, self.seconds = clock, seconds
        version = version or Version.objects.filter(number__isnull=False).order_by("pk").last() or publish(TOY)
        channel = channel or Session.Channel.SELF_SERVICE
        self.session = journal.begin(version, "s", name, channel)
        self.mine = Session.objects.filter(pk=self.session.pk)

    def act(self, do: Callable[..., Session], *arguments) -> Walker:
        self.clock.pass_(seconds=self.seconds)
        self.session = do(self.mine, *arguments)
        return self

    def answer(self, *answers: str) -> Walker:
        for each in answers:
            self.act(journal.answer, self.session.count, each)
        return self

    def back(self) -> Walker:
        return self.act(journal.back, self.session.count)

    def remark(self, words: str = "") -> Walker:
        return self.act(journal.remark, self.session.count, words)

    def ask(self) -> Walker:
        return self.act(journal.request_help)

    def feedback(self, value: str) -> Walker:
        return self.act(journal.feedback, self.session.count, value, "")

    @property
    def legal(self) -> tuple[str, ...]:
        history = journal.history_of(self.mine.get())
        return flow.node_at(history.document, history.pages[-1].position).answers(
            history.document, history.pages[-1].position
        )


def roll(clock: Clock) -> int:
    """Roll up everything, including active sessions, and set the clock back."""
    clock.now += timedelta(minutes=6)
    done = analytics.roll_up()
    clock.now -= timedelta(minutes=6)
    return done

"""Every view fuzzed through the whole site, by everybody: no fault of ours, and nothing that was not allowed to happen.

1,000 requests on each database; `make fuzz CASES=200000` is the long form.
A failure prints the requests that led to it as lines for curl.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from urllib.parse import urlsplit

import pytest
from django.conf import settings as settings_of_site
from django.core.cache import cache
from django.db.models import Q
from django.urls import Resolver404, resolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tools.hostile.fuzzing import MARK, Attack
from tools.hostile.log_lines import FORGED, written
from tools.hostile.populated_site import Lived
from tools.hostile.raw_requests import HOST, Answer, Request, send
from tools.hostile.targets import Ground, routes
from wizards import permissions, publishing
from wizards.analytics import audit
from wizards.models import Case, Guest, Handling, Session

CASES = int(os.environ.get("FUZZ_CASES", "1000"))  # on each database
IS_LONG = "FUZZ_CASES" in os.environ
TOGETHER = 10  # requests, one after the other, on the same site
MOST_STATEMENTS = 400  # for one request, whatever it asks for
MOST_SECONDS = 2  # of the processor, always; on the clock the long form only, where the machine is not busy
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# What looking may write: that somebody of the staff is still there, or is not signed in any more.
BY_LOOKING = {"django_session", ""}
SESSIONS = {"wizards_session", "wizards_event", "wizards_words"}
# Who moves sessions and writes their logs. A new view that does is named here, or fails.
MOVERS = {
    *("begin", "step", "back", "restart", "remark", "feedback", "help", "case", "end_join", "follow_up", "join"),
    *("desk_begin", "desk_join", "desk_step", "desk_back", "desk_restart", "desk_note", "desk_aside", "desk_resume"),
    *("desk_pass", "desk_take", "desk_leave", "desk_caller", "desk_case_open", "desk_case_take", "desk_case_close"),
    *("desk_case_reopen", "review_session", "wizards_wizard_preview"),
    # Deleting an account forgets who it was; deleting a draft deletes its previews.
    *("auth_user_delete", "auth_user_changelist", "wizards_node_delete", "wizards_wizard_delete"),
}


class Here:
    """What all examples share; Django would copy it for each test if it were the class's."""

    site: Lived
    attack: Attack
    begun: dict[str, tuple]  # its sessions, as every example finds them
    theirs: dict[str, set[str]]  # which of them each role may move

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.slowest: tuple[float, str] = (0, "")


HERE = Here()


class Alarm(logging.Handler):
    """Keeps what the site logs about faults of its own."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said += [f"more than a line: {line!r}" for line in written(record) if FORGED.search(line)]
        # Django tells a refused Host at ERROR, and logs a 403 and a 404 with what was raised for it.
        expected = record.name.startswith("django.security") or getattr(record, "status_code", 500) < 500
        if not expected and (record.levelno >= logging.ERROR or record.exc_info):
            self.said.append(logging.Formatter().format(record))


@pytest.mark.django_db  # known to a TestCase, but not to what chooses the tests of a database
class EveryView(TestCase):
    """A lived-in site, attacked from all sides."""

    @classmethod
    def setUpTestData(cls):
        publishing.document_of.cache_clear()
        logging.disable(logging.CRITICAL)  # what is refused on the way is not of interest
        site = Lived(lambda field, longest: f"words of {field}")
        HERE.site, HERE.attack = site, Attack(Ground(site))
        HERE.begun = sessions()
        HERE.theirs = {role: codes_of(role) for role in site.clients}
        logging.disable(logging.NOTSET)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        print(f"\n{HERE.seen.total()} requests with {len(HERE.seen)} kinds of answers; the slowest took {HERE.slowest}")

    def setUp(self):
        self.alarm = Alarm()
        self.loggers = [logging.getLogger(name) for name in ("", "django")]
        self.kept = [logger.handlers for logger in self.loggers]
        for logger in self.loggers:
            logger.handlers = [self.alarm]
            logger.setLevel(logging.INFO)

    def tearDown(self):
        for logger, kept in zip(self.loggers, self.kept, strict=True):
            logger.handlers = kept
            logger.setLevel(settings_of_site.LOG_LEVEL)

    @settings(max_examples=CASES // TOGETHER, phases=(Phase.explicit, Phase.generate))  # shrinking takes minutes
    @given(data=st.data())
    def test_no_request_is_a_fault_of_ours_and_nothing_illegal_is_logged(self, data):
        cache.clear()
        publishing.document_of.cache_clear()  # the same ids come again, for other documents
        self.alarm.said.clear()
        before, theirs, moved = HERE.begun, HERE.theirs, False
        for role, request in data.draw(st.lists(HERE.attack.requests(), min_size=TOGETHER, max_size=TOGETHER)):
            answer = send(request)
            name = name_of(request)
            HERE.seen[f"{name} {answer.status}"] += 1
            HERE.slowest = max(HERE.slowest, (answer.seconds, repr(request)[:3000]))
            self.hold(role, request, answer, name)
            if answer.writes & SESSIONS:
                assert name in MOVERS, (name, answer.writes)
                after, moved = sessions(), True
                for code, row in before.items():
                    assert after.get(code) == row or code in theirs[role], (role, code)
                # A call may have been passed on, a device let in.
                before, theirs = after, {each: codes | codes_of(each) for each, codes in theirs.items()}
        assert not moved or list(audit.find_violations()) == []

    def hold(self, role: str, request: Request, answer: Answer, name: str) -> None:
        """Hold what is true of every answer."""
        assert self.alarm.said == []
        assert 200 <= answer.status < 500, answer.status
        assert answer.statements <= MOST_STATEMENTS
        if request.method.upper() in SAFE:
            assert answer.writes <= BY_LOOKING, (name, answer.writes)
        location = urlsplit(answer.header("Location"))
        assert location.netloc in {"", HOST, "localhost", "127.0.0.1:99999"}, answer.header("Location")
        assert not answer.header("Location").startswith(("//", "/\\", "\\"))
        if "html" in answer.header("Content-Type"):
            assert MARK.encode() not in answer.body
            assert b"Traceback (most recent call last)" not in answer.body
        for header, value in answer.headers:
            assert "\n" not in header + value
            assert "\r" not in header + value
        if answer.worked > MOST_SECONDS:
            # What is much work is much work again; what made something for the first time is not.
            assert min(send(request).worked for _ in range(2)) <= MOST_SECONDS, answer.worked
        if IS_LONG and answer.seconds > MOST_SECONDS and not is_busy():
            # What waits by itself waits again; what waited for something else does not.
            assert min(send(request).seconds for _ in range(2)) <= MOST_SECONDS, answer.seconds


def is_busy() -> bool:
    """Return whether the machine has so much else to do that how long somebody waits says nothing."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def sessions() -> dict[str, tuple]:
    """Return what people can tell of each session."""
    rows = Session.objects.values_list("code", "count", "status", "node", "agent")
    return {code: tuple(rest) for code, *rest in rows}


def codes_of(role: str) -> set[str]:
    """Return the codes of the sessions that a role may move, or take: as a customer, and as somebody of the staff."""
    cookie = HERE.site.clients[role].cookies.get("visitor")
    digest = permissions.digest(cookie.value) if cookie else "-"
    own = Session.objects.filter(visitor=digest).values_list("code", flat=True)
    shared = Guest.objects.filter(visitor=digest).values_list("session__code", flat=True)
    return {*own, *shared} | codes_at_work(role)


def codes_at_work(role: str) -> set[str]:
    """Return the codes of the sessions that a role may move, or take, as somebody of the staff."""
    user = permissions.User.objects.filter(username=role).first()
    if user is None:
        return set()
    every = Session.objects.values_list("code", flat=True)
    if user.is_superuser:
        return set(every)
    tests = set(every.filter(channel=Session.Channel.TEST))
    if not user.has_perm(permissions.VIEW_CALLS):
        return tests
    if user.has_perm(permissions.LEAD_CALLS):
        return {*every} - tests
    # Told from the rows: what `access` says is what is attacked.
    once = Handling.objects.filter(agent=user), Case.objects.filter(Q(agent=user) | Q(agent=None, closed_at=None))
    theirs = {code for rows in once for code in rows.values_list("session__code", flat=True)}
    return (theirs | {*every.filter(agent=user)}) - tests


def name_of(request: Request) -> str:
    """Return the name of the route that a request came to; an empty string where it came to none."""
    try:
        match = resolve(request.environ()["PATH_INFO"].encode("latin-1").decode(errors="replace"))
    except Resolver404:
        return ""
    return match.url_name or match.route


def test_every_address_of_the_resolver_is_fuzzed():
    assert {route.name for route in routes()} > {"step", "desk_step", "review_session", "wizards_node_change", "index"}
    assert len(routes()) > 150

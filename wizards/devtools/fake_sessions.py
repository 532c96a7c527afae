"""Whole sessions of the past, and what was searched for: walks of a crowd, each at a time of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, starmap
from operator import mul
from random import Random

from django.contrib.auth.models import User

from .. import flow, journal, publishing
from ..models import CODE_ALPHABET, CODE_LENGTH, Search, Session, Version
from .fake_calendar import start_times
from .fake_texts import FEEDBACK, NOT_FOUND, REMARKS
from .fake_visitors import AGENTS, CUSTOMERS, FakeVisitors, FakeWalk, seeded_random

DIFFERENT_WALKS = 2000  # of one version; more sessions than that share them, each with times of its own
CHANNELS = {Session.Channel.SELF_SERVICE: 77, Session.Channel.AGENT: 15, Session.Channel.EMBEDDED: 8}
# Log-normal factors of the seconds spent on a page, to be drawn from.
SPREAD = list(starmap(seeded_random("spread").lognormvariate, [(0.0, 0.7)] * 4096))
PAUSED = 0.02  # sessions that rest for about a day
DAY = 24 * 3600.0
AGAIN = 0.06  # sessions of a visitor who came before
REMARK_WORDS, FEEDBACK_WORDS = 0.5, 0.2  # remarks and feedback that say something
SEARCHES = 0.6  # for each session


@dataclass(frozen=True)
class Plan:
    """How many sessions, begun between which moments; the same seed gives the same ones."""

    number: int
    since: datetime
    until: datetime
    seed: str = "1"


def sessions(plan: Plan) -> Iterator[journal.PastSession]:
    """Yield the sessions in the order in which they begin. Raises LookupError where no wizard is published."""
    rng = seeded_random(plan.seed, "sessions")
    wizards = _wizards(plan)
    shares = [wizard.share for wizard in wizards]
    agents = list(
        User.objects.filter(groups__name="agents", is_active=True).order_by("pk").values_list("pk", flat=True)
    )
    visitors: list[str] = []
    begins = start_times(rng, plan.number, plan.since, plan.until)
    wizard_of = rng.choices(wizards, shares, k=plan.number)
    channel_of = rng.choices(list(CHANNELS), list(CHANNELS.values()), k=plan.number)
    for begun, wizard, channel in zip(begins, wizard_of, channel_of, strict=True):
        by_agent = channel == Session.Channel.AGENT
        version, track = wizard.walk(rng, begun, by_agent)
        track, times = _timed(rng, track, begun, plan.until)
        yield journal.PastSession(
            version=version,
            history=track.history,
            times=times,
            code="".join(rng.choices(CODE_ALPHABET, k=CODE_LENGTH)),
            visitor=_visitor(rng, visitors),
            channel=channel.value,
            agent=rng.choice(agents) if agents and by_agent else None,
            words=_words(rng, track),
        )


def searches(plan: Plan) -> Iterator[Search]:
    """Yield what was searched for, in order of time and without `query`; as many as belong to the plan's sessions."""
    rng = seeded_random(plan.seed, "searches")
    wizards = _wizards(plan)
    shares = [wizard.share for wizard in wizards]
    for moment in start_times(rng, round(plan.number * SEARCHES), plan.since, plan.until):
        (wizard,) = rng.choices(wizards, shares)
        search = wizard.search(rng)
        search.at = datetime.fromtimestamp(moment, UTC)
        yield search


class _Wizard:
    """A wizard's versions, each from when it was published, and the people who walk through them."""

    def __init__(self, plan: Plan, versions: Sequence[Version]) -> None:
        self.seed, self.versions = plan.seed, versions
        self.slug = versions[0].wizard.slug
        self.since = [version.published_at.timestamp() for version in versions[1:]]
        self.share = seeded_random(plan.seed, self.slug).uniform(0.5, 2)
        self.crowds: dict[tuple[int, bool], tuple[FakeVisitors, list[FakeWalk]]] = {}

    def walk(self, rng: Random, begun: float, by_agent: bool) -> tuple[int, FakeWalk]:
        """Return the version that was current at a moment, its key, and a walk through it."""
        place = bisect_right(self.since, begun)
        version = self.versions[place]
        if (place, by_agent) not in self.crowds:
            document = publishing.document_of(version.pk)
            self.crowds[place, by_agent] = (
                FakeVisitors(document, place, self.seed, AGENTS if by_agent else CUSTOMERS),
                [],
            )
        crowd, walks = self.crowds[place, by_agent]
        if len(walks) < DIFFERENT_WALKS:
            walks.append(crowd.walk())
            return version.pk, walks[-1]
        return version.pk, rng.choice(walks)

    def search(self, rng: Random) -> Search:
        """Return a search, without its time."""
        symptom = rng.choice(publishing.document_of(self.versions[-1].pk).symptoms)
        if rng.random() < 0.14:
            words = rng.choice(NOT_FOUND)
            return Search(words=words, found=0)
        words = rng.choice([symptom.label, *symptom.words])[:200]
        fits = rng.random() < 0.85
        chosen = {"wizard": self.slug, "symptom": symptom.id} if fits else {}
        return Search(words=words, found=rng.randint(1, 5), **chosen)


def _wizards(plan: Plan) -> list[_Wizard]:
    wizards = [version.wizard_id for version in publishing.published_versions()]
    if not wizards:
        raise LookupError("No wizard is published.")
    versions = Version.objects.filter(wizard__in=wizards, number__isnull=False).select_related("wizard")
    ordered = list(versions.defer("document").order_by("wizard__slug", "number"))
    slugs = dict.fromkeys(version.wizard.slug for version in ordered)
    return [_Wizard(plan, [version for version in ordered if version.wizard.slug == slug]) for slug in slugs]


def _timed(rng: Random, track: FakeWalk, begun: float, until: datetime) -> tuple[FakeWalk, list[datetime]]:
    """Return a walk with the times of its events; what would come after `until` has not happened yet."""
    pace = rng.choice(SPREAD) ** 0.5
    seconds = [wait * pace for wait in map(mul, track.waits, rng.choices(SPREAD, k=len(track.waits)))]
    if rng.random() < PAUSED:
        place = rng.randrange(len(seconds))
        seconds[place] += DAY * rng.choice(SPREAD) if track.waits[place] else 0.0
    seconds[0] = begun
    times = [datetime.fromtimestamp(moment, UTC) for moment in accumulate(seconds)]
    if times[-1] <= until:
        return track, times
    count = bisect_right(times, until)
    return track.first(count), times[:count]


def _visitor(rng: Random, before: list[str]) -> str:
    """Return a visitor: mostly a new one, now and then one of the latest."""
    if before and rng.random() < AGAIN:
        return rng.choice(before)
    visitor = f"{rng.getrandbits(256):064x}"
    before.append(visitor)
    del before[:-100]
    return visitor


def _words(rng: Random, track: FakeWalk) -> dict[int, str]:
    """Return what people wrote with their remarks and with their feedback, by the events' numbers."""
    words = {}
    for number in track.told:
        event = track.history.events[number - 1]
        remark = event.kind == flow.EventKind.REMARK
        if rng.random() < (REMARK_WORDS if remark else FEEDBACK_WORDS):
            words[number] = rng.choice(REMARKS if remark else FEEDBACK[event.answer])
    return words

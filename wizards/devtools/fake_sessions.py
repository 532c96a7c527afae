"""Whole past sessions and searches: the visitors' walks, each with its own times."""

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

MAX_WALKS = 2000  # of one version; further sessions reuse them with other times
CHANNELS = {Session.Channel.SELF_SERVICE: 77, Session.Channel.AGENT: 15, Session.Channel.EMBEDDED: 8}
# Log-normal factors for the seconds on a page. Drawing from a list is faster than computing each.
SPREAD = list(starmap(seeded_random("spread").lognormvariate, [(0.0, 0.7)] * 4096))
PAUSE_SHARE = 0.02  # sessions that pause for about a day
DAY_SECONDS = 24 * 3600.0
RETURNING_SHARE = 0.06  # sessions of a visitor who came before
REMARK_WORDS_SHARE, FEEDBACK_WORDS_SHARE = 0.5, 0.2  # remarks and feedback with a text
SEARCHES_PER_SESSION = 0.6


@dataclass(frozen=True)
class Plan:
    """How many sessions to make, and when they begin. The same seed gives the same sessions."""

    number: int
    since: datetime
    until: datetime
    seed: str = "1"


def sessions(plan: Plan) -> Iterator[journal.PastSession]:
    """Yield the sessions in the order in which they begin. Raises LookupError if no wizard is published."""
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
        version, walk = wizard.walk(rng, begun, by_agent)
        walk, times = _timed(rng, walk, begun, plan.until)
        yield journal.PastSession(
            version=version,
            history=walk.history,
            times=times,
            code="".join(rng.choices(CODE_ALPHABET, k=CODE_LENGTH)),
            visitor=_visitor(rng, visitors),
            channel=channel.value,
            agent=rng.choice(agents) if agents and by_agent else None,
            words=_texts(rng, walk),
        )


def searches(plan: Plan) -> Iterator[Search]:
    """Yield searches in order of time, without `query`, as many as fit the plan's number of sessions."""
    rng = seeded_random(plan.seed, "searches")
    wizards = _wizards(plan)
    shares = [wizard.share for wizard in wizards]
    for moment in start_times(rng, round(plan.number * SEARCHES_PER_SESSION), plan.since, plan.until):
        (wizard,) = rng.choices(wizards, shares)
        search = wizard.search(rng)
        search.at = datetime.fromtimestamp(moment, UTC)
        yield search


class _Wizard:
    """A wizard's versions, from when each was current, and the visitors who walk through them."""

    def __init__(self, plan: Plan, versions: Sequence[Version]) -> None:
        self.seed, self.versions = plan.seed, versions
        self.slug = versions[0].wizard.slug
        self.published = [version.published_at.timestamp() for version in versions[1:]]
        self.share = seeded_random(plan.seed, self.slug).uniform(0.5, 2)
        self.visitors: dict[tuple[int, bool], tuple[FakeVisitors, list[FakeWalk]]] = {}

    def walk(self, rng: Random, begun: float, by_agent: bool) -> tuple[int, FakeWalk]:
        """Return the primary key of the version that was current at `begun`, and a walk through it."""
        index = bisect_right(self.published, begun)
        version = self.versions[index]
        if (index, by_agent) not in self.visitors:
            document = publishing.document_of(version.pk)
            self.visitors[index, by_agent] = (
                FakeVisitors(document, index, self.seed, AGENTS if by_agent else CUSTOMERS),
                [],
            )
        visitors, walks = self.visitors[index, by_agent]
        if len(walks) < MAX_WALKS:
            walks.append(visitors.walk())
            return version.pk, walks[-1]
        return version.pk, rng.choice(walks)

    def search(self, rng: Random) -> Search:
        """Return a search without its time."""
        symptom = rng.choice(publishing.document_of(self.versions[-1].pk).symptoms)
        if rng.random() < 0.14:
            words = rng.choice(NOT_FOUND)
            return Search(words=words, found=0)
        words = rng.choice([symptom.label, *symptom.words])[:200]
        chosen = {"wizard": self.slug, "symptom": symptom.id} if rng.random() < 0.85 else {}
        return Search(words=words, found=rng.randint(1, 5), **chosen)


def _wizards(plan: Plan) -> list[_Wizard]:
    wizard_ids = [version.wizard_id for version in publishing.published_versions()]
    if not wizard_ids:
        raise LookupError("No wizard is published.")
    versions = Version.objects.filter(wizard__in=wizard_ids, number__isnull=False).select_related("wizard")
    ordered = list(versions.defer("document").order_by("wizard__slug", "number"))
    slugs = dict.fromkeys(version.wizard.slug for version in ordered)
    return [_Wizard(plan, [version for version in ordered if version.wizard.slug == slug]) for slug in slugs]


def _timed(rng: Random, walk: FakeWalk, begun: float, until: datetime) -> tuple[FakeWalk, list[datetime]]:
    """Return a walk with the times of its events; events after `until` are cut off."""
    pace = rng.choice(SPREAD) ** 0.5
    seconds = [wait * pace for wait in map(mul, walk.waits, rng.choices(SPREAD, k=len(walk.waits)))]
    if rng.random() < PAUSE_SHARE:
        index = rng.randrange(len(seconds))
        seconds[index] += DAY_SECONDS * rng.choice(SPREAD) if walk.waits[index] else 0.0
    seconds[0] = begun
    times = [datetime.fromtimestamp(moment, UTC) for moment in accumulate(seconds)]
    if times[-1] <= until:
        return walk, times
    count = bisect_right(times, until)
    return walk.truncated(count), times[:count]


def _visitor(rng: Random, recent: list[str]) -> str:
    """Return a visitor: mostly a new one, sometimes one of the last hundred."""
    if recent and rng.random() < RETURNING_SHARE:
        return rng.choice(recent)
    visitor = f"{rng.getrandbits(256):064x}"
    recent.append(visitor)
    del recent[:-100]
    return visitor


def _texts(rng: Random, walk: FakeWalk) -> dict[int, str]:
    """Return the texts of remarks and feedback by event number."""
    texts = {}
    for number in walk.text_events:
        event = walk.history.events[number - 1]
        remark = event.kind == flow.EventKind.REMARK
        if rng.random() < (REMARK_WORDS_SHARE if remark else FEEDBACK_WORDS_SHARE):
            texts[number] = rng.choice(REMARKS if remark else FEEDBACK[event.answer])
    return texts

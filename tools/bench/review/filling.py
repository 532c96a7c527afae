"""Fill an empty database with a log to measure: `python -m tools.bench.review.filling EVENTS DAYS SHARE UNTIL`.

The whole log has about EVENTS events over DAYS days; only the latest SHARE of those days is written. UNTIL is when the
log ends. DATABASE_URL names the database. Prints how long it took.
"""

from __future__ import annotations

import io
import sys
import time
from datetime import datetime, timedelta

from tests import environment  # noqa: F401  before Django's settings

EVENTS_OF_A_SESSION = 9.9
VERSIONS = (400, 200, 12)  # how many days ago each was published
AGENTS = 5
FINDINGS = 20  # for each wizard
BATCH_SIZE = 5_000  # large: nobody waits for the lock here


def main(events: int, days: int, share: float, now: datetime) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from wizards import analytics, devtools, journal
    from wizards.management.commands.create_demo_sessions import with_query
    from wizards.search import log as search_log

    call_command("migrate", verbosity=0)
    make_wizards(now)
    make_people()
    plan = devtools.Plan(round(events / EVENTS_OF_A_SESSION), now - timedelta(days=days), now)
    first_moment = now - timedelta(days=days * share)
    started = time.monotonic()
    sessions, events_written = journal.load_sessions(
        past for past in devtools.sessions(plan) if past.times[0] >= first_moment
    )
    loaded = time.monotonic()
    search_log.bulk_create(with_query(search for search in devtools.searches(plan) if search.at >= first_moment))
    searched = time.monotonic()
    analytics.roll_up(BATCH_SIZE)
    make_findings()
    rolled = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    print(
        f"  {sessions} sessions, {events_written} events: written in {loaded - started:.0f} s"
        f" ({events_written / (loaded - started):.0f} events/s), searches in {searched - loaded:.0f} s,"
        f" rolled up in {rolled - searched:.0f} s ({events_written / (rolled - searched):.0f} events/s)",
        flush=True,
    )


def make_wizards(now: datetime) -> None:
    """Publish the wizards of fixtures/ several times, as if they had changed."""
    from django.core.management import call_command

    from wizards import publishing
    from wizards.models import Version

    call_command("load_wizards", "fixtures", stdout=io.StringIO())
    for number in range(1, len(VERSIONS)):
        for version in publishing.published_versions():
            document = publishing.document_of(version.pk)
            changed = document.model_copy(update={"summary": f"{document.summary} ({number})"[:300]})
            publishing.publish(publishing.import_document(changed))
    for number, days in enumerate(VERSIONS, 1):
        Version.objects.filter(number=number).update(published_at=now - timedelta(days=days))


def make_people() -> None:
    from django.contrib.auth.models import Group, User

    reviewer = User.objects.create_user("reviewer", is_staff=True)
    reviewer.groups.add(Group.objects.get(name="reviewers"))
    group = Group.objects.get_or_create(name="agents")[0]
    for number in range(AGENTS):
        User.objects.create_user(f"agent-{number}", is_staff=True).groups.add(group)


def make_findings() -> None:
    """Open findings about each wizard's latest sessions, and close the first with the wizard's newest version."""
    from django.contrib.auth.models import User

    from wizards.models import Session, Wizard
    from wizards.review import findings

    author = User.objects.get(username="reviewer")
    for wizard in Wizard.objects.order_by("pk"):
        sessions = Session.objects.filter(version__wizard=wizard).order_by("-pk")[:FINDINGS]
        opened = [findings.open_session_finding(session, author, "Why here?", author) for session in sessions]
        if opened:
            findings.close(opened[0], opened[0].revision, "Said more clearly.", wizard.current)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), datetime.fromisoformat(sys.argv[4]))

"""Fill an empty database with a log to measure: `python -m tools.bench.review.filling EVENTS DAYS SHARE UNTIL`.

EVENTS is about how many events the whole log has, over DAYS days; SHARE of those days, the latest, are written.
UNTIL is when the log ends. DATABASE_URL names the database. Prints what it took.
"""

from __future__ import annotations

import io
import sys
import time
from datetime import datetime, timedelta

from tests import environment  # noqa: F401  before Django's settings

EVENTS_OF_A_SESSION = 9.9
VERSIONS = (400, 200, 12)  # days since when each was published
AGENTS = 5
FINDINGS = 20  # of each wizard
PORTION = 5_000  # sessions rolled up at once: nobody else waits here


def main(events: int, days: int, share: float, now: datetime) -> None:
    """Make the wizards, the accounts, the sessions, the searches and the tallies."""
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
    first = now - timedelta(days=days * share)
    began = time.monotonic()
    sessions, written = journal.load_sessions(past for past in devtools.sessions(plan) if past.times[0] >= first)
    loaded = time.monotonic()
    search_log.bulk_create(with_query(search for search in devtools.searches(plan) if search.at >= first))
    searched = time.monotonic()
    analytics.roll_up(PORTION)
    make_findings()
    rolled = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    print(
        f"  {sessions} sessions, {written} events: written in {loaded - began:.0f} s"
        f" ({written / (loaded - began):.0f} events/s), searches in {searched - loaded:.0f} s,"
        f" rolled up in {rolled - searched:.0f} s ({written / (rolled - searched):.0f} events/s)",
        flush=True,
    )


def make_wizards(now: datetime) -> None:
    """Publish the wizards of fixtures/ several times, as they might have changed."""
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
    """Make a reviewer and some agents."""
    from django.contrib.auth.models import Group, User

    reviewer = User.objects.create_user("reviewer", is_staff=True)
    reviewer.groups.add(Group.objects.get(name="reviewers"))
    group = Group.objects.get_or_create(name="agents")[0]
    for number in range(AGENTS):
        User.objects.create_user(f"agent-{number}", is_staff=True).groups.add(group)


def make_findings() -> None:
    """Take up the latest sessions of each wizard, and close the first finding with the wizard's newest version."""
    from django.contrib.auth.models import User

    from wizards.models import Session, Wizard
    from wizards.review import findings

    author = User.objects.get(username="reviewer")
    for wizard in Wizard.objects.order_by("pk"):
        sessions = Session.objects.filter(version__wizard=wizard).order_by("-pk")[:FINDINGS]
        taken = [findings.open_session_finding(session, author, "Why here?", author) for session in sessions]
        if taken:
            findings.close(taken[0], taken[0].revision, "Said more clearly.", wizard.current)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), datetime.fromisoformat(sys.argv[4]))

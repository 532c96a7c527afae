"""Two web hosts behind nginx, one PostgreSQL, one Redis: nothing is lost, and nobody sees that there are two.

They are slow and share one site, so each looks at what it did itself, and leaves both hosts serving.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from tools.scale.customers import Crowd, Customer
from tools.scale.site import BEGINNINGS, PATIENCE, READY, A, B, Site, copy_of_the_project, wait_for

pytestmark = pytest.mark.once

ALONE = 2.5  # seconds: more than fail_timeout in the file of nginx
IN_HAND = 1.5  # seconds: more than it takes to send an answer, less than the time that nginx gives a host for it


def logged(site: Site) -> Counter[tuple[str, int]]:
    """Return how often each answer is in the log: by the session's code and the event's number."""
    question = "SELECT s.code, e.number FROM wizards_event e JOIN wizards_session s ON s.id = e.session_id"
    with psycopg.connect(site.database) as database:
        return Counter(database.execute(f"{question} WHERE e.kind = 'answer'").fetchall())


def hold_nothing_is_lost(site: Site, crowd: Crowd) -> None:
    """Fail where somebody saw an error, or where an acknowledged answer is not in the log exactly once."""
    assert crowd.refused == []
    answers = logged(site)
    assert [each for each in crowd.acknowledged if answers[each] != 1] == []
    codes = {code for code, _ in crowd.acknowledged}
    assert {each for each in answers if each[0] in codes} == set(crowd.acknowledged)


def go_on(crowd: Crowd, answers: int = 40) -> None:
    """Wait until the crowd has so many more answers."""
    enough = len(crowd.acknowledged) + answers
    wait_for(f"{answers} more answers", lambda: len(crowd.acknowledged) >= enough)


def test_the_answers_of_a_session_land_on_both_hosts_in_turn(site: Site, certificate: Path):
    customer = Customer(site.proxy, certificate)
    customer.begin()
    for _ in range(10):
        customer.answer()
    customer.leave()
    its = f" /s/{customer.code}/"
    wait_for("nginx's log", lambda: len(site.proxy.asked(its)) == 20)  # it is written a moment after the answer
    hosts = [host for (host,) in site.proxy.asked(its)]
    assert sum(one != other for one, other in pairwise(hosts)) >= 15
    assert logged(site)[customer.code, 11] == 1


def test_rates_are_counted_across_both_hosts_and_no_header_gets_around_them(site: Site, certificate: Path):
    statuses = []
    for forged in range(BEGINNINGS + 2):
        customer = Customer(site.proxy, certificate)
        customer.arrive("127.0.2.5")
        headers = {"X-Forwarded-For": f"192.0.2.{forged}"}
        statuses.append(customer.ask("POST", "/begin/rings/s/", headers).status)
        customer.leave()
    assert statuses == [303] * BEGINNINGS + [429] * 2
    assert {(A,), (B,)} <= set(site.proxy.asked(" POST /begin/"))


def test_a_host_that_is_killed_in_the_middle_loses_nothing_and_nobody_sees_it(site: Site, certificate: Path):
    """But for a page that was half on its way. Beside it, an nginx that asks no other host: so the crowd has eyes."""
    blind = site.another_proxy("blind")
    text = (blind.folder / "helpdesk.conf").read_text()
    (blind.folder / "helpdesk.conf").write_text(text.replace("next_upstream error timeout", "next_upstream off"))
    blind.start()
    crowd, victims = Crowd(site.proxy, certificate), Crowd(blind, certificate, 2)
    with crowd.walking(), victims.walking():
        go_on(crowd)
        site.a.kill()
        go_on(crowd)
        site.a.up()
        go_on(crowd)
    blind.stop()
    hold_nothing_is_lost(site, crowd)
    assert crowd.broken_off <= len(crowd.customers)
    assert any("502" in line for line in victims.refused)


@pytest.fixture
def four(site: Site, certificate: Path) -> Iterator[list[Customer]]:
    """Give four customers who have begun, while nginx asks both hosts."""
    customers = [Customer(site.proxy, certificate) for _ in range(4)]
    for customer in customers:
        customer.begin()

    def asks_both() -> bool:
        for customer in customers:
            customer.look()
        return {(A,), (B,)} <= set(site.proxy.asked(" GET /s/")[-len(customers) :])

    wait_for("an nginx that asks both hosts", asks_both)
    yield customers
    for customer in customers:
        customer.leave()


@contextmanager
def answering(site: Site, customers: list[Customer]) -> Iterator[None]:
    """Let all answer at once; the block begins when that was sent. Nobody may see an error, and nothing be lost."""
    with ThreadPoolExecutor(len(customers)) as threads:
        answers = [threads.submit(customer.answer) for customer in customers]
        time.sleep(IN_HAND)
        yield
    assert [each.exception() for each in answers] == [None] * len(customers)
    found = logged(site)
    assert [found[each] for customer in customers for each in customer.acknowledged] == [1] * len(customers)


def asked_for_answers(site: Site, customers: list[Customer]) -> set[tuple[str, ...]]:
    """Return which hosts nginx asked for the one answer of each customer: two where it asked again."""
    found: list[tuple[str, ...]] = []

    def there() -> bool:
        found[:] = [hosts for each in customers for hosts in site.proxy.asked(f" POST /s/{each.code}/")]
        return len(found) == len(customers)

    wait_for("nginx's log", there)
    return set(found)


def test_a_host_that_hangs_delays_an_answer_and_loses_none(site: Site, four: list[Customer]):
    site.a.signal(signal.SIGSTOP)
    try:
        with answering(site, four):
            pass
    finally:
        site.a.signal(signal.SIGCONT)
    wait_for("the host that hung", site.a.ready)
    assert (A, B) in asked_for_answers(site, four)


def test_a_host_that_dies_with_answers_in_its_hands_loses_none(site: Site, four: list[Customer]):
    site.a.signal(signal.SIGSTOP)
    with answering(site, four):
        site.a.kill()
    site.a.up()
    assert (A, B) in asked_for_answers(site, four)


def test_a_host_that_freezes_with_sessions_in_its_hands_lets_go_of_them(site: Site, four: list[Customer]):
    """It holds the rows of those sessions, and says nothing more: PostgreSQL ends its transactions."""
    with psycopg.connect(site.database) as holding:
        holding.execute("SELECT FROM wizards_session FOR UPDATE")
        try:
            with answering(site, four):
                site.a.signal(signal.SIGSTOP)
                holding.rollback()  # what A has asked for, it gets now
                wait_for("a session in the hands of A", lambda: held_by_a_host(site))
        finally:
            site.a.signal(signal.SIGCONT)
    wait_for("the host that froze", site.a.ready)
    assert (A, B) in asked_for_answers(site, four)
    for customer in four:
        customer.answer()


def held_by_a_host(site: Site) -> bool:
    """Return whether somebody is silent in the middle of a transaction of the site's database."""
    question = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    with psycopg.connect(site.database) as database:
        return database.execute(question).fetchone() is not None


def test_a_host_that_is_stopped_gives_the_answers_in_its_hands_itself(site: Site, four: list[Customer]):
    with ThreadPoolExecutor(1) as threads, psycopg.connect(site.database) as holding:
        holding.execute("SELECT FROM wizards_session FOR UPDATE")
        with answering(site, four):
            stopping = threads.submit(site.a.stop)
            time.sleep(0.5)
            holding.rollback()
        stopping.result()
    site.a.up()
    assert asked_for_answers(site, four) == {(A,), (B,)}


def test_a_host_whose_address_systemd_holds_lets_people_wait_while_it_restarts(site: Site):
    site.b.stop()
    asked = HTTPConnection(site.b.address, site.b.port, timeout=PATIENCE)
    asked.request("GET", READY)
    site.b.up()
    assert asked.getresponse().status == 200
    asked.close()


MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("wizards", "{last}")]
    operations = [
        migrations.AddField("session", "later", models.CharField(max_length=8, db_default="new")),
    ]
"""


def next_version(site: Site) -> Path:
    """Return a copy of the project that is a version further: a column more, which the database fills by itself."""
    folder = copy_of_the_project(site.folder / "next")
    model = folder / "wizards" / "models" / "sessions.py"
    field = "    tallied = models.PositiveIntegerField("
    text = model.read_text()
    assert field in text
    model.write_text(text.replace(field, f'    later = models.CharField(max_length=8, db_default="new")\n{field}', 1))
    migrations = folder / "wizards" / "migrations"
    last = max(path.stem for path in migrations.glob("[0-9]*.py"))
    (migrations / "9000_later.py").write_text(MIGRATION.format(last=last))
    return folder


def test_a_rolling_restart_with_a_migration_under_load_loses_nothing_and_nobody_sees_it(site: Site, certificate: Path):
    folder = next_version(site)
    crowd = Crowd(site.proxy, certificate)
    with crowd.walking():
        go_on(crowd)
        site.a.folder = folder
        site.a.manage("migrate", "--verbosity=0")
        go_on(crowd)
        for host in (site.a, site.b):
            host.stop()
            host.folder = folder
            host.up()
            time.sleep(ALONE)
            go_on(crowd)
    hold_nothing_is_lost(site, crowd)
    assert crowd.broken_off == 0
    assert "no violations found" in site.b.manage("audit_log")
    with psycopg.connect(site.database) as database:
        assert database.execute("SELECT DISTINCT later FROM wizards_session").fetchall() == [("new",)]

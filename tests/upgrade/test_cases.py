"""Cases keep their state, their links and what waits to be sent about them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from tests.support.receivers import HookServer, hook_server
from wizards.models import Case, Delivery, Webhook

from .browser import SITE
from .yesterday import Site


def number(site: Site, name: str) -> int:
    return site.told["cases"][name]["number"]


def case(site: Site, name: str) -> Case:
    return Case.objects.get(pk=number(site, name))


def follow_up(site: Site, name: str, secret: str, said: str):
    """Open the link of a mail, as its script fills the code in, and say what became of it."""
    browser = site.visit()
    browser.open(f"/case/{site.told['cases'][name]['code']}/")
    return browser.press(secret=secret, said=said)


@dataclass
class Sent:
    """What came of delivering all that waited: at once, and again until its time had come."""

    hook: HookServer
    mails: list[EmailMessage]
    at_once: list[str]
    tasks: set[str]
    sent: int
    waiting: int

    @property
    def ids(self) -> list[str]:
        """The ids of everything that arrived."""
        return self.hook.ids + ids_of(self.mails)


def ids_of(mails: list[EmailMessage]) -> list[str]:
    return [each.extra_headers["Message-ID"].strip("<>").partition("@")[0] for each in mails]


@contextlib.contextmanager
def receiver(site: Site) -> Iterator[HookServer]:
    """Run a receiver at the address of yesterday's webhook, with the secret that it was given then."""
    with hook_server(site.told["webhook_secret"]) as server:
        assert Webhook.objects.filter(name="Ticket system").update(url=server.url) == 1
        yield server


@pytest.fixture(scope="module")
def sent(standing, copies) -> Sent:
    """Deliver what waits, once for all tests: at the moment of the upgrade, ten minutes and a day later."""
    mail.outbox = []
    with standing(copies.vendor, copies.upgraded) as site, receiver(site) as hook:
        waiting = list(DBTaskResult.objects.filter(status="READY").values_list("pk", flat=True))
        call_command("deliver", "--once")
        at_once = hook.ids + ids_of(mail.outbox)
        site.clock.shift(10 * 60)
        call_command("deliver", "--once")
        statuses = dict(DBTaskResult.objects.filter(pk__in=waiting).values_list("pk", "status"))
        assert len(statuses) == site.told["tasks"]["READY"]
        site.clock.shift(24 * 60 * 60)
        call_command("deliver", "--once")
        states = [Delivery.objects.filter(state=each).count() for each in ("sent", "waiting")]
        return Sent(hook, [*mail.outbox], at_once, set(statuses.values()), *states)


# --- Where they stand ---------------------------------------------------------------------------------------------


def test_the_desk_lists_cases_that_wait_and_those_in_hand_open_and_closed(site):
    page = site.staff("amir").open("/desk/")["text"]
    listed = {name: f"Case {number(site, name)}" in page for name in site.told["cases"]}
    assert listed.pop("closed by phone") is False  # a colleague's
    assert all(listed.values()), listed


def test_cases_are_open_closed_and_open_again_as_they_were(site):
    open_now = sorted(Case.objects.filter(closed_at=None).values_list("pk", flat=True))
    assert open_now == site.told["open_cases"]
    assert (
        sorted(number(site, name) for name in ("waiting", "in hand", "came back", "opened again by an agent"))
        == open_now
    )


def test_a_case_shows_what_it_was_and_how_to_reach_the_customer(site):
    text = site.staff("amir").open(f"/desk/cases/{number(site, 'closed')}/")["text"]
    assert "These are the made-up words of closed." in text
    assert "closed@example.net" in text
    assert case(site, "closed").cause == "power"


def test_a_case_that_waits_is_taken_and_closed(site):
    bea = site.staff("bea")
    bea.open(f"/desk/cases/{number(site, 'waiting')}/")
    bea.press(action="/take/")
    bea.press(cause="why-no-reset/button", other="", works="no")
    assert (case(site, "waiting").cause, case(site, "waiting").agent.username) == ("button", "bea")
    assert case(site, "waiting").closed_at


def test_a_closed_case_is_opened_again(site):
    amir = site.staff("amir")
    amir.open(f"/desk/cases/{number(site, 'closed')}/")
    amir.press(action="/reopen/")
    assert case(site, "closed").closed_at is None


# --- Links of mails -----------------------------------------------------------------------------------------------


def test_the_link_of_a_mail_that_was_sent_still_opens_the_case_again(site):
    page = follow_up(site, "closed", site.told["cases"]["closed"]["secret"], "back")
    assert page["status"] == 200
    assert case(site, "closed").closed_at is None


def test_the_code_of_a_mail_that_was_sent_is_taken_in_groups_and_capitals(site):
    secret = site.told["cases"]["closed"]["secret"].upper()
    page = follow_up(site, "closed", " ".join(secret[at : at + 4] for at in range(0, 16, 4)), "works")
    assert page["status"] == 200
    assert case(site, "closed").came_back is False


def test_a_customer_who_said_that_it_works_can_still_say_that_it_came_back(site):
    follow_up(site, "followed up", site.told["cases"]["followed up"]["secret"], "back")
    assert case(site, "followed up").came_back is True
    assert case(site, "followed up").closed_at is None


def test_a_follow_up_is_answered_by_the_form_that_stands_open(site):
    browser = site.typing("a follow-up")
    browser.press(secret=site.told["cases"]["closed"]["secret"], said="works")
    assert (browser.page["status"], case(site, "closed").came_back) == (200, False)


def test_the_code_of_another_case_opens_nothing(site):
    page = follow_up(site, "closed", site.told["cases"]["followed up"]["secret"], "back")
    assert page["status"] == 422
    assert case(site, "closed").closed_at


# --- What waits to be sent ----------------------------------------------------------------------------------------


def test_the_tasks_that_wait_are_done_and_none_of_them_fails(sent):
    assert sent.tasks == {"SUCCESSFUL"}


def test_what_waits_is_sent_once_under_the_ids_that_it_had(site, sent):
    assert sorted(sent.ids) == sorted(site.told["waiting"])
    assert (sent.sent, sent.waiting) == (site.told["deliveries"]["sent"] + len(sent.ids), 0)


def test_what_failed_before_waits_until_its_time_has_come(site, sent):
    tries = dict(Delivery.objects.filter(state="waiting").values_list("pk", "tries"))
    assert sorted(tries.values()) == [0, 0, 2, 2, 2, 2]
    assert sorted(sent.at_once) == sorted(str(pk) for pk, tried in tries.items() if not tried)


def test_webhooks_are_signed_with_the_secret_that_the_receiver_was_given(site, sent):
    assert sent.hook.wrong == []
    told = {(each["type"], each["data"]["case"]) for each in sent.hook.messages}
    assert told == {
        ("case.opened", number(site, "in hand")),
        ("case.opened", number(site, "just closed")),
        ("case.closed", number(site, "just closed")),
    }


def test_the_mail_that_waits_for_the_customer_carries_a_link_that_works(site, sent):
    (mine,) = (each for each in sent.mails if each.to == ["just.closed@example.net"])
    secret = mine.body.partition("#")[2][:16]
    assert f"https://help.example.org/case/{site.told['cases']['just closed']['code']}/#{secret}" in mine.body
    follow_up(site, "just closed", secret, "back")
    assert case(site, "just closed").closed_at is None


def test_what_is_sent_says_how_to_reach_the_customer_where_yesterdays_settings_want_it(sent):
    assert "in.hand@example.net" in json.dumps(sent.hook.messages)
    assert any("in.hand@example.net" in each.body for each in sent.mails if each.to == ["cases@example.org"])


def test_what_was_given_up_is_sent_again_by_hand(committed):
    given_up = [str(row.pk) for row in Delivery.objects.filter(state="failed")]
    assert len(given_up) == committed.told["deliveries"]["failed"]
    with receiver(committed) as hook:
        Webhook.objects.filter(name="Old pager").update(active=True, url=hook.url, secret=hook.secret)
        ada = committed.staff("ada")
        ada.open("/admin/wizards/delivery/?state__exact=failed")
        token = ada.page["forms"][0]["fields"]["csrfmiddlewaretoken"]
        asked = {"action": "again", "_selected_action": given_up, "csrfmiddlewaretoken": token}
        assert ada.post(ada.page["address"], asked, headers={"origin": SITE}).status_code == 302
        call_command("deliver", "--once")
    assert set(given_up) <= set(hook.ids)


def test_time_stands_at_yesterdays_moment(site):
    now = datetime.now(UTC)
    assert 0 <= (now - datetime.fromisoformat(site.told["moment"])).total_seconds() < 60

"""Whom a call is assigned to, and who may see or move it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User

from tests.races import racing
from tests.versions import publish
from tests.walks import TOY
from wizards import flow, journal, permissions
from wizards.analytics import audit
from wizards.models import Call, Case, Handling, HandoffCode, Session
from wizards.support import calls, join_codes

pytestmark = pytest.mark.django_db
AGENT = Session.Channel.AGENT


def agent(name: str, group: str = "agents", **options) -> User:
    user = User.objects.create(username=name, is_staff=True, **options)
    user.groups.add(group_of(group))
    return user


def group_of(name: str) -> Group:
    """Return a group of staff, recreated if a test with real transactions has emptied the database."""
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        rights = Permission.objects.filter(content_type__app_label="wizards")
        group.permissions.set(
            rights.filter(codename__in=("view_call", "add_call", "change_call", "view_case", "change_case"))
        )
    return group


@pytest.fixture
def toy(db):
    return publish(TOY)


@pytest.fixture
def ann(db):
    return agent("ann", first_name="Ann", last_name="Archer")


@pytest.fixture
def bob(db):
    return agent("bob")


@pytest.fixture
def lea(db):
    return agent("lea", "leads")


def only(session):
    return Session.objects.filter(pk=session.pk)


def reloaded(session):
    return Session.objects.select_related("call__agent").get(pk=session.pk)


def joined(toy, by):
    """Join a customer's session."""
    session = journal.begin(toy, "s", "customer")
    return calls.join(join_codes.create(session, HandoffCode.For.AGENT), by)


def movable(user):
    return list(permissions.movable_sessions(user))


def test_an_agents_session_is_assigned_to_them(toy, ann):
    session = calls.begin(toy, "s", ann, "Mr X")
    assert (session.channel, session.agent, reloaded(session).call.caller) == (AGENT, ann, "Mr X")
    assert movable(ann) == [session]
    assert session.events.get().agent == ann


def test_no_secret_owns_an_agents_session_and_no_two_share_an_owner(toy, ann):
    visitors = {calls.begin(toy, "s", ann).visitor for _ in range(5)}
    assert len(visitors) == 5
    assert all(len(each) == 64 for each in visitors)


def test_the_same_form_sent_twice_begins_one_session(toy, ann, bob):
    first = calls.begin(toy, "s", ann, "A", idempotency_key="form")
    assert calls.begin(toy, "s", ann, "A", idempotency_key="form") == first
    assert calls.begin(toy, "s", bob, "A", idempotency_key="form") != first
    assert Call.objects.count() == 2


def test_a_joined_session_is_assigned_to_the_agent_until_they_leave(toy, ann):
    session = joined(toy, ann)
    assert movable(ann) == [session]
    calls.leave(session, ann)
    assert movable(ann) == []
    assert reloaded(session).agent is None
    assert session in permissions.desk_sessions(ann)


def test_a_join_that_the_customer_ended_is_unassigned(toy, ann):
    session = joined(toy, ann)
    join_codes.end(reloaded(session))
    assert movable(ann) == []
    assert list(calls.calls_of(ann)) == []
    assert "not in this session" in calls.blocked_reason(reloaded(session), ann)


def test_finishing_an_agents_own_call_keeps_who_led_it(toy, ann):
    session = calls.begin(toy, "s", ann)
    calls.leave(session, ann)
    assert (reloaded(session).agent, movable(ann), list(calls.active_calls())) == (ann, [], [])


def test_a_finished_call_can_be_taken_up_again(toy, ann):
    session = calls.begin(toy, "s", ann, "Mr X")
    calls.leave(session, ann)
    calls.take(reloaded(session), ann)
    assert movable(ann) == [session]
    assert reloaded(session).call.caller == "Mr X"


def test_a_call_on_hold_cannot_be_moved_until_it_is_resumed(toy, ann):
    session = calls.begin(toy, "s", ann)
    calls.put_on_hold(session, ann)
    assert movable(ann) == []
    assert "on hold" in calls.blocked_reason(reloaded(session), ann)
    calls.resume(session, ann)
    assert movable(ann) == [session]
    assert calls.blocked_reason(reloaded(session), ann) == ""


def test_nobody_puts_a_colleagues_call_on_hold(toy, ann, bob):
    session = calls.begin(toy, "s", ann)
    calls.put_on_hold(session, bob)
    calls.leave(session, bob)
    assert movable(ann) == [session]


def test_a_call_that_is_passed_on_waits_for_the_colleague_with_everything_in_place(toy, ann, bob):
    session = calls.begin(toy, "s", ann, "Mr X")
    journal.answer(only(session), 1, "no", by=ann)
    journal.note(only(session), 2, "The light is red.", ann)
    calls.pass_on(reloaded(session), ann, bob)
    call = calls.calls_of(bob).get()
    assert (call.session, call.caller, call.aside, calls.was_passed(call)) == (session, "Mr X", True, True)
    assert (reloaded(session).node, reloaded(session).agent, movable(ann)) == ("why", bob, [])
    calls.resume(session, bob)
    assert movable(bob) == [session]
    calls.put_on_hold(session, bob)
    assert not calls.was_passed(calls.calls_of(bob).get())


def test_whoever_passed_a_call_on_still_sees_it_and_cannot_move_it(toy, ann, bob):
    session = calls.begin(toy, "s", ann)
    calls.pass_on(session, ann, bob)
    assert session in permissions.desk_sessions(ann)
    with pytest.raises(Session.DoesNotExist):
        journal.answer(permissions.movable_sessions(ann).filter(pk=session.pk), 1, "no", by=ann)
    assert "bob" in calls.blocked_reason(reloaded(session), ann)


@pytest.mark.parametrize("who", ["ann", "inactive", "customer", "reviewer"])
def test_calls_are_passed_only_to_active_staff_who_take_calls(toy, ann, who):
    session = calls.begin(toy, "s", ann)
    agent("inactive", is_active=False)
    agent("reviewer", "reviewers")
    User.objects.create(username="customer")
    with pytest.raises(ValueError, match="takes no calls"):
        calls.pass_on(session, ann, User.objects.get(username=who))
    assert movable(ann) == [session]


def test_nobody_passes_on_or_takes_a_colleagues_call(toy, ann, bob, lea):
    session = calls.begin(toy, "s", ann)
    with pytest.raises(calls.NotYourCallError, match="assigned to Ann Archer"):
        calls.pass_on(session, bob, lea)
    with pytest.raises(calls.NotYourCallError):
        calls.take(session, bob)
    assert movable(ann) == [session]


def test_a_lead_takes_a_call_over_and_the_log_says_so(toy, ann, lea):
    session = calls.begin(toy, "s", ann)
    calls.take(session, lea)
    assert (movable(lea), movable(ann)) == ([session], [])
    last = session.events.order_by("-number").first()
    assert (last.kind, last.agent) == ("passed", lea)
    assert list(audit.find_violations()) == []


@pytest.mark.parametrize("name", ["ann", "lea"])
def test_nobody_takes_a_customers_session_without_their_code(toy, ann, lea, name):
    session = joined(toy, ann)
    calls.leave(session, ann)
    with pytest.raises(calls.NotYourCallError, match="Ask the customer for a code to join it"):
        calls.take(reloaded(session), {"ann": ann, "lea": lea}[name])


def test_agents_see_their_past_calls_and_unassigned_cases_only(toy, ann, bob):
    mine, his = calls.begin(toy, "s", ann), calls.begin(toy, "s", bob)
    nobodys, waiting = (journal.begin(toy, "s", name) for name in ("one", "two"))
    case = Case.objects.create(session=waiting)
    assert set(permissions.desk_sessions(ann)) == {mine, waiting}
    case.agent = bob
    case.save()
    assert set(permissions.desk_sessions(ann)) == {mine}
    assert set(permissions.desk_sessions(bob)) == {his, waiting}
    assert nobodys not in permissions.desk_sessions(bob)


def test_whoever_leads_sees_every_session_but_previews(toy, ann, lea):
    sessions = {calls.begin(toy, "s", ann), journal.begin(toy, "s", "one")}
    journal.begin(toy, "s", "editor", Session.Channel.TEST)
    assert set(permissions.desk_sessions(lea)) == sessions


def test_who_calls_can_be_erased(toy, ann):
    session = calls.begin(toy, "s", ann, "Mr X")
    calls.set_caller(session, "")
    assert reloaded(session).call.caller == ""
    calls.set_caller(session, "Mr Y")
    assert calls.erase_callers(only(session)) == 1
    assert calls.erase_callers(only(session)) == 0
    assert reloaded(session).call.caller == ""


def test_an_unknown_symptom_begins_nothing(toy, ann):
    with pytest.raises(flow.IllegalMoveError):
        calls.begin(toy, "nothing", ann)
    assert not Call.objects.exists()
    assert not Handling.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_pass_on_the_same_call_at_once_one_wins():
    toy, ann = publish(TOY), agent("ann")
    others = [agent("bob"), agent("cid")]
    with racing(2) as race:
        for _ in range(10):
            session = calls.begin(toy, "s", ann)
            results = race(*[lambda to=to, one=session: calls.pass_on(one, ann, to) for to in others])
            assert sorted(type(each) for each in results if each) == [calls.NotYourCallError]
            one = reloaded(session)
            assert one.agent == one.call.agent
            assert one.events.filter(kind="passed").count() == 1

"""Every route of the site, as its resolver knows them, is answered to every role as tests/roles.py says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from helpdesk import accounts
from tests import roles
from tests.admin.forms.editing import toy
from tests.roles import ROLES, STAFF
from tests.visitor import Visitor
from wizards.models import Choice, Delivery, HandoffCode, Node, Picture, Procedure, Session, Webhook
from wizards.review import findings
from wizards.support import cases, join_codes

pytestmark = pytest.mark.django_db

# Permissions are the same on every database; the work behind them is not. These three may do all that anybody may.
ON_BOTH = ("owner", "agent", "root")

GROUPS = {"agent": ["agents"], "colleague": ["agents"], "lead": ["leads"], "editor": ["editors"]}
GROUPS |= {"reviewer": ["reviewers"], "former": ["agents", "leads", "editors", "reviewers"]}
SIGN_IN = ("/account/login/", "/admin/login/")
METHODS = ("GET", "POST")
# Routes whose arguments mean something else than in the others.
OVERRIDES = {"wizards_wizard_symptom": {"key": "s"}, "wizards_wizard_restore": {"number": 1}}
OVERRIDES |= {"wizards_node_actions": {"tool": "preview"}}
OVERRIDES |= {name: {"code": "ABCDEFGH2345"} for name in ("resume_typed", "follow_up_typed")}
REFUSED = ("sign-in", "403", "404", "405")  # what a method that no line has may get


class World:
    """One of everything, and a browser for each role. The session is on its third page, which the agent joined."""

    def __init__(self) -> None:
        wizard = toy()
        self.owner = Visitor().begin().walk("no", "loose")
        self.users = {role: account(role) for role in (*STAFF, "former", "disabled")}
        self.clients = {role: Client() for role in ROLES} | {"owner": self.owner.client}
        self.clients["stranger"].post("/begin/toy/s/")
        for role, user in self.users.items():
            self.clients[role].force_login(user)
        self.grant_access("guest", HandoffCode.For.DEVICE, "/join/")
        self.grant_access("agent", HandoffCode.For.AGENT, "/desk/join/")
        case = self.case_of_a_call()
        self.clients["colleague"].post("/desk/begin/", {"way": "toy/s"})
        User.objects.filter(username="disabled").update(is_active=False)
        User.objects.filter(username="former").update(is_staff=False)
        self.codes = {
            "join": join_codes.create(self.owner.session, HandoffCode.For.DEVICE),
            "desk_join": join_codes.create(self.owner.session, HandoffCode.For.AGENT),
        }
        node = Node.objects.get(key="q")
        finding = findings.open_session_finding(self.owner.session, self.users["reviewer"], "Look.", None)
        self.arguments: dict[str, Any] = {
            "code": self.owner.code, "number": 3, "slug": "toy", "symptom": "s", "key": "q", "owner": "choice",
            "row": Choice.objects.filter(node=node).first().pk, "field": "to", "before": 1, "after": "draft",
            "which": "draft", "form": "yaml", "content_type_id": 1, "object_id": 1, "tool": "export",
            "app_label": "wizards", "url": "nothing", "name": picture().name,
        }  # fmt: skip
        self.keys = {
            "admin/auth/user": self.users["staff"], "admin/auth/group": Group.objects.first(),
            "admin/wizards/webhook": Webhook.objects.first(), "admin/wizards/delivery": Delivery.objects.first(),
            "admin/wizards/picture": Picture.objects.first(), "admin/wizards/node": node,
            "admin/wizards/procedure": Procedure.objects.get(key="press"), "admin/wizards/wizard": wizard,
            "admin/wizards/version": wizard.current, "review/queue": finding, "desk/cases": case,
        }  # fmt: skip
        self.seen = self.owner.session.count
        self.cookies = {role: client.cookies.copy() for role, client in self.clients.items()}

    def grant_access(self, role: str, whom: HandoffCode.For, where: str) -> None:
        """Give somebody access to the session by a code."""
        code = join_codes.create(self.owner.session, whom)
        assert self.clients[role].post(where, {"code": code}).status_code == 303

    def case_of_a_call(self) -> Any:
        """Let the agent begin a call of their own, and have its case; something is sent about it."""
        Webhook.objects.create(name="Tickets", url="https://hooks.example.org/", secret="whsec_" + "c2VjcmV0" * 5)
        place = self.clients["agent"].post("/desk/begin/", {"way": "toy/s"})["Location"]
        call = Session.objects.filter(code=place.split("/")[2])
        return cases.take(cases.open_case(call, "x@example.org"), self.users["agent"])

    def form(self, name: str) -> dict[str, Any]:
        """Return a form that is valid at every URL."""
        return {
            "answer": "next", "seen": self.seen, "number": 3, "helped": "yes", "words": "hello", "said": "works",
            "contact": "x@example.org", "secret": "x", "way": "toy/s", "to": self.users["colleague"].pk,
            "caller": "Mr X", "cause": "why/loose", "works": "yes", "q": "x", "what": "sessions", "spot": "why//",
            "code": self.codes.get(name, ""), "text": "x", "title": "x", "kind": "question",
        }  # fmt: skip

    def address(self, name: str, pattern: str) -> str:
        """Return a route's URL for the rows that exist."""
        plain = pattern.replace("^", "").replace("$", "").replace("\\", "")
        start = "/".join(plain.split("/")[:3]) if plain.startswith("admin/") else "/".join(plain.split("/")[:2])
        pk = {name: self.keys[start].pk for name in ("pk", "id", "object_id") if start in self.keys}
        values = self.arguments | pk | OVERRIDES.get(name, {})
        plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", plain)
        query = f"?session={self.owner.code}" if name == "review_take_up" else ""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), plain) + query

    def ask(self, role: str, method: str, name: str, pattern: str) -> str:
        """Send a valid request, roll back what it changed, and return its answer."""
        client, address = self.clients[role], self.address(name, pattern)
        with transaction.atomic():
            response = client.post(address, self.form(name)) if method == "POST" else client.get(address)
            transaction.set_rollback(True)
        client.cookies = self.cookies[role].copy()
        return answer(response)


def account(role: str) -> User:
    user = User.objects.create(username=role, is_staff=True, is_superuser=role in ("root", "disabled"))
    user.groups.set(Group.objects.filter(name__in=GROUPS.get(role, [])))
    return user


def picture() -> Picture:
    return Picture.objects.create(name=f"up-{'0' * 16}", content=b"x", width=1, height=1)


def answer(response: HttpResponse) -> str:
    """Return a response's answer as the table writes it."""
    to_sign_in = response.status_code == 302 and response["Location"].startswith(SIGN_IN)
    return "sign-in" if to_sign_in else str(response.status_code)


@pytest.fixture
def world(settings, caplog) -> World:
    """Make one of everything, without rate limits and without a log line for each refusal."""
    settings.RATES = dict.fromkeys(settings.RATES, "100000 per minute")
    caplog.set_level("CRITICAL", "django.request")
    return World()


def unnamed() -> list[str]:
    """Return a line for each route that the table lacks, and for each name that no route has."""
    existing, expected = {name for name, _ in roles.every_route()}, roles.table()
    missing = [
        f"{name}: a new address. Say in tests/roles.py who may do what there." for name in existing - expected.keys()
    ]
    return sorted(missing + [f"{name}: no address has this name any more." for name in expected.keys() - existing])


def wrong(world: World, role: str) -> list[str]:
    """Return a line for each request of a role that is not answered as the table says."""
    expected, found = roles.table(), []
    for name, pattern in roles.every_route():
        for method in METHODS:
            got, wanted = world.ask(role, method, name, pattern), expected.get(name, {}).get(method, {}).get(role)
            if got != wanted and (wanted or got not in REFUSED):
                found.append(f"{method} {name} for {role}: {got}, not {wanted or 'a refusal'}")
    return found


@pytest.mark.once
def test_the_table_names_every_route_and_no_other():
    lines = unnamed()
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize(
    "role", [role if role in ON_BOTH else pytest.param(role, marks=pytest.mark.once) for role in ROLES]
)
def test_each_role_is_answered_as_the_table_says(world, role):
    lines = wrong(world, role)
    assert not lines, "\n".join(lines)


@pytest.mark.once
def test_the_roles_of_both_databases_may_do_all_that_anybody_may():
    lines = [(name, method, answers) for name, each in roles.table().items() for method, answers in each.items()]
    allowed = {line[:2]: {role for role, got in line[2].items() if got not in (*REFUSED, "409")} for line in lines}
    assert len(allowed) > 200
    assert [line for line, some in allowed.items() if some and some.isdisjoint(ON_BOTH)] == []


@pytest.mark.once
def test_a_route_that_is_not_in_the_table_is_reported(monkeypatch):
    routes = [*roles.every_route(), ("desk_new", "desk/new/")]
    monkeypatch.setattr(roles, "every_route", lambda: iter(routes))
    assert unnamed() == ["desk_new: a new address. Say in tests/roles.py who may do what there."]


@pytest.mark.once
def test_a_view_open_to_another_role_is_reported(world, monkeypatch):
    monkeypatch.setattr(roles, "every_route", lambda: iter([("desk_find", "contact/")]))
    assert "GET desk_find for nobody: 200, not sign-in" in wrong(world, "nobody")
    assert "GET desk_find for reviewer: 200, not 404" in wrong(world, "reviewer")


@pytest.mark.once
def test_the_table_names_a_route_once():
    with pytest.raises(ValueError, match="GET home stands twice"):
        roles.table("GET home -> 200\nBOTH home -> 302")


@pytest.mark.once
def test_without_a_second_step_every_staff_page_leads_to_setting_it_up(world, settings):
    settings.STAFF_MFA = True
    expected, opened = roles.table(), {}
    for name, pattern in roles.every_route():
        wanted = expected.get(name, {}).get("GET", {})
        if "sign-in" in wanted.values() and name not in (*accounts.SETUP_VIEWS, "admin_logout", "logout"):
            response = world.clients["root"].get(world.address(name, pattern))
            opened[name] = response.status_code, response["Location"]
    assert len(opened) > 50
    assert {name: each for name, each in opened.items() if each != (302, "/account/phone/")} == {}

"""Agents with a browser each, the customers they help, and the addresses of the desk."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.reading import read
from tests.visitor import routes
from wizards import journal
from wizards.models import HandoffCode, Session
from wizards.support import join_codes

CALL_PATHS = ("note/", "aside/", "resume/", "pass/", "take/", "leave/", "caller/", "case/")


class Agent:
    """One agent's browser, with one current call."""

    def __init__(self, name: str, group: str = "agents") -> None:
        self.user = User.objects.create(username=name, first_name=name.title(), is_staff=True)
        self.user.groups.add(Group.objects.get(name=group))
        self.client = Client()
        self.client.force_login(self.user)
        self.session = Session()

    def begin(self, caller: str = "") -> Agent:
        response = self.client.post("/desk/begin/", {"way": "toy/s", "caller": caller})
        assert response.status_code == 303
        self.session = Session.objects.get(code=response["Location"].split("/")[2])
        return self

    def at(self, name: str = "", number: int | None = None) -> str:
        """Return a URL of the call, by default of its current page."""
        self.session.refresh_from_db()
        number = number or self.session.count
        return f"/desk/{self.session.code}/" + (name if name in CALL_PATHS else f"{number}/{name}")

    def see(self, number: int | None = None, **options):
        return self.client.get(self.at(number=number), **options)

    def answer(self, given: str, number: int | None = None, headers=None, **form):
        return self.client.post(self.at(number=number), {"answer": given, **form}, headers=headers)

    def send(self, name: str, **form):
        return self.client.post(self.at(name), form)

    @property
    def log(self) -> list[str]:
        return [f"{row.kind} {row.answer}".strip() for row in self.session.events.order_by("number")]


def customer(toy, name: str = "customer") -> Session:
    """Begin a customer's own session."""
    return journal.begin(toy, "s", name)


def only(session: Session) -> QuerySet[Session]:
    """Return the queryset of one session, which a customer's moves need."""
    return Session.objects.filter(pk=session.pk)


def join(agent: Agent, session: Session) -> Agent:
    """Join a customer's session by a code."""
    code = join_codes.create(session, HandoffCode.For.AGENT).upper()
    response = agent.client.post("/desk/join/", {"code": f"{code[:4]} {code[4:]}"})
    assert response.status_code == 303, read(response).text
    agent.session = session
    return agent


def addresses(code: str) -> list[str]:
    """Return every URL of the desk, filled in for this call."""
    return [
        "/" + pattern.replace("<code:code>", code).replace("<int:number>", "1").replace("<int:pk>", "1")
        for pattern in routes("desk/").values()
    ]


def queries_of(agent: Agent, address: str, **options) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert agent.client.get(address, **options).status_code == 200
    return len(queries)

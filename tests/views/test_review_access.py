"""Who gets into the review pages: every address, every role."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from tests.tallies.walkers import Clock, Walker
from tests.versions import publish
from tests.views.test_access import ALLOWED, reads_only
from tests.visitor import filled, routes, rows
from tests.walks import TOY
from wizards import findings
from wizards.models import Finding, Search

pytestmark = pytest.mark.django_db

ROUTES = sorted(routes("review/").items())
# What a reviewer may not do with the rights of the group alone.
NEEDS_MORE = {"review_searches_add"}  # editors' right to change symptoms
FORMS = {"review_export": {"what": "sessions"}, "review_stuck_words": {"spot": "why//"}}
ROLES = ("nobody", "customer", "staff", "editors", "agents", "reviewers", "admin")


@pytest.fixture
def desk(monkeypatch):
    """A session with a remark, a finding about it and a search: something to see on every page."""
    version = publish(TOY)
    walker = Walker(Clock(monkeypatch), version).answer("no").remark("Words.")
    author = User.objects.create(username="author")
    finding = findings.take_up_session(walker.session, author, "Look.", author)
    Search.objects.create(words="Red light", query="red light", found=0)
    return {"code": walker.session.code, "number": 1, "pk": finding.pk}


def client(role: str) -> Client:
    """Return the browser of somebody in a role."""
    client = Client()
    if role == "nobody":
        return client
    user = User.objects.create(username=role, is_staff=role != "customer", is_superuser=role == "admin")
    if role in ("editors", "agents", "reviewers"):
        user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


def ask(browser: Client, method: str, name: str, address: str):
    """Send what would be a legal form to an address, or get it; return the response."""
    return browser.post(address, FORMS.get(name, {})) if method == "POST" else browser.get(address)


def address(name: str, pattern: str, desk) -> str:
    query = {"review_take_up": f"?session={desk['code']}", "review_map_data": "?wizard=toy"}.get(name, "")
    return filled(pattern, **desk) + query


def test_the_review_pages_are_known():
    assert len(ROUTES) >= 17


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("name", "pattern"), ROUTES)
def test_only_reviewers_get_in_others_are_sent_to_sign_in_or_find_nothing(desk, name, pattern, role):
    browser = client(role)
    for method in set(ALLOWED[name].split(", ")) - {"HEAD"}:
        status = ask(browser, method, name, address(name, pattern, desk)).status_code
        if role == "nobody":
            assert status == 302, method
        elif role == "admin" or (role == "reviewers" and name not in NEEDS_MORE):
            assert status in {200, 303, 422}, (method, status)
        else:
            assert status == 404, method


@pytest.mark.parametrize(("name", "pattern"), ROUTES)
def test_looking_at_a_review_page_writes_nothing(desk, name, pattern):
    browser = client("admin")
    before = rows(*apps.get_models())
    if "GET" in ALLOWED[name]:
        with connection.execute_wrapper(reads_only):
            assert browser.get(address(name, pattern, desk)).status_code == 200
    assert rows(*apps.get_models()) == before


@pytest.mark.parametrize(("name", "pattern"), ROUTES)
def test_a_reviewer_who_is_no_staff_any_more_finds_nothing(desk, name, pattern):
    browser = client("reviewers")
    User.objects.filter(username="reviewers").update(is_staff=False)
    for method in set(ALLOWED[name].split(", ")) - {"HEAD"}:
        assert ask(browser, method, name, address(name, pattern, desk)).status_code == 404
    assert Finding.objects.count() == 1

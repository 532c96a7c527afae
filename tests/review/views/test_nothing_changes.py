"""Reading the review pages changes nothing. (Access is tested in tests/test_roles.py.)"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from tests.analytics.walkers import Clock, Walker
from tests.customer.test_permissions import ALLOWED, reads_only
from tests.versions import publish_draft
from tests.visitor import filled, routes, rows
from tests.walks import TOY
from wizards.models import Search
from wizards.review import findings

# What these pages ask of a database, tests/test_roles.py and tests/hostile ask on both.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROUTES = sorted(routes("review/").items())


@pytest.fixture
def desk(monkeypatch):
    """A session with a remark, a finding and a search, so that every page has content."""
    version = publish_draft(TOY)
    walker = Walker(Clock(monkeypatch), version).answer("no").remark("Words.")
    author = User.objects.create(username="author")
    finding = findings.open_session_finding(walker.session, author, "Look.", author)
    Search.objects.create(words="Red light", query="red light", found=0)
    return {"code": walker.session.code, "number": 1, "pk": finding.pk}


def address(name: str, pattern: str, desk) -> str:
    query = {"review_take_up": f"?session={desk['code']}", "review_map_data": "?wizard=toy"}.get(name, "")
    return filled(pattern, **desk) + query


def test_every_review_page_is_covered():
    assert len(ROUTES) >= 17


@pytest.mark.parametrize(("name", "pattern"), ROUTES)
def test_reading_a_review_page_writes_nothing(desk, admin_client, name, pattern):
    before = rows(*apps.get_models())
    if "GET" in ALLOWED[name]:
        with connection.execute_wrapper(reads_only):
            assert admin_client.get(address(name, pattern, desk)).status_code == 200
    assert rows(*apps.get_models()) == before

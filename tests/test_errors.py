"""The 404 pages of customers and of staff."""

from __future__ import annotations

import logging

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.customer.test_permissions import reads_only
from tests.reading import read
from tests.staff import staff
from tests.visitor import Visitor, publish

# tests/test_roles.py and tests/hostile run the queries of these pages on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

MISTYPED = ["/review/sesions/", "/desk/cases/none/", "/admin/wizrds/", "/account/phon/", "/desk/22223333/", "/review/x"]


def text(response) -> str:
    return " ".join(read(response).text.split())


@pytest.mark.parametrize("address", MISTYPED)
def test_for_staff_a_404_links_to_where_they_work(address):
    response = staff(groups="agents reviewers editors").get(address)
    page = read(response)
    assert response.status_code == 404
    assert page.h1 == "There is nothing at this address"
    assert {"/desk/", "/review/", "/admin/"} <= page.links
    assert "/contact/" not in page.links
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("group", "place"), [("agents", "/desk/"), ("reviewers", "/review/"), ("editors", "/admin/")])
def test_it_links_only_to_what_is_open_to_them(group, place):
    page = read(staff(groups=group).get("/desk/nowhere/"))
    assert page.links & {"/desk/", "/review/", "/admin/"} == {place}


@pytest.mark.parametrize("part", ["desk", "review"])
def test_the_current_area_comes_first(part):
    page = read(staff(groups="leads").get(f"/{part}/nowhere/"))
    assert next(each["href"] for each in page.all("a") if "btn" in each.get("class", "")) == f"/{part}/"


def test_for_staff_without_permissions_it_links_to_the_start():
    assert "/account/start/" in read(staff().get("/review/")).links


def test_to_staff_forbidden_and_missing_pages_look_alike():
    publish()
    session = Visitor().begin().session
    client = staff(groups="agents")
    addresses = ("/review/", "/review/nowhere/", f"/desk/{session.code}/", "/desk/222233334444/", "/desk/cases/7/")
    assert len({text(client.get(address)) for address in addresses}) == 1


@pytest.mark.parametrize("who", ["nobody", "customer", "former", "disabled"])
def test_everybody_else_sees_the_customers_page(who):
    client = Client()
    if who == "customer":
        publish()
        client = Visitor().begin().client
    if who in ("former", "disabled"):
        client = staff(groups="agents")
        User.objects.update(is_staff=who != "former", is_active=who != "disabled")
    addresses = ("/review/nowhere/", "/desk/nowhere/", "/nowhere/")
    assert [text(client.get(each)) for each in addresses] == [text(Client().get("/s/222222222222/1/"))] * 3


@pytest.mark.parametrize("address", ["/nowhere/", "/s/222222222222/1/"])
def test_staff_see_the_customers_page_at_customers_addresses(address):
    client = staff(groups="agents", is_superuser=True)
    assert "What you began on this device" in text(client.get(address))


def test_a_customers_404_runs_no_query_and_creates_no_staff_session(django_assert_num_queries):
    client = Client()
    client.cookies["visitor"] = "x" * 43
    with django_assert_num_queries(0):
        for address in ("/nowhere/", "/desk/nowhere/", "/review/nowhere/"):
            assert client.get(address).status_code == 404
    assert not apps.get_model("sessions", "Session").objects.exists()


def test_the_query_is_not_logged_for_a_foreign_host(caplog):
    caplog.set_level(logging.INFO, "helpdesk.errors")
    response = Client(headers={"host": "old.example.org"}).get("/search/?q=my+name+is+Ada")
    assert response.status_code == 400
    assert "Refused /search/: DisallowedHost" in caplog.messages
    assert "Ada" not in caplog.text


def test_a_404_of_staff_writes_nothing():
    client = staff(groups="agents")
    client.get("/desk/")
    with connection.execute_wrapper(reads_only):
        assert client.get("/desk/nowhere/").status_code == 404

"""Values that no column, key or calendar has cause no server error in the changelists of the admin."""

import pytest
from django.db import transaction

from tests.request_guard.echoes import MARKS

pytestmark = MARKS


@pytest.mark.django_db
@pytest.mark.parametrize("query", [f"id__in={2**63}", f"pk__in=1,{2**64}", f"id__in=-{2**63 + 1}"])
def test_a_number_out_of_range_is_refused_by_changelists(admin_client, query):
    with transaction.atomic():  # PostgreSQL accepts no more statements after an error
        assert admin_client.get(f"/admin/auth/user/?{query}").status_code == 400
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", ["../../etc/passwd", "", "1.5", "\u00b2", "9" * 30])
@pytest.mark.parametrize("rows", ["auth/group", "wizards/webhook", "wizards/delivery"])
def test_an_invalid_key_causes_no_server_error_in_changelists(admin_client, rows, chosen):
    action = {"action": "delete_selected", "_selected_action": chosen}
    assert admin_client.post(f"/admin/{rows}/", action).status_code in {200, 302, 400}


@pytest.mark.django_db
@pytest.mark.parametrize("year", ["99999", "0", "-1", str(2**31), str(2**64)])
def test_an_invalid_year_causes_no_server_error(admin_client, year):
    assert admin_client.get(f"/admin/wizards/delivery/?made_at__year={year}").status_code in {302, 400}


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["change", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_lookup_by_an_empty_column_causes_no_server_error(admin_client, admin_user, page, method):
    where = f"/admin/auth/user/{admin_user.pk}/{page}/"
    assert getattr(admin_client, method)(where, {"_to_field": ""}).status_code == 400
    assert getattr(admin_client, method)(where, {"_to_field": "password"}).status_code == 400

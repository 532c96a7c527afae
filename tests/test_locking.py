"""One optimistic lock for drafts, findings, imports and releases."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.races import racing
from tests.versions import publish_draft
from tests.walks import TOY
from wizards import locking
from wizards.models import Wizard

pytestmark = pytest.mark.django_db


@pytest.fixture
def wizard():
    return publish_draft(TOY).wizard


def test_a_claim_counts_the_save(wizard):
    seen = wizard.revision
    locking.claim_revision(wizard, seen)
    assert wizard.revision == Wizard.objects.get(pk=wizard.pk).revision == seen + 1


@pytest.mark.parametrize("older", [-1, None])
def test_an_older_or_missing_revision_claims_nothing(wizard, older):
    before = wizard.revision
    with pytest.raises(locking.StaleRevisionError):
        locking.claim_revision(wizard, older if older is None else before + older)
    assert Wizard.objects.get(pk=wizard.pk).revision == before


def test_a_current_revision_is_locked_and_an_older_one_is_told(wizard):
    with transaction.atomic():
        assert locking.lock_if_current(wizard, wizard.revision)
        assert not locking.lock_if_current(wizard, wizard.revision - 1)
        assert not locking.lock_if_current(wizard, None)


def test_a_row_that_is_gone_is_never_current(wizard):
    gone, seen = Wizard(pk=wizard.pk + 1), wizard.revision
    with transaction.atomic():
        assert not locking.lock_if_current(gone, seen)
        with pytest.raises(locking.StaleRevisionError):
            locking.claim_revision(gone, seen)


def test_another_fingerprint_is_refused_with_its_message():
    locking.require_current("1-abc", "1-abc", "Look again.")
    with pytest.raises(locking.StaleRevisionError, match=r"^Look again\.$"):
        locking.require_current("1-abc", "1-abd", "Look again.")


def test_of_many_saves_at_once_one_succeeds(transactional_db):
    wizard = publish_draft(TOY).wizard
    seen = wizard.revision
    with racing(6) as race:
        results = race(*[lambda: locking.claim_revision(Wizard.objects.get(pk=wizard.pk), seen)] * 6)
    assert [type(each) for each in results].count(locking.StaleRevisionError) == 5

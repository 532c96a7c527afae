"""Staff who were signed in when the site was upgraded still are, and sign in with the phones that they had."""

from __future__ import annotations

import pytest
from django.test import override_settings

from .browser import Browser, totp
from .yesterday import Site

AT_WORK = {
    "bea": "/desk/",
    "amir": "/desk/",
    "ada": "/admin/",
    "edith": "/admin/",
    "ezra": "/admin/",
    "ravi": "/review/",
}


def password_typed(site: Site, name: str) -> Browser:
    """Return the browser of somebody who has typed name and password, and is asked for the code."""
    browser = Browser("203.0.113.200")
    browser.open("/account/login/")
    browser.press(login=name, password=site.told["password"])
    assert browser.page["heading"] == "The code from your phone"
    return browser


def is_signed_in(browser: Browser) -> bool:
    return browser.open("/account/")["address"] == "/account/"


@pytest.mark.parametrize(("name", "place"), AT_WORK.items())
def test_who_is_at_work_is_still_signed_in(site, name, place):
    page = site.staff(name).open(place)
    assert (page["address"], page["status"]) == (place, 200)


def test_who_was_away_for_half_an_hour_has_to_sign_in_again(site):
    assert not is_signed_in(site.staff("lena"))


def test_a_session_of_staff_still_ends_half_an_hour_after_the_last_sign_of_life(site):
    site.clock.shift(29 * 60)
    assert not is_signed_in(site.staff("bea"))


def test_who_is_at_work_signs_out_by_the_button_of_the_page_that_stands_open(site):
    browser = site.staff("ravi")
    browser.press(label="Sign out")
    assert not is_signed_in(browser)


def test_a_phone_still_signs_in(site):
    browser = password_typed(site, "amir")
    site.clock.shift(60)
    browser.press(code=totp(site.told["phones"]["amir"]))
    assert is_signed_in(browser)


def test_a_phone_that_was_sealed_with_the_key_before_still_signs_in(site):
    browser = password_typed(site, "bea")
    site.clock.shift(60)
    browser.press(code=totp(site.told["phones"]["bea"]))
    assert is_signed_in(browser)


def test_a_recovery_code_still_signs_in_once(site):
    code = site.told["recovery_codes"]["bea"][3]
    browser = password_typed(site, "bea")
    browser.press(code=code)
    assert is_signed_in(browser)
    again = password_typed(site, "bea")
    again.press(code=code)
    assert not is_signed_in(again)


def test_a_recovery_code_that_was_used_before_the_upgrade_opens_nothing(site):
    browser = password_typed(site, "ezra")
    browser.press(code=site.told["recovery_codes"]["ezra"][0])
    assert not is_signed_in(browser)


def test_a_code_of_a_phone_that_was_used_before_the_upgrade_opens_nothing(site):
    used = site.told["code used last"]  # half a minute ago: by the clock it would do
    browser = password_typed(site, used["name"])
    browser.press(code=used["code"])
    assert not is_signed_in(browser)


def test_the_password_typed_before_the_upgrade_and_the_code_typed_after_it_sign_in(site):
    browser = site.staff("carl")
    browser.press(code=totp(site.told["phones"]["carl"]))
    assert is_signed_in(browser)


def test_a_phone_that_was_shown_its_square_before_the_upgrade_is_set_up_after_it(site):
    browser = site.staff("nina")
    browser.press(code=totp(site.told["phones"]["nina"]))
    assert browser.page["address"] == "/account/codes/"
    assert is_signed_in(browser)


def test_phones_can_be_sealed_with_the_new_key_alone(site, capsys):
    from django.core.management import call_command

    call_command("seal_secrets")
    with override_settings(SECRET_KEY_FALLBACKS=[]):
        browser = password_typed(site, "bea")
        site.clock.shift(60)
        browser.press(code=totp(site.told["phones"]["bea"]))
        assert is_signed_in(browser)

"""How staff sign in: what django-allauth is told, and what holds while a session lasts.

A password first, then a code from one's phone (or a recovery code). A session ends after STAFF_IDLE without a sign of
life, after STAFF_LONGEST in any case, and when its account is disabled or its password changes. Customers have no
session: nothing here is reached without the cookie of staff.

`lasting` holds a session's rules, `addresses` are the pages of our own, `adapters` and `forms` are what django-allauth
uses.
"""

from .session_policy import SETUP_VIEWS, end_sessions, reset_second_step
from .views import (
    ActivatePhoneView,
    DeactivatePhoneView,
    account_page,
    admin_login,
    admin_password_change,
    start_page,
    too_many_attempts,
)

__all__ = [
    "SETUP_VIEWS",
    "ActivatePhoneView",
    "DeactivatePhoneView",
    "account_page",
    "admin_login",
    "admin_password_change",
    "end_sessions",
    "reset_second_step",
    "start_page",
    "too_many_attempts",
]

"""How staff sign in: django-allauth's configuration, and the rules for a session.

A password first, then a code from the phone (or a recovery code). A session ends after STAFF_IDLE without activity,
after STAFF_LONGEST in any case, and when its account is disabled or its password changes. Customers have no session:
nothing here runs without the staff cookie.

`session_policy` has the rules for a session, `views` our own pages, `adapters` and `forms` what django-allauth calls.
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

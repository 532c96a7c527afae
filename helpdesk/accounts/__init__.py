"""How staff sign in: what django-allauth is told, and what holds while a session lasts.

A password first, then a code from one's phone (or a recovery code). A session ends after STAFF_IDLE without a sign of
life, after STAFF_LONGEST in any case, and when its account is disabled or its password changes. Customers have no
session: nothing here is reached without the cookie of staff.

`lasting` holds a session's rules, `addresses` are the pages of our own, `adapters` and `forms` are what django-allauth
uses.
"""

from .session_policy import SETTING_UP, end_sessions, forget_second_step
from .views import SetUpPhone, TakeOffPhone, admin_door, admin_password, page, start, too_many

__all__ = [
    "SETTING_UP",
    "SetUpPhone",
    "TakeOffPhone",
    "admin_door",
    "admin_password",
    "end_sessions",
    "forget_second_step",
    "page",
    "start",
    "too_many",
]

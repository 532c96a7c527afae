"""Who may do what, at every URL of the site. tests/test_roles.py asserts this table.

A line has a method, routes, and the answer for each role. The last answer, without roles, is for all others:

    GET  desk_case  ->  out sign-in | agent lead root 200 | 404

An answer is a status, or `sign-in` for a redirect to the sign-in. A method that no line has is refused to everybody.
Braces expand: `auth_{user,group}_add` names two routes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from django.urls import URLPattern, get_resolver

# Not signed in: nobody, the customer who owns the session, another customer, another device of the first, and an
# account that was disabled while signed in.
OUT = ("nobody", "owner", "stranger", "guest", "disabled")
# Signed in: `former` is in every group but no longer staff, `staff` is in none. `agent` joined the customer's session,
# and has a call of their own with its case; `colleague` has another call. `root` is a superuser.
STAFF = ("staff", "agent", "colleague", "lead", "editor", "reviewer", "root")
ROLES = (*OUT, "former", *STAFF)
METHODS = {"GET": ["GET"], "POST": ["POST"], "BOTH": ["GET", "POST"]}
SHORT = {"out": OUT, "outside": (*OUT, "former"), "own": ("owner", "guest")}

TABLE = """
# Customers' pages: the session is its owner's, whoever else one may be.
GET  home search contact join product picture follow_up    -> 200
POST begin join missed                                     -> 303
POST follow_up                                             -> 422
GET  resume_typed follow_up_typed                          -> 301
GET  resume                                                -> own 302 | 404
GET  help case step remark steps told                      -> own 200 | 404
GET  news                                                  -> own 302 | 404
POST help case step back restart remark end_join           -> own 303 | 404
POST offer device                                          -> own 200 | 404
POST feedback                                              -> own 422 | 404

# How staff sign in. The phone and the codes of somebody who has none, and who signed in long ago, lead elsewhere.
GET  mfa_index                                             -> out sign-in | 200
GET  account_start                                         -> out sign-in | 302
BOTH account_login                                         -> out 200 | 302
GET  account_logout                                        -> out sign-in | 200
POST account_logout                                        -> sign-in
BOTH account_reauthenticate account_change_password        -> out sign-in | 200
BOTH mfa_authenticate mfa_reauthenticate                   -> out sign-in | 302
BOTH mfa_activate_totp mfa_generate_recovery_codes         -> out sign-in | 302
BOTH mfa_deactivate_totp                                   -> out sign-in | 404
GET  mfa_view_recovery_codes mfa_download_recovery_codes   -> out sign-in | 404

# The review pages: for reviewers, and for who leads; the queue and the searches for reviewers.
GET  review review_definitions review_stuck review_map     -> out sign-in | lead reviewer root 200 | 404
GET  review_map_data review_sessions review_page           -> out sign-in | lead reviewer root 200 | 404
BOTH review_session                                        -> out sign-in | lead reviewer root 200 | 404
POST review_stuck_words review_export                      -> out sign-in | lead reviewer root 200 | 404
GET  review_queue review_finding review_searches           -> out sign-in | reviewer root 200 | 404
BOTH review_take_up                                        -> out sign-in | reviewer root 200 | 404
POST review_finding                                        -> out sign-in | reviewer root 422 | 404
POST review_close review_reopen                            -> out sign-in | reviewer root 303 | 404
POST review_searches_add                                   -> out sign-in | root 422 | 404

# The desk: for agents; a session for whom it is in hand, and for who leads, who takes it over before moving it.
GET  desk desk_find                                        -> out sign-in | agent colleague lead root 200 | 404
POST desk_begin desk_join                                  -> out sign-in | agent colleague lead root 303 | 404
GET  desk_call                                             -> out sign-in | agent lead root 302 | 404
GET  desk_case desk_case_open desk_step desk_news          -> out sign-in | agent lead root 200 | 404
POST desk_case_{take,close,reopen}                         -> out sign-in | agent lead root 303 | 404
POST desk_{note,aside,resume,pass,leave,caller}            -> out sign-in | agent lead root 303 | 404
POST desk_case_open desk_{step,back,restart}               -> out sign-in | agent 303 | lead root 409 | 404
POST desk_take                                             -> out sign-in | agent 409 | lead root 303 | 404

# The admin: its doors lead to the one sign-in; its first page is for all staff, and is empty where one has no right.
GET  admin_login login                                     -> out sign-in | former 403 | 302
GET  admin_logout logout                                   -> out sign-in | 200
POST admin_logout logout                                   -> sign-in
GET  admin_password password_change                        -> 302
BOTH index                                                 -> outside sign-in | 200
GET  password_change_done jsi18n                           -> outside sign-in | 200
GET  autocomplete                                          -> outside sign-in | 403
BOTH view_on_site admin/(?P<url>.*)$                       -> outside sign-in | 404
BOTH admin/auth/{group,user}/<path:object_id>/             -> outside sign-in | 302
BOTH admin/wizards/{webhook,delivery,picture,node,procedure,wizard,version}/<path:object_id>/ -> outside sign-in | 302
BOTH app_list                                              -> outside sign-in | editor root 200 | 404

# Accounts, and what is sent out: for superusers. A webhook to which something was sent stays, and so does that.
BOTH auth_{user,group}_{changelist,add,history,change}     -> outside sign-in | root 200 | 403
GET  auth_{user,group}_delete                              -> outside sign-in | root 200 | 403
POST auth_{user,group}_delete                              -> outside sign-in | root 302 | 403
BOTH auth_user_password_change                             -> outside sign-in | root 200 | 403
BOTH wizards_webhook_{changelist,add,history,change}       -> outside sign-in | root 200 | 403
GET  wizards_webhook_delete                                -> outside sign-in | root 200 | 403
POST wizards_webhook_delete                                -> outside sign-in | 403
BOTH wizards_delivery_{changelist,history}                 -> outside sign-in | root 200 | 403
GET  wizards_delivery_change                               -> outside sign-in | root 200 | 403
POST wizards_delivery_change                               -> outside sign-in | root 302 | 403
BOTH wizards_delivery_{add,delete}                         -> outside sign-in | 403

# Editing: for editors. Who sends no revision deletes nothing, and is shown the page again.
BOTH wizards_{node,procedure,wizard}_{changelist,add,history,change} -> outside sign-in | editor root 200 | 403
GET  wizards_{node,procedure,wizard}_delete                -> outside sign-in | editor root 200 | 403
POST wizards_{node,procedure,wizard}_delete                -> outside sign-in | editor root 302 | 403
BOTH wizards_{picture,version}_{changelist,history}        -> outside sign-in | editor root 200 | 403
GET  wizards_{picture,version}_change                      -> outside sign-in | editor root 200 | 403
POST wizards_{picture,version}_change                      -> outside sign-in | 403
BOTH wizards_{picture,version}_add wizards_version_delete  -> outside sign-in | 403
GET  wizards_picture_delete                                -> outside sign-in | editor root 200 | 403
POST wizards_picture_delete                                -> outside sign-in | editor root 302 | 403
BOTH wizards_markdown                                      -> outside sign-in | editor root 200 | 403
POST wizards_look wizards_procedure_look                   -> outside sign-in | editor root 200 | 403
GET  wizards_wizard_{map,graph,panel,symptom}              -> outside sign-in | editor root 200 | 403
POST wizards_wizard_{delete_node,retarget,behind}          -> outside sign-in | editor root 303 | 403
BOTH wizards_wizard_check                                  -> outside sign-in | editor root 200 | 403
GET  wizards_wizard_{publish,versions,compare,export,import,previews,restore} -> outside sign-in | editor root 200 | 403
GET  wizards_wizard_choose                                 -> outside sign-in | editor root 302 | 403
POST wizards_wizard_{publish,import}                       -> outside sign-in | editor root 422 | 403
POST wizards_wizard_restore                                -> outside sign-in | editor root 409 | 403
POST wizards_wizard_archive                                -> outside sign-in | editor root 302 | 403
POST wizards_wizard_preview                                -> outside sign-in | editor root 303 | 403
GET  wizards_{wizard,node}_actions                         -> outside sign-in | editor root 302 | 403
POST wizards_wizard_actions                                -> outside sign-in | editor root 302 | 403
POST wizards_node_actions                                  -> outside sign-in | editor root 307 | 403
"""

Table = dict[str, dict[str, dict[str, str]]]


def table(text: str = TABLE) -> Table:
    """Parse the table to route -> method -> role -> answer; raise ValueError for a route that is named twice."""
    found: Table = {}
    for line in text.strip().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        names, _, answer = line.partition(" -> ")
        taken, *words = names.split()
        for name, method in product([each for word in words for each in spelled(word)], METHODS[taken]):
            if method in found.setdefault(name, {}):
                raise ValueError(f"{method} {name} stands twice in the table.")
            found[name][method] = answers(answer)
    return found


def spelled(word: str) -> list[str]:
    """Expand the braces of a word."""
    parts = [part.split(",") for part in re.split(r"[{}]", word)]
    return ["".join(each) for each in product(*parts)]


def answers(text: str) -> dict[str, str]:
    """Parse the right side of a line to role -> answer."""
    *some, rest = [part.split() for part in text.split("|")]
    found = dict.fromkeys(ROLES, rest[0])
    for *names, answer in some:
        found |= {role: answer for name in names for role in SHORT.get(name, (name,))}
    return found


def methods() -> dict[str, str]:
    """Return route -> the methods that it takes, as the Allow header names them."""
    allow = {"GET": "GET, HEAD", "POST": "POST"}
    return {name: ", ".join(allow[each] for each in sorted(answers)) for name, answers in table().items()}


def every_route() -> Iterator[tuple[str, str]]:
    """Yield the name and pattern of every route of the site. A route without a name goes by its pattern."""
    return _routes(get_resolver().url_patterns)


def _routes(entries: Any, before: str = "") -> Iterator[tuple[str, str]]:
    for entry in entries:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield entry.name or pattern, pattern
        else:
            yield from _routes(entry.url_patterns, pattern)

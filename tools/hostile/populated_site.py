"""A site that people live in: every form was filled in by somebody, with whatever words the test wants typed.

site = Lived(lambda field, longest: "some words")     field: "form.name" or "Part.name" of a wizard's document
site.clients["agent"]                                  a browser for each of ROLES
site.said["remark.words"]                              what was typed into it
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from unittest import mock

from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings
from PIL import Image

from tests.admin.forms.editing import Form, address
from tests.graphs import TOY, graph
from tests.support.walking import work
from wizards import flow
from wizards.flow.fields import MAX_LINE, MAX_TEXT, Line, Part
from wizards.models import Case, Delivery, Finding, HandoffCode, Session, Webhook, Wizard
from wizards.support import join_codes
from wizards.support.delivery import follow_up_links

ROLES = ("nobody", "owner", "other", "guest", "agent", "lead", "editor", "reviewer", "superuser")
STAFF = ROLES[4:]
DESK = ("view_call", "add_call", "change_call", "view_case", "change_case")
GROUPS = {
    "agents": DESK,
    "leads": (*DESK, "view_handling", "view_session", "view_words"),
    "reviewers": (
        *("view_session", "view_words", "view_search", "view_finding", "add_finding", "change_finding"),
        "view_disclosure",
    ),
}
MEMBERS = {"agent": "agents", "lead": "leads", "editor": "editors", "reviewer": "reviewers"}
LONGEST = {"words": 2_000, "note": 2_000, "closing_note": 2_000, "other": 2_000, "caller": 200, "contact": 200}
LONGEST |= {"q": 200, "missed": 200, "first_name": 150, "last_name": 150, "name": 80}
PICTURE = "lights"
STRANDED = ("list", "old", "confirm", "next", "failed", "none")

NUMBERS = count(100)
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]

Say = Callable[[str, int], str]


class Lived:
    """The site after a busy day: `codes` are the sessions by what happened in them, `mails` what was sent."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.said: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.mails: list[Any] = []
        self.hooked: list[str] = []
        self.clients = {role: Client() for role in ROLES}
        with override_settings(PASSWORD_HASHERS=QUICK):
            self._people()
        self._webhook()
        self._edited()
        self._customers()
        self._calls()
        self._cases()
        self._reviewed()

    def say(self, field: str, longest: int = 0) -> str:
        """Return what is typed into a field, and remember it."""
        longest = longest or LONGEST.get(field.rpartition(".")[2], 200)
        self.said[field] = self._say(field, longest)[:longest].strip()
        return self.said[field]

    def post(self, role: str, place: str, statuses: tuple[int, ...] = (302, 303), /, **form: Any) -> Any:
        """Send a form as somebody; hold that it was taken."""
        response = self.clients[role].post(place, form)
        assert response.status_code in statuses, (role, place, response.status_code, response.content[:2000].decode())
        return response

    def _people(self) -> None:
        every = Permission.objects.filter(content_type__app_label="wizards")
        for name, rights in GROUPS.items():
            Group.objects.get_or_create(name=name)[0].permissions.add(*every.filter(codename__in=rights))
        hidden = ("version", "session", "event", "words")
        Group.objects.get_or_create(name="editors")[0].permissions.add(*every.exclude(content_type__model__in=hidden))
        for role in STAFF:
            user = User.objects.create_user(role, password=f"password of {role} 1", is_staff=True)
            user.is_superuser = role == "superuser"
            user.first_name, user.last_name = self.say(f"{role}.first_name"), self.say(f"{role}.last_name")
            user.save()
            if role in MEMBERS:
                user.groups.add(Group.objects.get(name=MEMBERS[role]))
            self.post(role, "/account/login/", login=user.username, password=self.secret(role, f"password of {role} 1"))
        self.post("superuser", "/admin/auth/group/add/", name=self.say("group.name", 150))

    def secret(self, name: str, value: str) -> str:
        """Remember something that nobody else may learn; return it."""
        self.secrets[name] = value
        return value

    def _webhook(self) -> None:
        said = {"name": self.say("webhook.name"), "url": "https://hooks.example.org/cases", "active": "on"}
        self.post("superuser", "/admin/wizards/webhook/add/", (200, 302), **said)
        self.secret("webhook", Webhook.objects.get().secret)

    def _edited(self) -> None:
        """Import a wizard, give a step a picture, publish, change it, publish again, preview, and change it again."""
        document = worded(graph(*TOY), self)
        file = SimpleUploadedFile("toy.json", json.dumps(document.plain()).encode())
        shown = self.post("editor", "/admin/wizards/wizard/import/", (200,), file=file)
        asked = {"take_over": "", "file": document.content_hash(), "seen": shown.context["seen"]}
        self.post("editor", "/admin/wizards/wizard/import/", **asked)
        self.wizard = Wizard.objects.get(slug="toy")
        step = Form(self.clients["editor"], address(self.wizard.procedures.get(key="press")))
        step["steps-0-picture_alt"] = self.say("editor.picture_alt", MAX_LINE)
        assert step.save(**{"steps-0-upload": SimpleUploadedFile("a.png", png(), "image/png")}).status_code == 302
        self._publish("first")
        question = Form(self.clients["editor"], address(self.wizard.nodes.get(key="q")))
        question["title"] = self.say("editor.title", MAX_LINE)
        assert question.save().status_code == 302
        self._publish("second")
        preview = self.post("editor", f"/admin/wizards/wizard/{self.wizard.pk}/preview/q/")
        self.codes["preview"] = preview["Location"].split("/")[2]
        question = Form(self.clients["editor"], address(self.wizard.nodes.get(key="q")))
        question["text"] = self.say("editor.text", MAX_TEXT)
        assert question.save().status_code == 302

    def _publish(self, which: str) -> None:
        place = f"/admin/wizards/wizard/{self.wizard.pk}/publish/"
        seen = self.clients["editor"].get(place).context["form"]["seen"].value()
        self.post("editor", place, note=self.say(f"{which}.note", 500), seen=seen)

    def begin(self, role: str, name: str, *answers: str) -> str:
        """Begin a session as somebody, by what they searched for, and answer; return its code."""
        self.clients[role].get("/search/", {"q": self.say("search.q")})
        place = self.post(role, "/begin/toy/s/", q=self.said["search.q"])["Location"]
        self.codes[name] = code = place.split("/")[2]
        self.walk(role, code, *answers)
        return code

    def walk(self, role: str, code: str, *answers: str) -> None:
        for answer in answers:
            self.post(role, self.at(code), answer=answer)

    def at(self, code: str, part: str = "") -> str:
        """Return the address of the page at which a session stands, or of a part of it."""
        return f"/s/{code}/{Session.objects.get(code=code).count}/{part}"

    def _customers(self) -> None:
        mid = self.begin("owner", "mid", "no")
        self.post("owner", self.at(mid, "remark/"), words=self.say("remark.words"))
        self.walk("owner", mid, "next")
        self.post("owner", self.at(mid, "back/"))
        self.post("owner", f"/s/{mid}/help/")
        solved = self.begin("owner", "solved", "no", "next", "worked")
        self.post("owner", self.at(solved, "feedback/"), helped="no", words=self.say("feedback.words"))
        self.post("other", "/search/missed/", q=self.say("search.missed"))
        self.begin("other", "others", "list")
        device = join_codes.create(Session.objects.get(code=mid), HandoffCode.For.DEVICE)
        self.post("guest", "/join/", code=self.secret("device code", device))
        waiting = f"{self.say('case.contact', 180)} 020 7946 0000"  # with what support can call
        for name, contact in (("case", f"anna{len(self.said)}@example.org"), ("waiting", waiting)):
            code = self.begin("owner", name, *STRANDED)
            said = self.said["address"] = contact
            self.post("owner", f"/s/{code}/case/", contact=said, words=self.say("case.words"))

    def _calls(self) -> None:
        self.clients["agent"].get("/desk/find/", {"q": self.say("desk.q")})
        form = {"way": "toy/s", "caller": self.say("desk.caller"), "once": "abc", "q": self.said["desk.q"]}
        self.codes["call"] = call = self.post("agent", "/desk/begin/", **form)["Location"].split("/")[2]
        self.post("agent", f"/desk/{call}/1/", answer="list")
        self.post("agent", f"/desk/{call}/note/", words=self.say("desk.words"), number="2")
        joined = self.begin("other", "joined", "no")
        code = join_codes.create(Session.objects.get(code=joined), HandoffCode.For.AGENT)
        self.post("agent", "/desk/join/", code=self.secret("agent code", code))
        self.codes["agents case"] = stuck = self.post(
            "agent", "/desk/begin/", way="toy/s", caller=self.say("case.caller"), once="def"
        )["Location"].split("/")[2]
        for answer in STRANDED:
            self.post("agent", f"/desk/{stuck}/{Session.objects.get(code=stuck).count}/", answer=answer)
        said = {"contact": self.say("agents_case.contact"), "words": self.say("agents_case.words")}
        self.post("agent", f"/desk/{stuck}/case/", **said)
        self.codes["aside"] = aside = self.post(
            "lead", "/desk/begin/", way="toy/s", caller=self.say("aside.caller"), once="ghi"
        )["Location"].split("/")[2]
        self.post("lead", f"/desk/{aside}/aside/")

    def _cases(self) -> None:
        """Close a case, so that the customer gets a mail, and let them say that it came back."""
        case = Case.objects.get(session__code=self.codes["case"])
        self.post("agent", f"/desk/cases/{case.pk}/take/")
        self.post("agent", f"/desk/cases/{case.pk}/close/", other=self.say("close.other"), works="yes")
        self.deliver()
        closed = Delivery.objects.filter(case=case, event="case.closed").exclude(address="").get()
        self.follow_up = {"secret": self.secret("follow-up", follow_up_links.make_secret(closed.pk)), "said": "back"}
        self.post("owner", f"/case/{self.codes['case']}/", (200,), **self.follow_up)
        self.deliver()
        own = Case.objects.get(session__code=self.codes["agents case"])
        self.post("agent", f"/desk/cases/{own.pk}/close/", cause="why/old", other=self.say("agents.other"), works="no")

    def deliver(self) -> None:
        """Send what waits: the mails to `mails`, what goes to webhooks to `hooked`."""

        def take(url: str, body: bytes, *_: Any) -> int:
            self.hooked.append(body.decode())
            return 200

        with mock.patch("wizards.support.delivery.http_client.post", take):
            work()
        self.mails = list(mail.outbox)

    def _reviewed(self) -> None:
        place = "/review/queue/new/?wizard=toy&node=q"
        self.post("reviewer", place, note=self.say("finding.note"), assignee=User.objects.get(username="reviewer").pk)
        self.post("reviewer", f"/review/queue/new/?session={self.codes['mid']}", note=self.say("second.note"))
        self.post("reviewer", f"/review/sessions/{self.codes['mid']}/", (200, 302, 303))
        first = Finding.objects.order_by("pk").first()
        asked = {"version": 2, "closing_note": self.say("finding.closing_note"), "revision": first.revision}
        self.post("reviewer", f"/review/queue/{first.pk}/close/", **asked)


@contextlib.contextmanager
def once(blocker: Any) -> Iterator[None]:
    """Let a fixture of a whole module write to the database, and take it all back at the end."""
    with blocker.unblock():
        mail.outbox = []
        with transaction.atomic():
            yield
            transaction.set_rollback(True)


def worded(part: Any, site: Lived) -> Any:
    """Return a part of a document with words in every field for words; ids, references and numbers stay."""
    changes: dict[str, Any] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if name == "sources" and isinstance(part, flow.Document):
            value = (flow.document.Source(id="F1"),)
        if isinstance(value, Part):
            changes[name] = worded(value, site)
        elif isinstance(value, tuple) and any(isinstance(each, Part) for each in value):
            changes[name] = tuple(worded(each, site) for each in value)
        elif name == "picture":
            changes[name] = worded(flow.procedures.Picture(name=PICTURE, alt=""), site)
        elif is_words(field) and (value or name != "erases"):
            longest = (
                MAX_TEXT if any(getattr(each, "max_length", 0) == MAX_TEXT for each in field.metadata) else MAX_LINE
            )
            # No two labels of a list may be alike.
            said = f"{site.say(f'{type(part).__name__}.{name}', longest - 5)} {next(NUMBERS)}"
            changes[name] = (said,) if isinstance(value, tuple) else said
    return type(part).model_validate(part.model_dump() | {k: _plain(v) for k, v in changes.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.model_dump()
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def is_words(field: Any) -> bool:
    """Return whether a field of a document holds words: a text without a pattern, or a list of such."""
    return field.annotation in (str, tuple[Line, ...]) and not any(
        getattr(each, "pattern", None) for each in field.metadata
    )


def png() -> bytes:
    """Return a small picture as a file."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "#808080").save(file, "PNG")
    return file.getvalue()


def cookies_of(client: Client) -> dict[str, str]:
    """Return the cookies that a browser would send."""
    return {name: morsel.value for name, morsel in client.cookies.items() if morsel.value}

"""What happened on yesterday's site, told with yesterday's code: `make.py` runs this file in a checkout of it.

It drives the site as people do, by its pages and its commands, from 2 November 2026 to MOMENT, and writes down what
the tests need to go on from there: cookies, pages that stand open, codes, secrets, and what was true at that moment.

Run: ENV_FILE=... DATABASE_URL=... python builder.py MANIFEST [--partitioned]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

MOMENT = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
PASSWORD = "a made-up quiet afternoon"

# Three ways to come to no solution, one for each wizard: (wizard, symptom, answers).
LOST = {
    "zosi-camera": ("connection", "network-down", "blocked", "not-sure"),
    "hikvision-camera": ("second-hand", "not-sure", "out-of-reach", "neither"),
    "hikvision-watch-code": ("not-accepted", "none", "support"),
}


class Site:
    """Yesterday's site while it is made. `told` is what the tests are told of it."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.told: dict[str, Any] = {
            "moment": MOMENT.isoformat(),
            "password": PASSWORD,
            "phones": {},
            "recovery_codes": {},
            "open": {},
            "ended": {},
            "staff": {},
            "cases": {},
            "codes": {},
            "forms": {},
        }
        self.staff: dict[str, Any] = {}
        self.people: dict[str, Any] = {}

    # --- Time ---------------------------------------------------------------------------------------------------------

    def at(self, words: str) -> None:
        """Let it be a moment in November 2026, in UTC: "25 10:30"."""
        self.clock.move_to(datetime.strptime(f"2026-11-{words} +0000", "%Y-%m-%d %H:%M %z"))

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.clock.shift(timedelta(**span))

    # --- Customers ------------------------------------------------------------------------------------------------

    def person(self, name: str = "") -> Any:
        """Return a new browser of somebody, who is found again by this name."""
        from browser import Browser

        made = Browser(f"198.51.100.{len(self.people) + 1}")
        self.people[name or f"somebody {len(self.people)}"] = made
        return made

    def walk(self, browser: Any, wizard: str, symptom: str, *answers: str) -> Any:
        """Begin a session from a product's page, and give these answers, ten seconds for each."""
        browser.open(f"/w/{wizard}/")
        browser.press(action=f"/begin/{wizard}/{symptom}/")
        self.answer(browser, *answers)
        return browser

    def answer(self, browser: Any, *answers: str) -> None:
        """Give answers on the page that is open and on those that follow."""
        for given in answers:
            self.wait(seconds=10)
            browser.press(answer=given)
            assert browser.page["status"] == 200, browser.page

    def open_session(self, name: str, browser: Any) -> None:
        """Tell of a session that is open: the browser, as it stands now."""
        self.told["open"][name] = self.session_of(browser)

    def ended_session(self, name: str, browser: Any) -> None:
        """Tell of a session that came to its end."""
        self.told["ended"][name] = self.session_of(browser)

    def session_of(self, browser: Any) -> dict[str, Any]:
        """Return what is known of the session whose page is open."""
        code = re.match(r"/(?:s|desk)/(\w{12})/", browser.page["address"])[1]
        return {"code": code, "browser": browser.state()}

    def lost(self, name: str, wizard: str) -> Any:
        """Let somebody come to no solution."""
        symptom, *answers = LOST[wizard]
        return self.walk(self.person(name), wizard, symptom, *answers)

    def send_case(self, browser: Any, contact: str, words: str) -> int:
        """Send to support what somebody tried; return the case's number."""
        from wizards.models import Case

        code = self.session_of(browser)["code"]
        browser.open(f"/s/{code}/case/")
        browser.press(contact=contact, words=words)
        case = Case.objects.get(session__code=code)
        assert str(case.pk) in browser.page["text"], browser.page
        return case.pk

    def session_of_case(self, number: int) -> str:
        """Return the code of a case's session."""
        from wizards.models import Case

        return Case.objects.get(pk=number).session.code

    def mailed_secret(self, name: str) -> str:
        """Return the secret of the mail that a customer got about their closed case."""
        from django.core import mail

        body = next(each.body for each in mail.outbox if each.to == [f"{name.replace(' ', '.')}@example.net"])
        return re.search(r"#([2-9a-z]{16})", body)[1]

    # --- Staff ----------------------------------------------------------------------------------------------------

    def hire(self, name: str, *groups: str, **fields: Any) -> None:
        """Make an account."""
        from django.contrib.auth.models import Group, User

        user = User.objects.create_user(
            name, f"{name}@example.org", PASSWORD, is_staff=True, first_name=name.title(), last_name="Example", **fields
        )
        user.groups.set(Group.objects.get(name=each) for each in groups)

    def sign_in(self, name: str) -> Any:
        """Sign somebody in with password and phone; the first time, they set the phone up."""
        from browser import Browser, totp

        browser = self.staff[name] = Browser(f"203.0.113.{len(self.told['phones']) + 1}")
        self.wait(seconds=31)  # each code works once
        browser.open("/account/login/")
        browser.press(login=name, password=PASSWORD)
        if browser.page["address"].startswith("/account/login/code/"):
            self.told["code used last"] = {"name": name, "code": totp(self.told["phones"][name])}
            browser.press(code=self.told["code used last"]["code"])
        else:
            self.told["phones"][name] = self.key_shown(browser)
            browser.press(code=totp(self.told["phones"][name]))
            codes = browser.open("/account/codes/")["text"]
            self.told["recovery_codes"][name] = re.findall(r"\b(\d{4} \d{4})\b", codes)
        assert browser.open("/account/")["address"] == "/account/", browser.page
        return browser

    def key_shown(self, browser: Any) -> str:
        """Return the key of a new phone that a page shows."""
        assert browser.page["address"] == "/account/phone/", browser.page
        return re.search(r"type this key: ([A-Z2-7]{16,})", browser.page["text"])[1]

    def staff_stands(self, name: str) -> None:
        """Tell of a member of staff: their browser as it stands now."""
        self.told["staff"][name] = self.staff[name].state()

    def run(self, *command: str) -> str:
        """Run a command of the site; return what it printed."""
        from django.core.management import call_command

        said = io.StringIO()
        call_command(*command, stdout=said)
        return said.getvalue()


# --- The story ----------------------------------------------------------------------------------------------------


def tell(site: Site, checkout: Path, hook: Any, partitioned: bool) -> None:
    """Let everything happen."""
    from wizards.models import Wizard

    beginnings(site, checkout, hook)
    first_versions(site)
    later_versions(site, checkout)
    if partitioned:
        site.run("partition_log", "--width", "40")
    old_cases(site, hook)
    reviewing(site)
    this_morning(site)
    just_now(site)
    site.at("25 10:30")
    site.told["wizards"] = {
        each.slug: {"number": each.current.number, "hash": each.current.content_hash}
        for each in Wizard.objects.select_related("current")
    }


def beginnings(site: Site, checkout: Path, hook: Any) -> None:
    """Make accounts, load the wizards, and set phones up: one before the key was changed, the others after."""
    from browser import Browser
    from django.conf import settings
    from django.test import override_settings

    site.at("02 08:00")
    site.run("migrate", "--verbosity=0")
    for name, group in {"edith": "editors", "ezra": "editors", "amir": "agents", "bea": "agents"}.items():
        site.hire(name, group)
    for name, group in {"carl": "agents", "nina": "agents", "lena": "leads", "ravi": "reviewers"}.items():
        site.hire(name, group)
    site.hire("ada", is_superuser=True)
    site.run("load_wizards", str(checkout / "fixtures"))
    older = settings.SECRET_KEY_FALLBACKS[0]
    with override_settings(SECRET_KEY=older, SECRET_KEY_FALLBACKS=[]):
        site.at("02 09:00")
        site.sign_in("bea")
    site.at("02 10:00")
    ada = site.sign_in("ada")
    ada.open("/admin/wizards/webhook/add/")
    ada.press(name="Ticket system", url=hook.url, active="on", _save="Save")
    site.told["webhook_secret"] = hook.secret = re.search(r"whsec_[\w+/=]+", ada.page["text"])[0]
    ada.open("/admin/wizards/webhook/add/")
    ada.press(name="Old pager", url=f"{hook.url}/gone", active="on", _save="Save")
    for name in ("carl", "ezra", "ravi"):
        site.sign_in(name)
    lost = Browser("203.0.113.79")  # has no phone at hand
    lost.open("/account/login/")
    lost.press(login="ezra", password=PASSWORD)
    lost.press(code=site.told["recovery_codes"]["ezra"][0])
    assert lost.open("/account/")["address"] == "/account/", lost.page


def first_versions(site: Site) -> None:
    """Let sessions begin on the first versions: three of them stay open."""
    site.at("03 09:00")
    site.run("make_sessions", "90", "--days=20", "--seed=yesterday")
    site.at("04 10:00")
    twice = site.walk(site.person(), "zosi-camera", "reset-does-nothing", "powered", "long", "nothing")
    site.answer(twice, "power", "blocked", "power", "next")
    site.open_session("a cause in its second try", twice)
    step = site.walk(site.person(), "hikvision-camera", "forgot-password", "worth-a-look", "next", "next")
    site.open_session("a step of the first version", step)
    tried = site.walk(site.person(), "hikvision-watch-code", "not-accepted", "typing", "next", "failed")
    site.open_session("a list with a cause tried", tried)
    ended = site.walk(site.person(), "hikvision-watch-code", "what-is-it", "warranty")
    site.ended_session("advice", ended)
    site.at("04 23:00")
    site.run("roll_up")


def later_versions(site: Site, checkout: Path) -> None:
    """Change the wizards as editors do: by the admin's forms, by a file, with a picture; and let people walk them."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    from wizards.models import Picture, Procedure, Wizard

    site.at("09 09:00")
    edith = site.sign_in("edith")
    edit(edith, "zosi-camera", "can-reach", title="Can you reach the camera by hand?")
    publish(edith, "zosi-camera", "Clearer question")
    edit(edith, "hikvision-watch-code", "have-code", title="Do you have it at hand?")
    publish(edith, "hikvision-watch-code", "Clearer question")
    photo = io.BytesIO()
    Image.new("RGB", (48, 32), "teal").save(photo, "PNG")
    procedure = Procedure.objects.get(key="zosi-check-button")
    edith.open(f"/admin/wizards/procedure/{procedure.pk}/change/")
    upload = next(name for form in edith.page["forms"] for name in form["files"] if name.startswith("steps-0-"))
    alt = next(name for name in edith.page["forms"][-1]["fields"] if re.fullmatch(r"steps-0-\w*alt", name))
    picture = SimpleUploadedFile("photo.png", photo.getvalue(), "image/png")
    edith.press(**{upload: picture, alt: "The button, from the side", "_save": "Save"})
    publish(edith, "zosi-camera", "A photo of the button")
    site.told["picture"] = Picture.objects.get().url
    site.at("10 11:00")
    edith = site.sign_in("edith")
    file = (checkout / "fixtures" / "hikvision-camera.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^title: .*$", "title: Hikvision IP camera", file, count=1)
    edith.open("/admin/wizards/wizard/import/")
    edith.press(file=SimpleUploadedFile("hikvision-camera.yaml", changed.encode(), "application/yaml"))
    edith.press(take_over="yes")
    assert edith.page["status"] == 200, edith.page
    publish(edith, "hikvision-camera", "A longer title")
    assert sorted(Wizard.objects.values_list("current__number", flat=True)) == [2, 2, 3]

    site.at("12 15:00")
    site.open_session("a question", site.walk(site.person(), "hikvision-camera", "forgot-password", "lost"))
    site.open_session("a picture", site.walk(site.person(), "zosi-camera", "button-trouble", "feels-wrong"))
    done = ("worth-a-look", "next", "next", "next", "worked")
    solved = site.walk(site.person(), "hikvision-camera", "forgot-password", *done)
    solved.press(helped="yes", words="It was in my made-up notebook.")
    site.ended_session("solved, and it helped", solved)
    site.ended_session("not solved", site.lost("unsent", "zosi-camera"))
    erased = site.lost("erased", "zosi-camera")
    erased.press(helped="no", words="My made-up name, which is to be erased.")
    site.told["erased"] = site.session_of(erased)["code"]
    site.run("person", "erase", site.told["erased"])
    site.at("12 23:00")
    site.run("roll_up")


def edit(browser: Any, slug: str, key: str, **values: str) -> None:
    """Change a node of a wizard in the admin."""
    from wizards.models import Node

    node = Node.objects.get(wizard__slug=slug, key=key)
    browser.open(f"/admin/wizards/node/{node.pk}/change/")
    browser.press(**values, _save="Save")
    node.refresh_from_db()
    assert all(getattr(node, name) == value for name, value in values.items()), browser.page


def publish(browser: Any, slug: str, note: str) -> None:
    """Publish a wizard's draft."""
    from wizards.models import Wizard

    wizard = Wizard.objects.get(slug=slug)
    browser.open(f"/admin/wizards/wizard/{wizard.pk}/publish/")
    browser.press(note=note)
    assert browser.page["address"].endswith("/versions/"), browser.page


def old_cases(site: Site, hook: Any) -> None:
    """Let cases be opened, taken, closed and opened again, with all that is sent about them."""
    from wizards.models import Webhook

    site.at("16 09:00")
    amir, bea = site.sign_in("amir"), site.sign_in("bea")
    hook.raw = gone
    numbers = {}
    for name, wizard in (
        ("closed", "zosi-camera"),
        ("followed up", "zosi-camera"),
        ("came back", "hikvision-camera"),
        ("closed by phone", "hikvision-watch-code"),
        ("opened again by an agent", "zosi-camera"),
    ):
        contact = "020 7946 0321" if "phone" in name else f"{name.replace(' ', '.')}@example.net"
        numbers[name] = site.send_case(site.lost(name, wizard), contact, f"These are the made-up words of {name}.")
    site.run("deliver", "--once")
    hook.raw = None
    Webhook.objects.filter(name="Old pager").update(active=False)
    for name, cause in (
        ("closed", "why-no-reset/power"),
        ("followed up", "why-no-reset/button"),
        ("came back", "why-no-answer/conflict"),
        ("closed by phone", ""),
        ("opened again by an agent", ""),
    ):
        agent = bea if "phone" in name else amir
        agent.open(f"/desk/cases/{numbers[name]}/")
        agent.press(action="/take/")
        site.wait(minutes=2)
        agent.press(cause=cause, other="" if cause else "A made-up cable was loose.", works="yes")
        site.told["cases"][name] = {"number": numbers[name], "code": site.session_of_case(numbers[name])}
    site.run("deliver", "--once")
    for name in ("closed", "followed up", "came back"):
        site.told["cases"][name]["secret"] = site.mailed_secret(name)
    site.at("18 12:00")
    for name, said in (("followed up", "works"), ("came back", "back")):
        told, browser = site.told["cases"][name], site.people[name]
        browser.open(f"/case/{told['code']}/")
        browser.press(secret=told["secret"], said=said)
        assert browser.page["heading"] != "Does it still work?", browser.page
    amir = site.sign_in("amir")
    amir.open(f"/desk/cases/{numbers['opened again by an agent']}/")
    amir.press(action="/reopen/")
    site.run("deliver", "--once")
    site.run("roll_up")


def gone(handler: Any) -> None:
    """Answer that the old pager wants no more, and that all is well elsewhere."""
    handler.send_response(410 if handler.path.endswith("/gone") else 204)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def reviewing(site: Site) -> None:
    """Let a reviewer take things up, and close one with the version that mends it."""
    site.at("19 09:00")
    ravi = site.sign_in("ravi")
    ravi.open("/review/queue/new/?wizard=zosi-camera&node=can-reach")
    ravi.press(note="Many people leave here.")
    ravi.press(version="2", closing_note="The question is clearer now.", action="/close/")
    ravi.open("/review/queue/new/?wizard=hikvision-camera&node=password-noted")
    ravi.press(note="Is this the first thing to ask?")
    code = site.told["ended"]["solved, and it helped"]["code"]
    ravi.open(f"/review/queue/new/?session={code}")
    ravi.press(note="A good example.")
    ravi.open(f"/review/sessions/{code}/")
    ravi.press(show="words")
    assert "made-up notebook" in ravi.page["text"], ravi.page
    somebody = site.person()
    somebody.open("/search/?q=the+fridge+hums")
    somebody.press(action="/search/missed/")


def this_morning(site: Site) -> None:
    """Let the day of MOMENT begin: calls, sessions, cases; some of it rolled up and sent."""
    site.at("25 08:55")
    site.sign_in("lena")  # and leaves her desk until MOMENT
    site.at("25 09:00")
    site.open_session("just begun", site.walk(site.person(), "zosi-camera", "factory-reset"))
    site.open_session("before an erasure", site.walk(site.person(), "zosi-camera", "factory-reset", "in-reach"))
    erasing = ("in-reach", "confirm", "next")
    site.open_session("an erasure agreed to", site.walk(site.person(), "hikvision-camera", "start-again", *erasing))
    back = site.walk(site.person(), "hikvision-camera", "cannot-log-in", "refused", "next")
    back.press(action="/back/")
    site.open_session("after going back", back)
    over = site.walk(site.person(), "hikvision-camera", "not-on-network", "several", "next")
    over.press(action="/restart/")
    site.open_session("after starting over", over)
    twice = site.walk(site.person(), "zosi-camera", "reset-does-nothing", "powered", "long", "nothing")
    site.answer(twice, "missed-signs", "blocked", "button", "next", "failed", "missed-signs", "blocked")
    site.open_session("a cause tried twice", twice)
    remark = site.walk(site.person(), "zosi-camera", "connection", "fine")
    here = remark.page["address"]
    remark.open(f"{here}remark/")
    remark.press(words="My made-up camera has two lights.")
    site.open_session("a remark", remark)
    two = site.walk(site.person(), "hikvision-watch-code", "where-is-it", "next")
    site.walk(two, "hikvision-watch-code", "share-access", "give")
    site.open_session("one of two", two)
    earlier = site.walk(site.person(), "hikvision-camera", "forgot-password")
    state = earlier.state()
    site.answer(earlier, "not-sure", "next")
    site.open_session("an earlier page in another tab", earlier)
    site.told["open"]["an earlier page in another tab"]["earlier page"] = state["page"]
    silent = site.walk(site.person(), "hikvision-camera", "forgot-password")
    site.answer(silent, "worth-a-look", "next", "next", "next", "worked")
    site.ended_session("solved, and nothing said", silent)
    asked = site.person()
    asked.open("/search/?q=forgot+the+password")
    asked.press(action="/begin/zosi-camera/forgot-password/")
    site.open_session("found by a search", asked)
    number = site.send_case(site.lost("waiting", "zosi-camera"), "020 7946 0111", "Please call.")
    site.told["cases"]["waiting"] = {"number": number}
    site.run("deliver", "--once")

    site.at("25 09:50")
    site.run("roll_up")
    amir, bea = site.sign_in("amir"), site.sign_in("bea")
    number = site.send_case(site.lost("in hand", "hikvision-camera"), "in.hand@example.net", "Nothing helps.")
    amir.open(f"/desk/cases/{number}/")
    amir.press(action="/take/")
    site.told["cases"]["in hand"] = {"number": number}
    calls = {
        "finished": (amir, "zosi-camera/forgot-password", ("lost",)),
        "aside": (amir, "hikvision-camera/cannot-log-in", ("refused", "next")),
        "passed": (bea, "hikvision-watch-code/forgotten", ("look", "next")),
        "in hand": (amir, "zosi-camera/reset-does-nothing", ("powered", "long", "nothing", "power")),
    }
    for name, (agent, way, answers) in calls.items():
        agent.open(f"/desk/find/?q={way.partition('/')[2].replace('-', '+')}")
        agent.press(way=way, caller=f"Made-up caller {name}")
        for given in answers:
            agent.press(answer=given)
        agent.press(words=f"A made-up note of {name}.", action="/note/")
        site.told["open"][f"call {name}"] = {"code": re.match(r"/desk/(\w{12})/", agent.page["address"])[1]}
    leave(site, amir, "finished", "/leave/")
    leave(site, amir, "aside", "/aside/")
    to = str(user("amir").pk)
    leave(site, bea, "passed", "/pass/", to=to)
    joined = site.walk(site.person("joined"), "hikvision-camera", "not-on-recorder", "not-found", "only-this", "power")
    amir.open("/desk/")
    amir.press(code=offered(joined, "help/code/"), action="/desk/join/")
    amir.press(answer="next")
    joined.open(f"/s/{site.session_of(joined)['code']}/")
    site.open_session("an agent is in it", joined)
    shared = site.walk(site.person("shared"), "zosi-camera", "only-restarts", "confirm")
    device = site.person("device")
    device.open("/join/")
    device.press(code=offered(shared, "device/"))
    site.open_session("from another device", device)


def leave(site: Site, agent: Any, name: str, action: str, **values: str) -> None:
    """Let an agent put a call out of their hand."""
    agent.open(f"/desk/{site.told['open'][f'call {name}']['code']}/")
    agent.press(action=action, **values)
    assert agent.page["address"] == "/desk/", agent.page


def offered(browser: Any, where: str) -> str:
    """Return the code that lets somebody into the session whose page is open, and open that page again."""
    here = browser.page["address"]
    browser.open(f"{here.rsplit('/', 2)[0]}/help/")
    browser.press(action=where)
    code = re.search(r"\b([2-9A-Z]{4} [2-9A-Z]{4})\b", browser.page["text"])[1]
    browser.open(here)
    return code


def just_now(site: Site) -> None:
    """Let the last minutes pass: codes given out, messages that wait, staff at work, an editor in the middle of it."""
    from browser import Browser
    from django.core.files.uploadedfile import SimpleUploadedFile

    from wizards.models import Wizard

    site.at("25 10:05")
    for name in ("amir", "bea"):  # who signed in more than half an hour before MOMENT, and are at work
        site.staff[name].open("/desk/")
    edith, ezra, ada = (site.sign_in(name) for name in ("edith", "ezra", "ada"))
    edit(edith, "zosi-camera", "how-long", title="How long did you press it?")
    zosi = Wizard.objects.get(slug="zosi-camera")
    edith.open(f"/admin/wizards/wizard/{zosi.pk}/preview/")
    edith.press(action=f"/{zosi.pk}/preview/why-no-reset/")
    edith.press(answer="button")
    site.told["preview"] = site.session_of(edith)
    edith.open(f"/admin/wizards/wizard/{zosi.pk}/publish/")
    ezra.open("/admin/wizards/wizard/import/")
    file = site.run("dump_wizard", "hikvision-watch-code").replace("Do you have it at hand?", "Is it at hand?")
    ezra.press(file=SimpleUploadedFile("code.yaml", file.encode(), "application/yaml"))

    site.at("25 10:20")
    site.run("roll_up")
    # Nothing can be sent: twice, so that what waits for its next try waits beyond MOMENT. What comes after that is new.
    last = site.lost("just closed", "zosi-camera")
    number = site.send_case(last, "just.closed@example.net", "The made-up last words.")
    site.told["cases"]["just closed"] = {"number": number, "code": site.session_of_case(number)}
    deliver_in_vain(site)
    site.at("25 10:26")
    deliver_in_vain(site)
    amir = site.staff["amir"]
    amir.open(f"/desk/cases/{number}/")
    amir.press(action="/take/")
    amir.press(cause="why-no-reset/short-hold", other="", works="yes")
    for name, where in (("agent", "help/code/"), ("device", "device/")):
        browser = site.walk(site.person(), "zosi-camera", "reset-does-nothing", "powered")
        site.told["codes"][name] = offered(browser, where)
        site.open_session(f"a code for {'an agent' if name == 'agent' else 'a device'}", browser)
    site.walk(site.person(), "hikvision-camera", "what-after-a-reset", "next")
    pages_with_forms(site)

    carl = site.staff["carl"] = Browser("203.0.113.77")  # typed the password, and looks for the phone
    carl.open("/account/login/")
    carl.press(login="carl", password=PASSWORD)
    nina = site.staff["nina"] = Browser("203.0.113.78")  # is new, and sees the square to scan
    nina.open("/account/login/")
    nina.press(login="nina", password=PASSWORD)
    site.told["phones"]["nina"] = site.key_shown(nina)
    site.at("25 10:28")
    way = "hikvision-camera/second-hand"
    amir.open("/desk/find/?q=second+hand")
    site.told["a call just begun"] = {"page": amir.state()["page"], "way": way}
    amir.press(way=way, caller="Made-up caller just begun")
    site.told["a call just begun"]["code"] = re.match(r"/desk/(\w{12})/", amir.page["address"])[1]
    amir.open(f"/desk/{site.told['open']['call in hand']['code']}/")
    site.staff["bea"].open("/desk/")
    ada.open("/admin/")
    site.at("25 10:29")
    site.sign_in("ravi").open("/review/")
    for name in site.staff:
        site.staff_stands(name)


def pages_with_forms(site: Site) -> None:
    """Let people have pages open on which they type something."""
    typing = site.walk(site.person(), "zosi-camera", "connection", "fine")
    typing.open(f"{typing.page['address']}remark/")
    site.told["forms"]["a remark"] = site.session_of(typing)
    sending = site.lost("sending", "hikvision-watch-code")
    sending.open(f"/s/{site.session_of(sending)['code']}/case/")
    site.told["forms"]["a case"] = site.session_of(sending)
    answering = site.people["closed"]
    answering.open(f"/case/{site.told['cases']['closed']['code']}/")
    site.told["forms"]["a follow-up"] = {"browser": answering.state()}
    joining = site.person()
    joining.open("/join/")
    site.told["forms"]["a code"] = {"browser": joining.state()}


def deliver_in_vain(site: Site) -> None:
    """Let each try to send something fail."""
    from unittest.mock import patch

    away = ConnectionRefusedError(111, "Connection refused")
    with (
        patch("wizards.cases.hooks.posting.post", side_effect=away),
        patch("wizards.cases.mails.EmailMultiAlternatives.send", side_effect=away),
    ):
        site.run("deliver", "--once")


def user(name: str) -> Any:
    """Return an account."""
    from django.contrib.auth.models import User

    return User.objects.get(username=name)


# --- What is true in the end --------------------------------------------------------------------------------------


def facts() -> dict[str, Any]:
    """Return what is true of the site at MOMENT."""
    from django.apps import apps
    from django.core.management import get_commands
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder
    from django.db.models import Sum
    from django_tasks_db.models import DBTaskResult

    from wizards.models import Case, DayTally, Delivery, Session

    ended = ("begun", "solved", "unsolved", "advice")
    sums = DayTally.objects.filter(span="month").aggregate(**{name: Sum(name) for name in ended})
    return {
        "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
        "rows": {each._meta.db_table: each._default_manager.count() for each in apps.get_models()},
        "commands": sorted(name for name, app in get_commands().items() if app in ("wizards", "helpdesk")),
        "tallied": sums,
        "tasks": {each["status"]: each["n"] for each in _counted(DBTaskResult, "status")},
        "deliveries": {each["state"]: each["n"] for each in _counted(Delivery, "state")},
        "waiting": [str(pk) for pk in Delivery.objects.filter(state="waiting").values_list("pk", flat=True)],
        "open_cases": sorted(Case.objects.filter(closed_at=None).values_list("pk", flat=True)),
        "sessions": {each.code: _session(each) for each in Session.objects.order_by("pk")},
    }


def _counted(model: Any, name: str) -> Any:
    from django.db.models import Count

    return model._default_manager.order_by().values(name).annotate(n=Count("pk"))


def _session(session: Any) -> list[Any]:
    """Return how a session stands: [status, node, cause, step, tried, its log as one line]."""
    log = [f"{each.kind} {each.answer or each.to or ''}".strip() for each in session.events.order_by("number")]
    return [session.status, session.node, session.cause, session.step, session.tried, ", ".join(log)]


def main(arguments: list[str]) -> None:
    """Make the site in the database of DATABASE_URL, and write the manifest."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--partitioned", action="store_true", help="lay the log out in partitions (PostgreSQL)")
    chosen = parser.parse_args(arguments)
    checkout = Path.cwd()
    sys.path.insert(0, str(checkout))
    os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
    with time_machine.travel(MOMENT - timedelta(days=23), tick=True) as clock:
        import django
        from django.test.utils import setup_test_environment

        django.setup()
        setup_test_environment()
        from tests.cases.receivers import hook_server

        site = Site(clock)
        with hook_server() as hook:
            tell(site, checkout, hook, chosen.partitioned)
        site.run("audit_log")
        site.told |= facts()
    chosen.manifest.write_text(json.dumps(site.told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

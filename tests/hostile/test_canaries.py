"""Secrets and personal words, planted through every form, turn up where they belong and nowhere else."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client, override_settings
from django.urls import get_resolver
from gunicorn.config import Config

from helpdesk.observability.gunicorn_logging import GunicornLogger
from helpdesk.ratelimit import limiter
from tests.accounts.signing_in import code_of, set_up
from tests.visitor import rows
from tools.hostile.populated_site import QUICK, STRANDED, Lived, once
from tools.hostile.targets import Ground
from wizards import journal, publishing

pytestmark = pytest.mark.django_db

# What editors write is for everybody; so are the names by which staff are known.
PUBLIC = re.compile(r"^[A-Z]|^editor\.|^(first|second)\.note$|_name$|^group\.|^webhook\.name$")
# The words of a search stand in the address of what it finds, as with every search.
SEARCHED = re.compile(r"\.(q|missed)$")
TOKEN = "a-token-for-the-figures-of-these-tests"
NEW_PASSWORD = "kanarie new password 77"


class Everything(logging.Handler):
    """Keeps all that is logged at any level, with the traces of exceptions."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record) + repr(getattr(record, "args", "")))


class Watched:
    """A site that was lived in under watch: what was planted, and what was seen of it where it should not be."""

    def __init__(self, log: Everything, keys: set[str]) -> None:
        self.log, self.keys = log, keys
        numbers = count(100)
        publishing.document_of.cache_clear()
        self.addresses: list[str] = []
        self.site = Lived(lambda field, longest: f"kanarie{next(numbers)}x")
        self.secrets = dict(self.site.secrets)
        with override_settings(PASSWORD_HASHERS=QUICK):
            self._sign_in_in_every_way()
            self._make_mistakes()
        for client in self.site.clients.values():
            self.secrets |= {f"cookie {id(client)} {name}": one.value for name, one in client.cookies.items()}
        self.words = {name: said for name, said in self.site.said.items() if not PUBLIC.search(name) and said}
        self.counted = [str(held) for held in vars(limiter._limiter().storage).values()]
        self.planted = {name: each for name, each in (self.words | self.secrets).items() if len(each) > 5}

    def _sign_in_in_every_way(self) -> None:
        client = self.site.clients["lead"]
        key, recovery = set_up(client)
        self.secrets |= {"phone": key, "phone code": code_of(key)}
        self.secrets |= {f"recovery {number}": code for number, code in enumerate(recovery)}
        old = self.secrets["lead"]
        self.secrets["new password"] = NEW_PASSWORD
        form = {"oldpassword": old, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        assert client.post("/account/password/", form).status_code == 302
        fresh = Client()
        assert fresh.post("/account/login/", {"login": "lead", "password": NEW_PASSWORD}).status_code == 302
        assert fresh.post("/account/login/code/", {"code": recovery[0]}).status_code == 302
        self.site.clients["lead again"] = fresh

    def _make_mistakes(self) -> None:
        """Do what people do by mistake: type a password for a name, a code that is wrong, words where none belong."""
        mistake = self.secrets["typed by mistake"] = "kanarie-mistaken-password"
        Client().post("/account/login/", {"login": mistake, "password": "x"})
        Client().post("/account/login/", {"login": "agent", "password": mistake})
        Client().post("/account/login/?next=/desk/", {"login": "\0", "password": mistake})
        for role in ("owner", "agent"):
            client, place = self.site.clients[role], {"owner": "/join/", "agent": "/desk/join/"}[role]
            client.post(place, {"code": mistake})
            client.post(place, {"code": mistake + "\0"})
        code = self.site.codes["others"]
        other = self.site.clients["other"]
        said = self.site.say("mistaken.words")
        for form in ({"answer": said}, {"words": said * 400}, {"words": said + "\0"}, {said: said}):
            for part in ("", "remark/", "feedback/", "back/"):
                other.post(self.site.at(code, part), form)
            other.post(f"/s/{code}/case/", form)
        other.post(self.site.at(code, "remark/"), f"words={said}", content_type="text/plain")
        other.get("/search/", {"q": said + "\0"})
        other.get("/search/?q=" + said * 90)
        other.get("/search/", {"q": said}, headers={"host": "old.example.org"})
        other.post("/nowhere/", {"words": said})
        Client(enforce_csrf_checks=True, cookies=other.cookies).post(self.site.at(code), {"answer": said})
        Client(enforce_csrf_checks=True).post("/account/login/", {"login": "agent", "password": mistake})

    def in_text(self, text: str, but: Any = None) -> list[str]:
        """Return the names of what was planted and stands in a text; what `but` matches may."""
        return [name for name, each in self.planted.items() if each in text and not (but and but.search(name))]


@pytest.fixture(scope="module")
def keys() -> Iterator[set[str]]:
    """Collect the keys under which anything is asked of the cache or kept in it."""
    found: set[str] = set()
    make = LocMemCache.make_and_validate_key

    def watched(self: Any, key: Any, version: Any = None) -> str:
        found.add(str(key))
        return make(self, key, version=version)

    with mock.patch.object(LocMemCache, "make_and_validate_key", watched):
        yield found


@pytest.fixture(scope="module")
def log() -> Iterator[Everything]:
    """Keep everything that is logged while a test runs."""
    handler = Everything()
    loggers = [logging.getLogger(name) for name in ("", "django", "gunicorn.access", "gunicorn.error")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(1)
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture(scope="module")
def everything(django_db_setup, django_db_blocker, log, keys) -> Iterator[Watched]:
    """Give one watched site to all tests here; it is gone afterwards."""
    # What is counted is chosen as a client sends its first request.
    with once(django_db_blocker), mock.patch.object(settings, "METRICS_TOKEN", TOKEN):
        yield Watched(log, keys)


@pytest.fixture
def watched(db, everything) -> Watched:
    return everything


def test_the_log_holds_nothing_that_was_planted(watched):
    assert len(watched.log.text) > 50
    assert len(watched.planted) > 40
    assert watched.in_text("\n".join(watched.log.text)) == []


def test_no_key_of_the_cache_and_of_the_counters_holds_anything_that_was_planted(watched):
    keys = [*watched.keys, *watched.counted]
    assert watched.keys
    assert "case" in str(watched.counted)
    assert watched.in_text("\n".join(map(str, keys))) == []


def test_no_address_holds_anything_that_was_planted(watched, monkeypatch):
    """Looked at are all links, forms and redirections of the pages that anybody sees."""
    addresses: list[str] = []
    request = Client.request

    def followed(self: Any, **asked: Any) -> Any:
        response = request(self, **asked)
        named = ("Location", "HX-Push-Url", "HX-Redirect", "HX-Location", "HX-Replace-Url", "Link", "Refresh")
        addresses.extend(response.headers.get(name, "") for name in named)
        if "html" in response.headers.get("Content-Type", "") and not response.streaming:
            addresses.extend(re.findall(r"""(?:href|src|action|hx-[a-z-]+)=["']([^"']*)""", response.content.decode()))
        return response

    monkeypatch.setattr(Client, "request", followed)
    ground = Ground(watched.site)
    code = watched.site.begin("guest", "more", *STRANDED)
    for headers in ({}, {"hx-request": "true"}):
        words = {"words": watched.site.said["remark.words"], "contact": watched.site.said["case.contact"]}
        watched.site.clients["guest"].post(watched.site.at(code, "remark/"), words, headers=headers)
        watched.site.clients["guest"].post(f"/s/{code}/case/", words, headers=headers)
    mails = re.compile(r"^(mailto|tel):")
    plain = [each for each in addresses if not mails.match(each)]
    assert len(plain) > 1000
    assert sum(map(len, ground.found.values())) > 150
    assert watched.in_text("\n".join(plain), but=SEARCHED) == []


def test_no_metric_holds_anything_that_was_planted(watched):
    asked = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    text = asked.content.decode()
    assert 'route="remark"' in text
    assert watched.in_text(text) == []
    assert watched.site.codes
    assert not any(code in text for code in watched.site.codes.values())


def test_a_mail_to_support_is_thin(watched):
    thin = [mail for mail in watched.site.mails if mail.to == settings.SUPPORT_CASES_TO]
    assert len(thin) >= 3
    for mail in thin:
        parts = [mail.subject, mail.body, str(mail.extra_headers), str(mail.reply_to), str(mail.alternatives)]
        assert watched.in_text("\n".join([*parts, *(str(each) for each in mail.attachments)])) == []


def test_a_mail_to_a_customer_holds_their_own_code_and_nothing_else(watched):
    own = [mail for mail in watched.site.mails if mail.to != settings.SUPPORT_CASES_TO]
    assert len(own) == 1
    assert set(watched.in_text(own[0].message().as_string())) <= {"follow-up"}


def test_a_webhook_is_told_nothing_personal(watched):
    assert len(watched.site.hooked) >= 4
    for told in watched.site.hooked:
        json.loads(told)
        assert watched.in_text(told) == []


def test_a_fault_of_ours_tells_neither_the_log_nor_the_page_what_was_typed(watched, monkeypatch):
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(journal, "remark", fails)
    client = watched.site.clients["owner"]
    client.raise_request_exception = False
    said = watched.site.said["remark.words"]
    response = client.post(watched.site.at(watched.site.codes["mid"], "remark/"), {"words": said})
    assert response.status_code == 500
    assert "on purpose" in "\n".join(watched.log.text)
    assert watched.in_text("\n".join(watched.log.text)) == []
    assert watched.in_text(response.content.decode()) == []


def test_the_database_holds_no_secret_that_lets_anybody_in(watched):
    secret = {name: each for name, each in watched.secrets.items() if "code" in name or name == "follow-up"}
    secret |= {name: each for name, each in watched.secrets.items() if name.endswith(" visitor") and each}
    secret |= {name: each for name, each in watched.secrets.items() if "password" in name}
    held = repr(rows(*(model for model in apps.get_models() if model is not User)))
    assert len([each for each in secret.values() if len(each) > 7]) > 3
    assert [name for name, each in secret.items() if len(each) > 7 and each in held] == []


@pytest.mark.once
def test_the_servers_own_log_names_no_query_no_cookie_and_no_referrer(log):
    chosen = Config()
    chosen.set("accesslog", "-")
    server = GunicornLogger(chosen)
    asked = dict.fromkeys(("HTTP_COOKIE", "HTTP_REFERER", "HTTP_AUTHORIZATION", "HTTP_USER_AGENT"), "kanarie1x")
    asked |= {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/search/",
        "QUERY_STRING": "q=kanarie1x",
        "REMOTE_ADDR": "kanarie1x",
    }
    asked |= {"RAW_URI": "/search/?q=kanarie1x"}
    before = len(log.text)
    server.access(SimpleNamespace(status="200 OK", sent=1, headers=[]), SimpleNamespace(headers=[]), asked, timedelta())
    assert "/search/" in log.text[before]
    assert "kanarie1x" not in "\n".join(log.text[before:])


@pytest.mark.once
def test_what_is_planted_would_be_found(log):
    logging.getLogger("django.request").warning("%s", "kanarie1x")
    assert "kanarie1x" in "\n".join(log.text)
    assert get_resolver().url_patterns

"""How staff sign in, in tests: type name and password, set up a phone, and the code that it shows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time

from django.test import Client

NAME, PASSWORD = "ada", "a quiet afternoon"
LOGIN, CODE, PHONE, CODES = "/account/login/", "/account/login/code/", "/account/phone/", "/account/codes/"


def code_of(secret: str, steps: int = 0) -> str:
    """Return the code of RFC 6238 that a phone shows now, or some steps of 30 seconds later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sign_in(client=None, password=PASSWORD, name=NAME, where="", **extra):
    """Type name and password; return the client and the answer."""
    client = client or Client()
    return client, client.post(LOGIN + where, {"login": name, "password": password}, **extra)


def signed_in(client) -> bool:
    """Return whether a client's session is somebody's."""
    return client.get("/account/").status_code == 200


def set_up(client) -> tuple[str, list[str]]:
    """Set up a phone; return its secret and the recovery codes."""
    page = client.get(PHONE).content.decode()
    secret = re.search(r'class="key">([A-Z2-7]+)<', page)[1]
    answer = client.post(PHONE, {"code": code_of(secret)})
    assert (answer.status_code, answer["Location"]) == (302, CODES)
    shown = re.findall(r"<code>(\d{4} \d{4})</code>", client.get(CODES).content.decode())
    return secret, shown


def with_phone() -> tuple[str, list[str]]:
    """Set up a phone in a session that ends; return its secret and the recovery codes."""
    client, _ = sign_in()
    made = set_up(client)
    client.post("/account/logout/")
    return made


def later(client, **seconds):
    """Let time pass in a client's session: what it notes is so many seconds older."""
    session = client.session
    for name, passed in seconds.items():
        session[name] -= passed
    session.save()

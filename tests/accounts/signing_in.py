"""Signing in as staff: name and password, the setup of a phone, and the codes that it shows."""

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
    """Return the TOTP code (RFC 6238) of now, or of some steps of 30 seconds later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sign_in(client=None, password=PASSWORD, name=NAME, query="", **extra):
    """Submit name and password; return the client and the response."""
    client = client or Client()
    return client, client.post(LOGIN + query, {"login": name, "password": password}, **extra)


def signed_in(client) -> bool:
    """Return whether a client is signed in."""
    return client.get("/account/").status_code == 200


def set_up(client) -> tuple[str, list[str]]:
    """Set up a phone; return its secret and the recovery codes."""
    page = client.get(PHONE).content.decode()
    secret = re.search(r'class="key">([A-Z2-7]+)<', page)[1]
    answer = client.post(PHONE, {"code": code_of(secret)})
    assert (answer.status_code, answer["Location"]) == (302, CODES)
    codes = re.findall(r"<code>(\d{4} \d{4})</code>", client.get(CODES).content.decode())
    return secret, codes


def with_phone() -> tuple[str, list[str]]:
    """Set up a phone, and sign out again; return its secret and the recovery codes."""
    client, _ = sign_in()
    secret_and_codes = set_up(client)
    client.post("/account/logout/")
    return secret_and_codes


def later(client, **seconds):
    """Let time pass in a client's session: make these times so many seconds older."""
    session = client.session
    for name, passed in seconds.items():
        session[name] -= passed
    session.save()

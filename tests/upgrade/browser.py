"""A browser without JavaScript, whose cookies and open page can be written down and taken up again later.

It is used twice: with yesterday's code, to make the site, and in the tests, to go on from exactly the page at which
somebody stood. So it imports nothing of the site.

browser = Browser("198.51.100.7")
browser.open("/w/zosi-camera/")
browser.press(action="/begin/zosi-camera/connection/")     the form of the open page that is sent there
browser.press(answer="fine")                               the form that offers this answer
Browser.restored(browser.state())                          the same browser, with the same page open
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from html.parser import HTMLParser
from typing import Any

from django.test import Client

SITE = "https://help.example.org"
State = dict[str, Any]


class Browser(Client):
    """One person's browser at one address of the internet, behind the site's proxy.

    `page` is the page that is open: its address, status, heading, text, and forms as they were served. Forms are sent
    with the token against forgery that stands in them, and the site checks it.
    """

    def __init__(self, ip: str = "198.51.100.1") -> None:
        self.ip = ip
        super().__init__(
            enforce_csrf_checks=True,
            headers={"host": SITE.partition("//")[2], "x-forwarded-proto": "https", "x-forwarded-for": ip},
        )
        self.page: State = {}

    @classmethod
    def restored(cls, state: State) -> Browser:
        """Return the browser that `state` wrote down."""
        browser = cls(state["ip"])
        for name, value in state["cookies"].items():
            browser.cookies[name] = value
        browser.page = state["page"]
        return browser

    def state(self) -> State:
        """Return cookies and page, for JSON."""
        cookies = {name: morsel.value for name, morsel in self.cookies.items() if morsel.value}
        page = {name: value for name, value in self.page.items() if name != "text"}
        return {"ip": self.ip, "cookies": cookies, "page": page}

    def open(self, address: str) -> State:
        """Open an address, follow where it leads, and return the page."""
        return self._show(address, self.get(address))

    def press(self, action: str = "", label: str = "", **values: Any) -> State:
        """Fill in the first form of the page that fits, send it, follow where it leads, and return the page.

        It fits if it has each of `values` as a field, a choice or a button, a button with this label, and is sent to an
        address that ends with `action`.
        """
        address, fields = self._filled(action, label, values)
        return self._show(address, self.post(address, fields, headers={"origin": SITE}))

    def _filled(self, action: str, label: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        for form in self.page["forms"]:
            for button in [*form["buttons"], {"name": "", "value": "", "action": "", "label": ""}]:
                address = button["action"] or form["action"] or self.page["address"]
                own = {button["name"]: button["value"]} if button["name"] else {}
                named = {name for name in own if name in values}
                fits = own == {name: values[name] for name in named} if named else not (own and values.keys() & own)
                rest = [name for name in values if name not in named and not _takes(form, name, values[name])]
                if fits and not rest and address.endswith(action) and label in button["label"]:
                    fields = {name: value for name, value in form["fields"].items() if "__prefix__" not in name}
                    return address, fields | own | values
        raise LookupError(f"No form of {self.page['address']} takes {values} to {action!r}: {self.page}")

    def _show(self, address: str, response: Any) -> State:
        for _ in range(6):
            if response.status_code not in (301, 302, 303, 307, 308):
                break
            address = response.headers["Location"].removeprefix(SITE)
            response = self.get(address)
        text = b"".join(response) if response.streaming else response.content
        self.page = read(address, text.decode(errors="replace")) | {"status": response.status_code}
        return self.page


def _takes(form: State, name: str, value: Any) -> bool:
    """Return whether a form has a field for this value; of a choice, whether it is one of those offered."""
    choices = form["choices"].get(name)
    return value in choices if choices is not None else name in form["fields"] or name in form["files"]


class _Reader(HTMLParser):
    """What a browser keeps of a page: its first heading, its text, and its forms that are posted."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, State] = {}
        self.parts: list[str] = []
        self.heading: list[str] = []
        self._form, self._select, self._button = "", "", None
        self._area: tuple[str, str] | None = None
        self._in_heading, self._unseen = False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = found.get("id") or f"form {len(self.forms)}"
            self._of(self._form).update(action=found.get("action", ""), method=found.get("method", "get").lower())
        elif tag in ("script", "style", "svg"):
            self._unseen += 1
        elif tag == "h1" and not self.heading:
            self._in_heading = True
        elif tag == "option" and self._select:
            self._option(found)
        elif tag in ("input", "button", "select", "textarea") and "disabled" not in found:
            self._control(tag, found, self._of(found.get("form", self._form)))

    def _of(self, name: str) -> State:
        empty = {"action": "", "method": "", "fields": {}, "choices": {}, "files": [], "buttons": []}
        return self.forms.setdefault(name, empty)

    def _control(self, tag: str, found: dict[str, str], form: State) -> None:
        name, kind, value = found.get("name", ""), found.get("type", ""), found.get("value", "")
        if tag == "button" or kind == "submit":
            button = {"name": name, "value": value, "action": found.get("formaction", ""), "label": ""}
            form["buttons"].append(button)
            self._button = button if tag == "button" else None
        elif tag == "textarea":
            form["fields"][name], self._area = "", (found.get("form", self._form), name)
        elif tag == "select":
            self._select, self._select_form = name, found.get("form", self._form)
            form["choices"][name] = []
        elif kind == "file":
            form["files"].append(name)
        elif kind in ("radio", "checkbox"):
            if kind == "radio":
                form["choices"].setdefault(name, []).append(value)
            if "checked" in found:
                form["fields"][name] = value or "on"
        elif name:
            form["fields"][name] = value

    def _option(self, found: dict[str, str]) -> None:
        form, value = self._of(self._select_form), found.get("value", "")
        form["choices"][self._select].append(value)
        if "selected" in found or self._select not in form["fields"]:
            form["fields"][self._select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        elif tag in ("script", "style", "svg"):
            self._unseen -= 1
        elif tag == "h1":
            self._in_heading = False
        elif tag == "select":
            self._select = ""
        elif tag == "button":
            self._button = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            form, name = self._area
            self._of(form)["fields"][name] += data
        elif not self._unseen:
            self.parts.append(data)
            if self._in_heading:
                self.heading.append(data)
            if self._button is not None:
                self._button["label"] = " ".join(f"{self._button['label']} {data}".split())


def read(address: str, html: str) -> State:
    """Return a page as a browser keeps it."""
    reader = _Reader()
    reader.feed(html)
    forms = [form for form in reader.forms.values() if form.pop("method", "") == "post"]
    heading, text = " ".join("".join(reader.heading).split()), " ".join(" ".join(reader.parts).split())
    return {"address": address, "heading": heading, "text": text, "forms": forms}


def totp(secret: str) -> str:
    """Return the code of RFC 6238 that a phone with this secret shows now."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    place = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"

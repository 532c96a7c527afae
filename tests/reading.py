"""A page as its reader finds it: title, heading, text, links and forms; and what its content policy would block."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

# Inline tags. Any other tag separates words.
WITHIN_WORDS = {"a", "b", "code", "em", "i", "span", "strong"}
VOID = {"input", "meta", "link", "br", "img", "hr"}
ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post")


class Reading(HTMLParser):
    """Read a response (or HTML): `title`, `h1`, `text`, and `elements` as (tag, attributes)."""

    def __init__(self, page: Any) -> None:
        super().__init__()
        self.html: str = page if isinstance(page, str) else page.content.decode()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.title = self.h1 = self.text = ""
        self.inline: list[str] = []
        self._open: list[str] = []
        self.feed(self.html)
        self.close()
        self.title, self.h1, self.text = (" ".join(each.split()) for each in (self.title, self.h1, self.text))

    @property
    def whole(self) -> bool:
        """Whether this is a whole page and not a fragment."""
        return bool(re.match(r"\s*<!doctype html>\s*<html", self.html, re.IGNORECASE)) and "</html>" in self.html

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """Return the attributes of every `tag` that has these."""
        wanted = attributes.items()
        return [found for name, found in self.elements if name == tag and wanted <= found.items()]

    @property
    def links(self) -> set[str]:
        return {link["href"] for link in self.all("a") if "href" in link}

    @property
    def buttons(self) -> set[str]:
        """The answers on buttons."""
        return {button["value"] for button in self.all("button", name="answer")}

    @property
    def radios(self) -> list[str]:
        """The answers offered as radio cards, in order."""
        return [radio["value"] for radio in self.all("input", type="radio", name="answer")]

    @property
    def checked(self) -> list[str]:
        """The answers whose radio is checked."""
        return [radio["value"] for radio in self.all("input", type="radio", name="answer") if "checked" in radio]

    @property
    def beginnings(self) -> set[str]:
        """The `formaction` of each button that has one, such as the buttons that begin a session."""
        return {button["formaction"] for button in self.all("button") if "formaction" in button}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        self.text += "" if tag in WITHIN_WORDS else " "
        self._judge(tag, found)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.text += "" if tag in WITHIN_WORDS else " "
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        here = self._open[-1] if self._open else ""
        if here in {"script", "style"} and data.strip():
            self.inline.append(f"<{here}> {data.strip()[:60]}")
        elif here == "title" and "svg" not in self._open:
            self.title += data
        else:
            self.h1 += data if "h1" in self._open else ""
            self.text += data

    def _judge(self, tag: str, attributes: dict[str, str]) -> None:
        """Collect what the content policy would block: inline scripts and styles, and what is loaded from elsewhere."""
        if tag == "style" or (tag == "script" and "src" not in attributes):
            self.inline.append(f"<{tag}>")
        for name, value in attributes.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                self.inline.append(f"{name}={value}")
            if name in ADDRESSES and re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE):
                self.inline.append(f"{name}={value}")
            if tag in {"script", "link", "img", "use", "form"} and name in ADDRESSES and "//" in value:
                self.inline.append(f"{name}={value}")


def read(page: Any) -> Reading:
    return Reading(page)

"""A customer's page made still: it looks as it did, can be read by everybody, and nothing on it does anything.

Forms become plain boxes, links and buttons lead nowhere, scripts are left out; what was answered is marked in words.
"""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]

MARK = '<b class="given">Chosen</b>'
# What would act, or lead somewhere.
ACTING = {"href", "action", "formaction", "method", "target", "name", "autofocus", "novalidate"}


def make_readonly(html: str, given: str = "", head: str = "", bar: str = "") -> str:
    """Return a whole page that does nothing any more, with `head` put into its head and `bar` before its content.

    The button or card that gives the answer `given` is marked.
    """
    page = _Still(given, head, bar)
    page.feed(html)
    page.close()
    return "".join(page.parts)


class _Still(HTMLParser):
    def __init__(self, given: str, head: str, bar: str) -> None:
        super().__init__(convert_charrefs=False)
        self.given, self.head, self.bar = given, head, bar
        self.parts: list[str] = []
        self.mark = ""  # what is due at the end of the button in hand
        self.card = False  # the card's radio was the one chosen: its words come next
        self.in_script = False

    def handle_starttag(self, tag: str, attributes: Attributes) -> None:
        given = dict(attributes).get("value") == self.given and bool(self.given)
        if tag == "script":
            self.in_script = True
        elif tag == "form":
            self._open("div", [("class", "still-form")])
        elif tag == "a":
            self._link(attributes)
        elif tag == "button":
            # Not `disabled`: that would look different.
            kept = [each for each in _passive(attributes) if each[0] != "type"]
            self._open(tag, [("type", "button"), ("tabindex", "-1"), ("aria-disabled", "true"), *kept])
            self.mark = MARK if given else ""
        elif tag in ("input", "textarea"):
            self._field(tag, attributes, given)
        else:
            self._other(tag, attributes)
            if tag == "body":
                self.parts.append(self.bar)
            if tag == "span" and self.card:
                self.parts.append(MARK)
                self.card = False

    def handle_startendtag(self, tag: str, attributes: Attributes) -> None:
        if tag in ("input", "button", "a", "form"):
            self.handle_starttag(tag, attributes)
        else:
            self._other(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.in_script = False
            return
        if tag == "head":
            self.parts.append(self.head)
        if tag == "button":
            self.parts.append(self.mark)
            self.mark = ""
        self.parts.append("</div>" if tag == "form" else f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.in_script:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def _link(self, attributes: Attributes) -> None:
        address = dict(attributes).get("href") or ""
        if address.startswith("#"):
            self.parts.append(self.get_starttag_text() or "")
        else:
            self._open("a", [("role", "link"), ("aria-disabled", "true"), *_passive(attributes)])

    def _other(self, tag: str, attributes: Attributes) -> None:
        asks = any(name.startswith("hx-") for name, _ in attributes)
        if asks:
            self._open(tag, _passive(attributes))
        else:
            self.parts.append(self.get_starttag_text() or "")

    def _field(self, tag: str, attributes: Attributes, given: bool) -> None:
        named = dict(attributes)
        if named.get("type") == "hidden":
            return
        self._open(tag, [*_passive(attributes), ("disabled", None)])
        self.card = given and named.get("type") == "radio"

    def _open(self, tag: str, attributes: Attributes) -> None:
        words = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attributes)
        self.parts.append(f"<{tag}{words}>")


def _passive(attributes: Attributes) -> Attributes:
    return [(name, value) for name, value in attributes if name not in ACTING and not name.startswith("hx-")]

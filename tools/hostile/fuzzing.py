"""Requests to everything, by anybody, with anything in them: hypothesis strategies over a lived-in site."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.visitor import FORM
from tools.hostile.populated_site import ROLES, cookies_of, png
from tools.hostile.raw_requests import Request, escaped
from tools.hostile.targets import Found, Ground, Route, resolved, routes

MARK = "<script>pwned</script>"
# What somebody might send where something else is expected.
VALUES = (
    *("", " ", "0", "1", "2", "3", "-1", "1.5", "1e309", "NaN", "inf", "٣", "²", "0x10", "1_000", "+1", "00001"),
    *("9" * 9, "9" * 19, "9" * 40, "9" * 5000, str(2**31), str(2**63 - 1), str(2**63), str(2**64), f"-{2**63 + 1}"),
    *("yes", "no", "on", "true", "null", "None", "undefined", "[]", "{}", "[1]", '{"a": 1}', "answer", "next"),
    *("worked", "failed", "confirm", "none", "toy", "toy/s", "why/old", "/", "//", "..", "../../etc/passwd", "s/s/s"),
    *("2026-01-31", "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "-1-1-1", "2026-13-01", "31/12/2026"),
    *("00:00", "25:61:61", "2026-01-31T00:00:00Z", "0001-01-01", "9999-12-31T23:59:59+14:00", "now", "2026-W60-1"),
    *("\0", "a\0b", "\ud800", "\udfff\ud800", "\ufffe", "\U0010ffff", "\u202egnp.exe", "e" + "\u0301" * 400, "\u2028"),
    *("\r\nSet-Cookie: a=b", "\n", "\t", "\x1b[31m", "\x7f", "\x85", "ﷺ" * 300, "İ", "ß", "Ａ", "👩‍👩‍👧‍👧", "\u200b"),
    *(MARK, f'"{MARK}', f"'{MARK}", f"</textarea>{MARK}", f"</title>{MARK}", f"</script>{MARK}", f"<!--{MARK}"),
    *("' OR 1=1 --", '" OR ""="', "'; DROP TABLE wizards_session; --", "%", "_", "\\", "%s", "%(a)s", "{0}", "${7*7}"),
    *("{{ 7 }}", "{% debug %}", "=1+1", "@SUM(A1)", "javascript:alert(1)", "https://evil.example/", "//evil.example"),
    *("/\\evil.example", "https:evil.example", "http://127.0.0.1:8000@evil.example/", "\\\\evil", "file:///etc/passwd"),
    *("a" * 64, "a" * 65, "a" * 201, "a" * 2001, "x" * 8001, "\n" * 3000, "é" * 5000, "," * 3000, "a,b", "a b"),
    *("anna@example.org", "@", "a@b", '"<a>"@b.c', "222222222222", "ABCD EFGH", "id", "-id", "?", "date_joined", "pk"),
)
LONGEST_LINE = 4000  # gunicorn refuses a longer one
LONG = ("x" * 70_000, "y" * 300_000)
NAMES = ("q", "next", "page", "p", "o", "e", "all", "_popup", "_to_field", "_changelist_filters", "wizard", "node")
NAMES += ("session", "since", "until", "version", "channel", "status", "spot", "cause", "step", "said", "seen", "id")
NAMES += ("app_label", "model_name", "field_name", "term", "_saved", "id__gt", "pk__in", "wizard__id__exact", "kind")
NAMES += ("a" * 300, "[]", "a[b]", "\0", "\ud800", "__proto__", "csrfmiddlewaretoken", "TOTAL_FORMS", "_save")
KINDS = (FORM, FORM, FORM, "multipart/form-data; boundary=x", "multipart/form-data; boundary=x", "text/plain")
KINDS += ("application/json", "", "multipart/form-data", f"{FORM}; charset=utf-16", f"{FORM}; charset=hex", "a/b;;;=")
KINDS += ("multipart/form-data; boundary=" + "x" * 300, "multipart/form-data; boundary=\u00e9", "text/html; charset=\0")
METHODS = ("GET",) * 12 + ("POST",) * 18 + ("HEAD", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
# Who may do more is drawn more often; whoever may do nothing is soon done with.
DRAWN = (*ROLES, "owner", "owner", "agent", "agent", "lead", "editor", "editor", "superuser", "superuser", "superuser")
HEADERS = {
    "HTTP_HX_REQUEST": ("true", "true", "false", "\0"),
    "HTTP_HX_HISTORY_RESTORE_REQUEST": ("true",),
    "HTTP_HX_CURRENT_URL": ("http://[", f"http://127.0.0.1:8000/s/{'2' * 12}/1/", "%ff", "\xff"),
    "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": ("true",),
    "HTTP_HX_TARGET": ("page", MARK, "\xff" * 300),
    "HTTP_HX_TRIGGER": ("\0", "a" * 5000),
    "HTTP_ACCEPT": ("*/*", "text/html;q=abc", ",,,;", "a" * 3000, "\xff"),
    "HTTP_ACCEPT_ENCODING": ("gzip", "gzip;q=0", "*"),
    "HTTP_ACCEPT_LANGUAGE": ("de", "x" * 1000, "en-GB;q=nan", "zz-\0", "\xff"),
    "HTTP_ORIGIN": ("null", "https://evil.example", "http://127.0.0.1:8000", "http://["),
    "HTTP_REFERER": ("http://[", "https://evil.example/", "http://127.0.0.1:8000/\xff", "\0"),
    "HTTP_HOST": ("evil.example", "127.0.0.1:8000:1", "[::1", "a_b", "\xff", "localhost", "127.0.0.1:99999"),
    "HTTP_X_FORWARDED_PROTO": ("https",),
    "HTTP_X_FORWARDED_HOST": ("evil.example",),
    "HTTP_X_FORWARDED_FOR": ("\0", "1.2.3.4, " * 500),
    "HTTP_X_REQUEST_ID": ("a\r\nb", "x" * 5000, "\xff", MARK),
    "HTTP_IF_MODIFIED_SINCE": ("Thu, 99 Zzz 9999 99:99:99 GMT", "\0"),
    "HTTP_IF_NONE_MATCH": ('"a"', "*", "\xff"),
    "HTTP_RANGE": ("bytes=0-1", "bytes=-", "bytes=9-1"),
    "HTTP_EXPECT": ("100-continue",),
    "HTTP_TRANSFER_ENCODING": ("chunked",),
    "HTTP_X_REQUESTED_WITH": ("XMLHttpRequest",),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("DELETE",),
    "HTTP_USER_AGENT": ("\xff" * 5000, MARK),
    "REMOTE_ADDR": ("", "::1", "999.1.1.1", "\xff"),
    "CONTENT_LENGTH": ("", "0", "-1", "1", "70000", "99999999999999999999", "x", "\xb2"),
}
FILES = (
    ("a.png", "image/png", png()),
    ("a.png", "image/png", png()[:60]),
    ("a.svg", "image/svg+xml", b"<svg onload=alert(1)>"),
    ("a.yaml", "text/yaml", b"format: 1\nslug: toy\ntitle: t\n"),
    ("toy.json", "application/json", b'{"format": 1, "slug": "toy", "title": "<b>"}'),
    ("a.json", "application/json", b"[" * 3000),
    ("../../x.yaml", "", b"a: &a [*a]"),
    ("\xff\0.yml", "a/b; charset=hex", b"\xff\xfe\0"),
    ("", "", b""),
    ("a" * 300 + ".json", "\0", b"{}" * 9000),
)

text = st.text(st.characters(codec=None), max_size=20)
values = st.one_of(st.sampled_from(VALUES), st.sampled_from(VALUES), text, st.integers().map(str))


class Attack:
    """What is thrown at a site: `requests` is the strategy."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.cookies = {role: cookies_of(ground.site.clients[role]) for role in ROLES}
        self.routes = {route.pattern: route for route in routes()}
        self.found = [each for role in ground.found for each in ground.found[role]]
        self.posts = [each for each in self.found if each.method == "POST"]
        gets = [each for each in self.found if each.method == "GET"]
        one = [route for route in routes() if route.pattern.startswith(("s/<code:code>/", "desk/<code:code>/"))]
        self.moves = [route for route in one if {name for name, _ in route.parameters} <= {"code", "number"}]
        self.mine = {role: ground.found.get(role, self.found) for role in ROLES}
        self.names = st.one_of(st.sampled_from(ground.names), st.sampled_from(NAMES))
        # Everybody tries everything; what a role can reach it tries more often.
        self.pages = {role: st.sampled_from(gets) | st.sampled_from(self.mine[role]) for role in ROLES}
        self.forms = {role: st.sampled_from(self.posts) | st.sampled_from(self.mine[role]) for role in ROLES}

    def requests(self) -> st.SearchStrategy[tuple[str, Request]]:
        """Return (role, request): two of three of them a form or a link of some page, changed here and there; one of
        nine a move that is right, but for who sends it; the others go to any route."""
        return st.composite(lambda draw: self._request(draw))()

    def _request(self, draw: Any) -> tuple[str, Request]:
        role = draw(st.sampled_from(DRAWN))
        luck = draw(st.integers(0, 8))
        if luck < 4:
            request = self._form(draw, draw(self.forms[role]))
        elif luck < 6:
            request = self._form(draw, draw(self.pages[role]))
        elif luck == 8:
            request = self._move(draw, draw(st.sampled_from(self.moves)))
        else:
            request = self._any(draw, self.routes[draw(st.sampled_from(sorted(self.routes)))])
        headers: dict[str, str] = {}
        if luck % 2:
            for name in draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3)):
                headers[name] = draw(st.sampled_from(HEADERS[name]))
        cookies = self.cookies[role]
        if not draw(st.integers(0, 15)):
            name = draw(st.sampled_from(["visitor", "staff", "csrf", "messages", "\xff"]))
            cookies = cookies | {name: draw(values).encode("utf-8", "surrogatepass").decode("latin-1")}
        if len(request.path) + len(request.query) > LONGEST_LINE:
            request = replace(request, path=request.path[:1000], query=request.query[: LONGEST_LINE - 1000])
        kept = {name: value for name, value in vars(request).items() if name not in {"headers", "cookies"}}
        return role, Request(**kept, headers=headers, cookies=cookies)

    def _form(self, draw: Any, found: Found) -> Request:
        """Return a form of a page as a browser would send it, with up to three fields changed."""
        fields = list(found.fields)
        for _ in range(draw(st.integers(0, 3))):
            self._change(draw, fields)
        path, _, query = found.address.partition("?")
        if not draw(st.integers(0, 5)):
            path = self._elsewhere(draw, found.route, path)
        method = found.method if draw(st.integers(0, 9)) else draw(st.sampled_from(METHODS))
        if found.method == "GET":
            return Request(method, path.encode(), query.encode() if not fields else _pairs(fields))
        files = [(name, draw(st.sampled_from(FILES))) for name in found.files] if draw(st.integers(0, 3)) else []
        kind = "multipart/form-data; boundary=x" if found.files or not draw(st.integers(0, 4)) else FORM
        return self._sent(draw, method, path.encode(), query.encode(), kind, fields, files)

    def _move(self, draw: Any, route: Route) -> Request:
        """Return a form that is right for where some session stands, whoever sends it."""
        code = draw(st.sampled_from(sorted(self.ground.stands)))
        number, answers = self.ground.stands[code]
        answer = draw(st.sampled_from(answers)) if answers else ""
        fields = [("answer", answer), ("helped", "yes"), ("words", "words"), ("contact", "a@example.org")]
        path = route.at({"code": code, "number": number})
        return Request("POST", path.encode(), b"", _pairs([*fields, ("caller", "Ada"), ("to", "")]), FORM)

    def _elsewhere(self, draw: Any, pattern: str, path: str) -> str:
        """Return the address of another object of the same kind, or of none."""
        route = self.routes.get(pattern)
        if route is None or not route.parameters:
            return path
        given = {name: escaped(str(value)).decode() for name, value in resolved(path)[1].items()}
        name, _ = draw(st.sampled_from(route.parameters))
        given[name] = escaped(draw(values)).decode()
        return route.at(given)

    def _change(self, draw: Any, fields: list[tuple[str, str]]) -> None:
        what = draw(st.integers(0, 6))
        if not fields or what == 0:
            fields.append((draw(self.names), draw(values)))
            return
        at = draw(st.integers(0, len(fields) - 1))
        if what == 1:
            del fields[at]
        elif what == 2:
            fields.append((fields[at][0], draw(values)))
        elif what == 3 and not draw(st.integers(0, 9)):
            fields[at] = (fields[at][0], draw(st.sampled_from(LONG)))
        else:
            fields[at] = (fields[at][0], draw(values))

    def _any(self, draw: Any, route: Route) -> Request:
        """Return a request to a route: its parameters as they are somewhere, or not at all; its fields by name only."""
        given = {}
        for name, _ in route.parameters:
            known = self.ground.values.get(name, [])
            is_known = known and draw(st.integers(0, 4))
            given[name] = draw(st.sampled_from(known)) if is_known else draw(values)
        path = "/".join(given) and route.at({name: escaped(value).decode() for name, value in given.items()})
        raw = (path or route.at({})).encode()
        if not draw(st.integers(0, 11)):
            at = draw(st.integers(0, len(raw)))
            raw = raw[:at] + draw(st.binary(min_size=1, max_size=4)) + raw[at:]
        fields = draw(st.lists(st.tuples(self.names, values), max_size=4))
        method = draw(st.sampled_from(METHODS))
        query = _pairs(draw(st.lists(st.tuples(self.names, values), max_size=3))) if draw(st.booleans()) else b""
        if not draw(st.integers(0, 11)):
            query = draw(st.binary(max_size=30))
        if method in {"GET", "HEAD"}:
            return Request(method, raw, query)
        return self._sent(draw, method, raw, query, draw(st.sampled_from(KINDS)), fields, [])

    def _sent(self, draw: Any, method: str, path: bytes, query: bytes, kind: str, fields: Any, files: Any) -> Request:
        if kind.startswith("multipart"):
            body = _parts(fields, files)
        elif kind == "application/json":
            body = json.dumps(dict(fields)).encode()
        else:
            body = _pairs(fields)
        if not draw(st.integers(0, 9)):
            at = draw(st.integers(0, len(body)))
            body = draw(st.sampled_from([body[:at], body[:at] + draw(st.binary(max_size=9)) + body[at:], body * 2]))
        csrf, breaks_off = bool(draw(st.integers(0, 29))), not draw(st.integers(0, 59))
        return Request(method, path, query, body, kind, csrf=csrf, breaks_off=breaks_off)


def _pairs(fields: Any) -> bytes:
    return b"&".join(escaped(name) + b"=" + escaped(value) for name, value in fields)


def _parts(fields: Any, files: Any) -> bytes:
    """Return fields and files as a multipart body with the boundary x."""
    lines = []
    for name, value in fields:
        lines.append(b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (_raw(name), _raw(value)))
    for name, (file, kind, content) in files:
        head = b'--x\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\nContent-Type: %b\r\n\r\n'
        lines.append(head % (_raw(name), _raw(file), _raw(kind)) + content + b"\r\n")
    return b"".join(lines) + b"--x--\r\n"


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

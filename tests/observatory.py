"""The scoring of MDN's HTTP Observatory (table of August 2026), reimplemented.

    judge(answer).score     100 minus what is missing; from 90 on, plus the extras
    judge(answer).findings  the result of each test: {"cookies": "cookies-not-found", ...}

The preload list of browsers is not consulted: no site counts as preloaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import Morsel
from urllib.parse import urlsplit

# Test -> possible result -> points.
TABLE: dict[str, dict[str, int]] = {
    "content-security-policy": {
        "default-src-none": 10,
        "no-unsafe": 5,
        "unsafe-inline-in-style-src-only": 0,
        "insecure-scheme-in-passive-content-only": -10,
        "unsafe-eval": -10,
        "unsafe-inline": -20,
        "insecure-scheme": -20,
        "header-invalid": -25,
        "not-implemented": -25,
    },
    "cookies": {
        "secure-httponly-and-samesite": 5,
        "secure-and-httponly": 0,
        "not-found": 0,
        "without-secure-but-hsts": -5,
        "session-without-secure-but-hsts": -10,
        "without-secure": -20,
        "samesite-invalid": -20,
        "anticsrf-without-samesite": -20,
        "session-without-httponly": -30,
        "session-without-secure": -40,
    },
    "cross-origin-resource-sharing": {"not-implemented": 0, "public": 0, "restricted": 0, "universal": -50},
    "redirection": {"to-https": 0, "not-needed": 0, "off-host": -5, "not-to-https": -20, "missing": -20},
    "referrer-policy": {"private": 5, "not-implemented": 0, "unsafe": -5, "header-invalid": -5},
    "strict-transport-security": {
        "at-least-six-months": 0,
        "less-than-six-months": -10,
        "not-implemented": -20,
        "header-invalid": -20,
    },
    "subresource-integrity": {
        "same-origin-with-integrity": 5,
        "external-with-integrity": 5,
        "not-html": 0,
        "no-scripts": 0,
        "same-origin": 0,
        "external-over-https": -5,
        "external-with-integrity-insecure": -20,
        "external-insecure": -50,
    },
    "x-content-type-options": {"nosniff": 0, "not-implemented": -5, "header-invalid": -5},
    "x-frame-options": {
        "via-csp": 5,
        "sameorigin-or-deny": 5,
        "allow-from": 0,
        "not-implemented": -20,
        "header-invalid": -20,
    },
    "cross-origin-resource-policy": {
        "same-origin": 10,
        "same-site": 10,
        "cross-origin": 0,
        "not-implemented": 0,
        "header-invalid": -5,
    },
    "cross-origin-embedder-policy": {
        "require-corp": 10,
        "credentialless": 10,
        "unsafe-none": 0,
        "not-implemented": 0,
        "header-invalid": -5,
    },
    "cross-origin-opener-policy": {
        "same-origin": 10,
        "same-origin-allow-popups": 10,
        "noopener-allow-popups": 10,
        "unsafe-none": 0,
        "not-implemented": 0,
        "header-invalid": -5,
    },
}
MIN_SCORE_FOR_EXTRAS = 90
SIX_MONTHS = 15_552_000  # seconds
BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}


@dataclass(frozen=True)
class Answer:
    """A response over https: its headers (lower-case names), the browser's cookies after it, its page.

    `plain` is the redirect of the same address over plain http: "" without a redirect, None if nothing listens there.
    """

    url: str
    headers: Mapping[str, str]
    cookies: Mapping[str, Morsel[str]] = field(default_factory=dict)
    page: str = ""
    plain: str | None = None


@dataclass(frozen=True)
class Judgement:
    """A score and the results that it comes from."""

    score: int
    findings: dict[str, str]


def judge(answer: Answer) -> Judgement:
    findings = {name: examine(answer) for name, examine in TESTS.items()}
    changes = [TABLE[name][result] for name, result in findings.items()]
    base = 100 + sum(change for change in changes if change < 0)
    score = 100 + sum(changes) if base >= MIN_SCORE_FOR_EXTRAS else base
    return Judgement(max(score, 0), findings)


def policy_of(header: str) -> dict[str, set[str]]:
    """Return the sources of each directive. Raises ValueError for an invalid policy or a repeated directive."""
    policy: dict[str, set[str]] = {}
    for part in filter(None, map(str.strip, header.split(";"))):
        directive, *sources = part.lower().split()
        if directive in policy:
            raise ValueError(f"{directive} twice")
        policy[directive] = set(sources) or {"'none'"}
    if "," in header or not policy:
        raise ValueError("no single policy")
    return policy


def _content_security(answer: Answer) -> str:
    header = answer.headers.get("content-security-policy", "")
    if not header:
        return "not-implemented"
    try:
        policy = policy_of(header)
    except ValueError:
        return "header-invalid"
    default = policy.get("default-src", {"*"})
    script, style, objects = (policy.get(name, default) for name in ("script-src", "style-src", "object-src"))
    passive = set().union(*(policy.get(name, policy.get("default-src", set())) for name in ("img-src", "media-src")))
    active = set().union(*(sources for name, sources in policy.items() if name not in {"img-src", "media-src"}))
    findings = {
        "unsafe-inline": script & (BROAD | INLINE) or objects & BROAD,
        "insecure-scheme": [source for source in active if source.startswith(("http:", "ftp:"))],
        "unsafe-eval": "'unsafe-eval'" in script | style,
        "insecure-scheme-in-passive-content-only": [
            source for source in passive if source.startswith(("http:", "ftp:"))
        ],
        "unsafe-inline-in-style-src-only": style & (BROAD | INLINE),
        "default-src-none": default == {"'none'"},
    }
    return next((name for name, applies in findings.items() if applies), "no-unsafe")


def _cookies(answer: Answer) -> str:
    """Return the worst result of any cookie. The table is ordered from good to bad."""
    results = {_cookie(name, morsel, _is_strict(answer)) for name, morsel in answer.cookies.items()}
    names = list(TABLE["cookies"])
    return max(results, key=names.index) if results else "not-found"


def _cookie(name: str, cookie: Morsel[str], strict: bool) -> str:
    same_site = str(cookie["samesite"]).lower()
    is_session = any(word in name.lower() for word in ("login", "sess"))
    findings = {
        "session-without-secure": is_session and not cookie["secure"] and not strict,
        "session-without-httponly": is_session and not cookie["httponly"],
        "anticsrf-without-samesite": "csrf" in name.lower() and not same_site,
        "samesite-invalid": same_site not in {"", "lax", "strict"} and not (same_site == "none" and cookie["secure"]),
        "without-secure": not cookie["secure"] and not strict,
        "session-without-secure-but-hsts": is_session and not cookie["secure"],
        "without-secure-but-hsts": not cookie["secure"],
        "secure-and-httponly": not same_site,
    }
    return next((name for name, applies in findings.items() if applies), "secure-httponly-and-samesite")


def _sharing(answer: Answer) -> str:
    allowed = answer.headers.get("access-control-allow-origin", "").strip().lower()
    if not allowed:
        return "not-implemented"
    if allowed == "*":
        return "public"
    return "universal" if answer.headers.get("access-control-allow-credentials", "") == "true" else "restricted"


def _redirection(answer: Answer) -> str:
    if answer.plain is None:
        return "not-needed"
    page, target = urlsplit(answer.url), urlsplit(answer.plain)
    if not answer.plain:
        return "missing"
    if target.scheme != "https":
        return "not-to-https"
    return "to-https" if target.hostname == page.hostname else "off-host"


def _referrer(answer: Answer) -> str:
    good = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
    bad = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
    header = answer.headers.get("referrer-policy", "")
    known = [word for word in map(str.strip, header.lower().split(",")) if word in good | bad]
    if not header:
        return "not-implemented"
    return ("private" if known[-1] in good else "unsafe") if known else "header-invalid"


def _transport(answer: Answer) -> str:
    header = answer.headers.get("strict-transport-security", "").lower()
    if not header:
        return "not-implemented"
    max_age = re.search(r"(?:^|;)\s*max-age=(\d+)\s*(?:;|$)", header)
    if not max_age or "," in header:
        return "header-invalid"
    return "at-least-six-months" if int(max_age[1]) >= SIX_MONTHS else "less-than-six-months"


def _is_strict(answer: Answer) -> bool:
    return _transport(answer) == "at-least-six-months"


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.tags.append(dict(attrs))


def _integrity(answer: Answer) -> str:
    """Return the worst result of any script."""
    if not answer.headers.get("content-type", "text/html").startswith("text/html"):
        return "not-html"
    scripts = _Scripts()
    scripts.feed(answer.page)
    results = {
        _script(str(script["src"]), script.get("integrity"), answer.url) for script in scripts.tags if "src" in script
    }
    if not scripts.tags:
        return "no-scripts"
    return min(results or {"same-origin"}, key=lambda name: TABLE["subresource-integrity"][name])


def _script(source: str, integrity: str | None, url: str) -> str:
    script, page = urlsplit(source), urlsplit(url)
    if script.netloc in {"", page.netloc} and script.scheme in {"", "https"}:
        return "same-origin-with-integrity" if integrity else "same-origin"
    if script.scheme == "https":
        return "external-with-integrity" if integrity else "external-over-https"
    return "external-with-integrity-insecure" if integrity else "external-insecure"


def _sniffing(answer: Answer) -> str:
    header = answer.headers.get("x-content-type-options", "").strip().lower()
    return "nosniff" if header == "nosniff" else "header-invalid" if header else "not-implemented"


def _framing(answer: Answer) -> str:
    has_policy = _content_security(answer) not in {"not-implemented", "header-invalid"}
    if has_policy and "frame-ancestors" in policy_of(answer.headers["content-security-policy"]):
        return "via-csp"
    header = answer.headers.get("x-frame-options", "").strip().lower()
    if header in {"deny", "sameorigin"}:
        return "sameorigin-or-deny"
    return "allow-from" if header.startswith("allow-from") else "header-invalid" if header else "not-implemented"


def _keyword_test(name: str) -> Callable[[Answer], str]:
    """Return the test of a header whose value is a keyword of the table."""

    def examine(answer: Answer) -> str:
        word = answer.headers.get(name, "").strip().lower()
        if not word:
            return "not-implemented"
        return word if word in TABLE[name] and word not in {"not-implemented", "header-invalid"} else "header-invalid"

    return examine


TESTS: dict[str, Callable[[Answer], str]] = {
    "content-security-policy": _content_security,
    "cookies": _cookies,
    "cross-origin-resource-sharing": _sharing,
    "redirection": _redirection,
    "referrer-policy": _referrer,
    "strict-transport-security": _transport,
    "subresource-integrity": _integrity,
    "x-content-type-options": _sniffing,
    "x-frame-options": _framing,
    "cross-origin-resource-policy": _keyword_test("cross-origin-resource-policy"),
    "cross-origin-embedder-policy": _keyword_test("cross-origin-embedder-policy"),
    "cross-origin-opener-policy": _keyword_test("cross-origin-opener-policy"),
}

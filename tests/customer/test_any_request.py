"""Any request at all, to any address, with a live session: no fault of ours, and nothing logged but legal moves.

40 walks, and with HYPOTHESIS_PROFILE=long 1,600.
"""

from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.examples import examples
from tests.visitor import FORM, MULTIPART, Visitor, field, filled, publish, routes, rows
from wizards.analytics import audit
from wizards.models import CODE_LENGTH, Event, Session, Words

HUGE = ("9" * 20, "9" * 5000, str(2**31), str(2**63), str(2**64))
LOG, SESSIONS = Event._meta.label, Session._meta.label
ANSWERS = [
    "yes",
    "no",
    "list",
    "clean",
    "tip",
    "next",
    "worked",
    "failed",
    "blocked",
    "confirm",
    "decline",
    "none",
    "old",
]
WAYS = ((), ("no",), ("list", "old"), ("clean", "confirm", "next"), ("yes",))
words = st.text(st.characters(codec=None), max_size=30)
values = st.sampled_from([*ANSWERS, *ANSWERS, "", "a" * 2001, "\0", "\ud800"]) | words
names = st.sampled_from(["answer", "answer", "answer", "helped", "words", "q", "x"])
forms = st.lists(st.tuples(names, values), max_size=4)
numbers = st.sampled_from([1, 2, 3, 4] * 6 + [0, 9, "-1", "x", "", *HUGE]) | words
charsets = st.sampled_from(["utf-8", "hex", "idna", "unicode_escape", "\0"])
kinds = (
    st.sampled_from([FORM, MULTIPART, "text/plain", "application/json"])
    | charsets.map(lambda charset: f"{FORM}; charset={charset}")
    | words
)
oddities = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_HX_REQUEST": st.sampled_from(["true", "false"]),
        "HTTP_HX_HISTORY_RESTORE_REQUEST": st.just("true"),
        "HTTP_HX_CURRENT_URL": st.sampled_from(["http://[", "http://127.0.0.1:8000/", "%ff"]),
        "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": st.just("true"),
        "HTTP_ACCEPT_ENCODING": st.just("gzip"),
        "HTTP_ORIGIN": st.sampled_from(["null", "https://evil.example", "http://127.0.0.1:8000"]),
        "HTTP_REFERER": st.sampled_from(["http://[", "https://evil.example/"]),
        "CONTENT_LENGTH": st.sampled_from(["", "0", "-1", "70000"]),
        "HTTP_X_FORWARDED_PROTO": st.just("https"),
    },
)


def encoded(form, kind):
    """Return a form as the bytes that its kind asks for."""
    pairs = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in form]
    if kind.startswith("multipart"):
        return b"".join(field(*pair) for pair in pairs) + b"--x--\r\n"
    return b"&".join(name + b"=" + quote_from_bytes(value).encode() for name, value in pairs)


@pytest.mark.once  # tests/hostile/test_views.py sends anything to these addresses too, on both databases
class AnyRequest(TestCase):
    """Requests of every kind, to every address, with a live session in between."""

    @classmethod
    def setUpTestData(cls):
        publish()

    # Shrinking takes minutes.
    @settings(max_examples=examples(40), phases=(Phase.explicit, Phase.reuse, Phase.generate))
    @given(data=st.data())
    def test_no_request_is_a_fault_of_ours_and_only_legal_moves_are_logged(self, data):
        visitor, other = Visitor().begin(), Visitor().begin()
        visitor.walk(*data.draw(st.sampled_from(WAYS)))
        for _ in range(data.draw(st.integers(1, 3))):
            before = rows(Session, Event, Words)
            method, status = self.send(data, visitor, other)
            after = rows(Session, Event, Words)
            assert status < 500
            if after != before:
                assert method == "POST"
                assert status in {200, 303}
                assert after[LOG][: len(before[LOG])] == before[LOG]
                assert len(after[LOG]) > len(before[LOG])
            theirs = [row for row in before[SESSIONS] if row["code"] == other.code]
            assert [row for row in after[SESSIONS] if row["code"] == other.code] == theirs
        assert list(audit.find_violations()) == []

    def send(self, data, visitor, other):
        """Send a request, every other one an answer such as a browser sends; return its method and the status."""
        if data.draw(st.booleans()):
            return self.answer(data, visitor)
        method = data.draw(st.sampled_from([*["POST"] * 9, "GET", "GET", "HEAD", "PUT", "BREW"]))
        pattern = data.draw(st.sampled_from(sorted(routes().values())))
        values = {
            "code": data.draw(st.sampled_from([visitor.code] * 8 + [other.code, "2" * CODE_LENGTH])),
            "number": data.draw(numbers),
            "slug": data.draw(st.sampled_from(["toy", "toy", "none"]) | words),
            "symptom": data.draw(st.sampled_from(["s", "s", "none"]) | words),
        }
        escaped = {name: quote(str(value).encode("utf-8", "surrogatepass")) for name, value in values.items()}
        query = data.draw(st.just("") | forms.map(lambda form: "?" + encoded(form, FORM).decode()))
        kind = data.draw(kinds)
        body = encoded(data.draw(forms), kind) if data.draw(st.integers(0, 9)) else data.draw(st.binary(max_size=99))
        extra = data.draw(st.just({}) | oddities)
        address = filled(pattern, **escaped) + query
        kind = kind.encode("utf-8", "replace").decode()
        status, _ = visitor.raw(method, address, body, kind, csrf=bool(data.draw(st.integers(0, 9))), **extra)
        note(f"{method} {address[:200]} {kind} {body[:200]!r} {extra} -> {status}")
        return method, status

    def answer(self, data, visitor):
        """Answer on some page of the session, as likely as not with what it offers."""
        name = data.draw(st.sampled_from(["step", "step", "step", "back", "restart", "remark", "feedback", "help"]))
        number = data.draw(st.integers(1, visitor.session.count))
        body = encoded([("answer", data.draw(values)), ("helped", data.draw(st.sampled_from(["yes", "no", ""])))], FORM)
        status, _ = visitor.raw("POST", visitor.address(name, number), body)
        note(f"POST {name} {number} {body[:200]!r} -> {status}")
        return "POST", status

"""What nobody sends by accident: every damaged or forged request gets a page in plain words, and nothing is logged."""

import json
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.reading import read
from tests.visitor import FORM, HTMX, MULTIPART, Visitor, field, publish, rows
from wizards import journal
from wizards.analytics import audit
from wizards.models import Event, Session, Words

pytestmark = pytest.mark.django_db  # what is refused before any database is asked is `once`

HUGE = (str(2**31), str(2**63), "9" * 20, "9" * 5000)
SURROGATE = b"\xed\xa0\x80"
POSTED = ("step", "back", "restart", "remark", "feedback")
MAX_BODY = 64 * 1024


@pytest.fixture
def visitor():
    """Give a visitor at the second page of a session through the toy: a step of a procedure."""
    publish()
    return Visitor().begin().walk("no")


def refused(answer, statuses):
    """Assert that an answer has one of these statuses and is a page in plain words with a link on."""
    status, html = answer
    page = read(html)
    assert status in statuses, (status, page.text[:300])
    assert page.whole
    assert page.h1
    assert "Traceback" not in html
    assert [link for link in page.links if link == "/" or link.startswith("/s/")]


# Unknown URLs


@pytest.mark.parametrize(
    "address",
    [
        "/s/222222222222/",
        "/s/222222222222/1/",
        "/s/222222222222/1/told/",
        "/s/222222222222/help/",
        "/s/short/1/",
        "/s/2222222222222/1/",
        "/s/ABCDEFGHJKMN/1/",
        "/s/lllllllllll1/1/",
        "/w/nothing/",
        "/w/" + "a" * 3000 + "/",
        "/w/größe/",
        "/s/",
        "/begin/toy/",
        "/%E2%80%AE/",
        "/..%2f..%2fetc/passwd",
    ],
    ids=lambda address: address[:30],
)
def test_an_unknown_url_is_a_404_with_a_link_on(visitor, address):
    refused(visitor.raw("GET", address), {404})


@pytest.mark.parametrize("address", ["/begin/toy/nothing/", "/begin/nothing/s/", "/begin/" + "a" * 3000 + "/s/"])
def test_beginning_with_an_unknown_symptom_or_product_is_a_404_and_begins_nothing(visitor, address):
    before = rows(Session, Event)
    refused(visitor.raw("POST", address[:60] + address[60:]), {404})
    assert rows(Session, Event) == before


@pytest.mark.once
@pytest.mark.parametrize("number", ["-1", "1.5", "1e1", "٣", "²", "0x1", "%20", "one", "+1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_invalid_number_is_a_404(visitor, number, method):
    before = rows()
    refused(visitor.raw(method, visitor.address("step", number), b"answer=next"), {404})
    assert rows() == before


# Numbers that no page has


@pytest.mark.parametrize("name", ["step", "remark", "steps", "told"])
def test_a_page_that_was_not_reached_is_refused_with_a_link_back(visitor, name):
    for number in ("0", "3", "99", *HUGE):
        answer = visitor.raw("GET", visitor.address(name, number))
        refused(answer, {400, 404})
        assert answer[0] == 400 or number in HUGE
        if answer[0] == 400:
            assert "has not been reached yet" in read(answer[1]).text
            assert visitor.address("step", 2) in read(answer[1]).links


@pytest.mark.once
@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}], ids=["page", "htmx"])
@pytest.mark.parametrize("name", POSTED)
def test_nothing_is_logged_for_a_page_that_was_not_reached(visitor, name, headers):
    before = rows()
    body = b"answer=next&helped=yes&words=hello"
    for number in ("0", "3", "99", *HUGE):
        refused(visitor.raw("POST", visitor.address(name, number), body, **headers), {400, 404, 422})
    assert rows() == before


def test_a_number_with_zeros_before_it_is_the_same_page(visitor):
    assert visitor.raw("GET", visitor.address("step", "0002"))[0] in {200, 404}


# Invalid answers


@pytest.mark.once
@pytest.mark.parametrize(
    "value",
    ["", "no", "confirm", "decline", "none", "loose", "q", "NEXT", "next ", "\u202e", "💥" * 9, "a" * 60_000, "'--"],
    ids=lambda value: ascii(value[:12]),
)
@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}], ids=["page", "htmx"])
def test_an_answer_that_is_not_offered_is_a_422_and_not_logged(visitor, value, headers):
    before = rows()
    body = urlencode({"answer": value}).encode()
    status, html = visitor.raw("POST", visitor.address(), body[: MAX_BODY - 1], **headers)
    assert status == 422
    assert read(html).all("div", role="alert")
    assert rows() == before


def test_an_answer_at_an_end_is_a_422_and_not_logged(visitor):
    visitor.walk("worked")
    before = rows()
    for value in ("worked", "next", "yes"):
        assert visitor.answer(value).status_code == 422
    assert rows() == before


def test_a_field_given_twice_counts_once_as_the_last(visitor):
    status, _ = visitor.raw("POST", visitor.address(), b"answer=bogus&answer=next")
    assert status == 303
    assert visitor.log[2:] == ["answer next"]
    status, _ = visitor.raw("POST", visitor.address("step", 3), b"answer=worked&answer=bogus")
    assert status == 422
    assert len(visitor.log) == 3


# Words


@pytest.mark.once
@pytest.mark.parametrize("words", ["a" * 2001, "ä" * 2001, "💥" * 2001, "\x01", "\x1b[1m", "a\x7fb", "a\x85b"])
@pytest.mark.parametrize(("name", "extra"), [("remark", {}), ("feedback", {"helped": "yes"})])
def test_words_that_are_too_long_or_no_text_are_a_422_and_not_logged(visitor, name, extra, words):
    visitor.walk("worked")
    before = rows()
    body = urlencode({"words": words, **extra}).encode()
    status, html = visitor.raw("POST", visitor.address(name), body)
    assert status == 422
    assert read(html).all("div", role="alert")
    assert rows() == before


@pytest.mark.parametrize("words", ["ä" * 2000, "💥" * 2000, "one\r\ntwo\tthree", "\u202ea", "\ufffe\uffff", "e\u0301"])
def test_odd_words_that_are_text_are_kept_as_they_are(visitor, words):
    status, _ = visitor.raw("POST", visitor.address("remark"), urlencode({"words": words}).encode())
    assert status == 303
    assert Words.objects.get().text.split() == words.split()


@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}], ids=["page", "htmx"])
@pytest.mark.parametrize("query", ["a" * 201, "%01", "%1B", "%ED%A0%80" * 100], ids=lambda query: query[:9])
def test_a_query_that_cannot_be_searched_is_refused_in_plain_words(visitor, query, headers):
    status, html = visitor.raw("GET", f"/search/?q={query}", **headers)
    assert status in {200, 422}
    assert status == 200 or "characters" in read(html).text


# Bodies


@pytest.mark.once
@pytest.mark.parametrize("kind", [FORM, MULTIPART, "text/plain", "application/json"])
def test_a_body_over_64_kb_is_refused(visitor, kind):
    before = rows()
    big = b"a" * MAX_BODY
    bodies = {FORM: b"answer=next&helped=yes&words=" + big, MULTIPART: field(b"words", big) + b"--x--\r\n"}
    for name in POSTED:
        answer = visitor.raw("POST", visitor.address(name), bodies.get(kind, big + b"a"), kind)
        refused(answer, {400})
        assert "too large" in read(answer[1]).text
    assert rows() == before


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"answer=%00&helped=yes&words=%00"),
        (FORM, b"answer=next%00&helped=yes&words=a%00b"),
        (FORM, b"answer=next\x00&helped=yes"),
        (FORM, b"answer=next&helped=yes&%00=1"),
        (MULTIPART, field(b"answer", b"next\x00") + field(b"helped", b"yes") + b"--x--\r\n"),
        (MULTIPART, field(b"answer", b"next") + field(b"other\x00", b"yes") + b"--x--\r\n"),
    ],
    ids=["escaped", "within", "plain", "in a name", "multipart", "in a multipart name"],
)
def test_a_nul_in_the_form_is_refused(visitor, kind, body):
    before = rows()
    for name in POSTED:
        refused(visitor.raw("POST", visitor.address(name), body, kind), {400})
    assert rows() == before


@pytest.mark.parametrize("address", ["{}%00", "{}?a=%00", "{}?%00", "/%00{}", "{}?a=b%00c"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_nul_in_the_address_is_refused(visitor, address, method):
    before = rows()
    refused(visitor.raw(method, address.format(visitor.address()), b"answer=next"), {400})
    assert rows() == before


@pytest.mark.parametrize("cookie", ['visitor="a\\000b"', "visitor=\x00", "\x00"])
def test_a_nul_in_a_cookie_makes_it_somebody_elses(visitor, cookie):
    refused(visitor.raw("GET", visitor.address(), HTTP_COOKIE=cookie), {404})


@pytest.mark.once
@pytest.mark.parametrize("header", ["ACCEPT_LANGUAGE", "REFERER", "USER_AGENT", "HX_CURRENT_URL", "HX_TARGET"])
def test_a_nul_in_a_header_that_is_not_ours_does_no_harm(visitor, header):
    assert visitor.raw("GET", visitor.address(), **{f"HTTP_{header}": "a\x00b"})[0] == 200


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"answer=%ED%A0%80&helped=%ED%A0%80"),
        (FORM, b"answer=" + SURROGATE),
        (FORM, b"answer=\xff\xfe"),
        (MULTIPART, field(b"answer", SURROGATE) + b"--x--\r\n"),
        (MULTIPART, field(SURROGATE, b"next") + b"--x--\r\n"),
        (f"{FORM}; charset=utf-7", b"answer=+2AA-"),
        (f"{FORM}; charset=unicode_escape", b"answer=\\ud800"),
        (f"{FORM}; charset=raw_unicode_escape", b"answer=\\ud800"),
        (f"{FORM}; charset=hex", b"answer=zz"),
        (f"{FORM}; charset=idna", b"answer=xn--a"),
        (f"{FORM}; charset=punycode", b"answer=a-b-c"),
        (f"{FORM}; charset=utf-16", b"answer=n"),
        (f"{FORM}; charset=undefined", b"answer=n"),
        (f"{FORM}; charset=\0", b"answer=n"),
        (f"{FORM}; charset*=utf-7''x", b"answer=n"),
        (f"{MULTIPART}; charset=utf-7", field(b"answer", b"+2AA-") + b"--x--\r\n"),
        (f"{MULTIPART}; charset=unicode_escape", field(b"answer", b"\\ud800") + b"--x--\r\n"),
        (f"{MULTIPART}; charset=hex", field(b"answer", b"zz") + b"--x--\r\n"),
        (f"{MULTIPART}; charset=idna", field(b"answer", b"xn--a") + b"--x--\r\n"),
        (MULTIPART, field(b"answer", b"zz", b"\r\nContent-Type: text/plain; charset=hex") + b"--x--\r\n"),
    ],
)
def test_no_trick_with_encodings_is_logged(visitor, kind, body):
    before = rows()
    for name in ("step", "feedback"):
        refused(visitor.raw("POST", visitor.address(name), body, kind), {400, 422})
    assert rows() == before


@pytest.mark.once
@pytest.mark.parametrize(
    "charset",
    ["hex", "idna", "undefined", "utf-7", "unicode_escape", "utf-16", "zip", "rot13", "none", "", '"\\"', "a\x00", "é"],
)
def test_no_charset_spoils_how_the_address_is_read(visitor, charset):
    statuses = {
        visitor.raw(method, f"{path}?{query}", b"", f"{kind}; charset={charset}")[0]
        for kind in (FORM, MULTIPART, "text/plain")
        for query in ("q=reset", "q=%ED%A0%80", "q=\xff", "q=%5Cud800")
        for method, path in (("POST", visitor.address()), ("GET", "/search/"))
    }
    assert statuses <= {200, 400, 422}


@pytest.mark.once
@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "iso-8859-1"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [(FORM, b"words=gr%C3%B6%C3%9Fer"), (MULTIPART, field(b"words", "größer".encode()) + b"--x--\r\n")],
    ids=["form", "multipart"],
)
def test_a_form_that_names_its_charset_arrives(visitor, kind, body, charset):
    assert visitor.raw("POST", visitor.address("remark"), body, f"{kind}; charset={charset}")[0] == 303
    assert Words.objects.get().text == "größer"


@pytest.mark.parametrize(
    ("kind", "words", "kept"),
    [
        (FORM, b"%ED%A0%80", "\ufffd\ufffd\ufffd"),
        (f"{FORM}; charset=unicode_escape", b"\\ud800", "\\ud800"),
        (f"{FORM}; charset=utf-7", b"%2B2AA-", "+2AA-"),
        (f"{FORM}; charset=hex", b"6161", "6161"),
    ],
)
def test_words_in_a_forged_encoding_are_kept_as_utf8(visitor, kind, words, kept):
    status, _ = visitor.raw("POST", visitor.address("remark"), b"words=" + words, kind)
    assert status == 303
    assert Words.objects.get().text == kept


def test_words_that_are_not_utf8_are_refused(visitor):
    refused(visitor.raw("POST", visitor.address("remark"), b"words=" + SURROGATE), {400, 422})
    assert len(visitor.log) == 2


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", json.dumps({"answer": "next", "helped": "yes"}).encode()),
        ("text/plain", b"answer=next&helped=yes"),
        ("", b"answer=next&helped=yes"),
        ("nonsense", b"answer=next&helped=yes"),
        ("application/octet-stream", b"\x00\xff"),
        ("multipart/form-data", field(b"answer", b"next")),
        ("multipart/form-data; boundary=", field(b"answer", b"next")),
        ("multipart/form-data; boundary=é", field(b"answer", b"next")),
        ("multipart/mixed; boundary=x", field(b"answer", b"next")),
        (MULTIPART, b"--y\r\nnothing"),
        (MULTIPART, b"--x\r\n\r\n--x--"),
        (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="answer"'),
        (MULTIPART, field(b"answer", b"next", b"\r\nContent-Transfer-Encoding: base64") + b"--x--"),
        (MULTIPART, field(b"answer", b"next", b'; filename="a.txt"') + b"--x--\r\n"),
        (FORM, b""),
        (FORM, b"&&&==&"),
        (FORM, b"%"),
        (FORM, b"answer"),
    ],
)
def test_a_body_that_is_not_our_form_logs_no_answer(visitor, kind, body):
    before = rows(Event, Session)
    for name in ("step", "feedback"):
        refused(visitor.raw("POST", visitor.address(name), body, kind), {400, 422})
    assert rows(Event, Session) == before
    for name in ("back", "restart", "remark"):  # these need no field
        before = rows(Event, Session)
        status, _ = visitor.raw("POST", visitor.address(name), body, kind)
        assert status in {303, 400}
        assert status == 303 or rows(Event, Session) == before


@pytest.mark.once
@pytest.mark.parametrize("body", ["&".join(f"a{n}=b" for n in range(2000)), "answer=next&" * 2000])
def test_two_thousand_fields_are_refused(visitor, body):
    before = rows()
    refused(visitor.raw("POST", visitor.address(), body.encode()), {400})
    parts = b"".join(field(f"a{n}".encode(), b"") for n in range(2000))
    refused(visitor.raw("POST", visitor.address(), parts[:MAX_BODY], MULTIPART), {400})
    assert rows() == before


@pytest.mark.once
@pytest.mark.parametrize("length", ["", "-1", "x", "5", "9" * 30])
def test_a_wrong_content_length_is_no_server_error(visitor, length):
    status, _ = visitor.raw("POST", visitor.address(), b"answer=nextandmore", CONTENT_LENGTH=length)
    assert status in {400, 422}
    assert len(visitor.log) == 2


# Forms from elsewhere


def test_a_form_without_its_token_is_a_403_with_a_link_on_and_nothing_is_logged(visitor):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visitor.client.cookies
    before = rows()
    addresses = [visitor.address(name) for name in (*POSTED, "help")] + ["/begin/toy/s/"]
    for address in addresses:
        for headers in ({}, HTMX, {"origin": "https://evil.example"}, {"x-csrftoken": "x"}):
            response = strict.post(address, {"answer": "next", "helped": "yes"}, headers=headers)
            refused((response.status_code, response.content.decode()), {403})
    assert rows() == before


def test_a_form_with_its_own_token_is_taken():
    publish()
    visitor = Visitor(enforce_csrf_checks=True)
    tokens = read(visitor.client.get("/w/toy/")).all("input", name="csrfmiddlewaretoken")
    response = visitor.follow(visitor.client.post("/begin/toy/s/", {"csrfmiddlewaretoken": tokens[0]["value"]}))
    assert response.status_code == 303
    token = read(visitor.see()).all("input", name="csrfmiddlewaretoken")[0]["value"]
    assert visitor.send("step", csrfmiddlewaretoken=token, answer="no").status_code == 303
    fragment = read(visitor.send("step", headers=HTMX, csrfmiddlewaretoken=token, answer="next"))
    token = fragment.all("input", name="csrfmiddlewaretoken")[0]["value"]
    assert visitor.send("step", csrfmiddlewaretoken=token, answer="worked").status_code == 303
    assert visitor.log[-1] == "end solved"


# And after all that


def test_the_log_replays_after_all_this(visitor):
    for body in (b"answer=bogus", b"answer=next", b"answer=%00", b"answer=failed", b"", b"answer=none"):
        visitor.raw("POST", visitor.address("step", visitor.session.count), body)
    history = journal.history_of(visitor.session)
    assert [event.answer for event in history.events] == ["s", "no", "next", "failed", "none", "unsolved"]
    assert history.pages[-1].position == visitor.session.position
    assert list(audit.find_violations()) == []

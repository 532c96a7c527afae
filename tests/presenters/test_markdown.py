"""Editors' Markdown: what it renders, and what it must not do."""

import time
from concurrent.futures import ThreadPoolExecutor
from importlib import util
from urllib.parse import urlsplit

import pytest
from django.template import Context, Template
from django.utils.safestring import SafeString
from markdown_it.ruler import Ruler

from tests.reading import read
from wizards.presenters.markdown import render_markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Press **firmly**.", "<p>Press <strong>firmly</strong>.</p>"),
        ("*Now*", "<p><em>Now</em></p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("`192.0.2.1`", "<p><code>192.0.2.1</code></p>"),
        ("> note", "<blockquote>\n<p>note</p>\n</blockquote>"),
        ("a  \nb", "<p>a<br>\nb</p>"),
    ],
)
def test_plain_markdown_becomes_plain_html(text, html):
    assert render_markdown(text) == html


def test_no_text_is_no_html():
    assert render_markdown("") == ""


def test_the_result_is_marked_as_safe_for_templates():
    assert isinstance(render_markdown("*a*"), SafeString)
    assert Template("{{ text }}").render(Context({"text": render_markdown("*a*")})) == "<p><em>a</em></p>"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<b onclick=alert(1)>b</b>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<!-- hidden -->",
        "<iframe src='https://evil.example'></iframe>",
        "<style>* {display: none}</style>",
        "<div style='position: fixed'>x</div>",
        "a <scr<script>ipt>alert(1)</script>",
        "`<script>`",
        "    <script>alert(1)</script>",
        "```\n<script>alert(1)</script>\n```",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_raw_html_is_shown_as_text(text):
    page = read(str(render_markdown(text)))
    assert page.inline == []
    assert page.elements
    assert {tag for tag, _ in page.elements} <= {"p", "code", "pre"}
    assert "<" in page.text


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript&#58;alert(1)",
        "java&#x0A;script:alert(1)",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "\x01javascript:alert(1)",
    ],
)
@pytest.mark.parametrize("form", ["[a]({})", "<{}>", "[a][1]\n\n[1]: {}"])
def test_a_link_that_runs_something_is_dropped(target, form):
    page = read(str(render_markdown(form.format(target))))
    assert page.inline == []
    assert page.text
    assert {urlsplit(link).scheme for link in page.links} <= {""}


@pytest.mark.parametrize("target", ["https://example.org/a?b=c", "http://192.0.2.1/", "mailto:a@example.org", "tel:1"])
def test_a_plain_link_is_kept_and_tells_no_referrer(target):
    (link,) = read(str(render_markdown(f"[here]({target})"))).all("a")
    assert link == {"href": target, "rel": "noopener noreferrer"}


@pytest.mark.parametrize("text", ["![alt](https://evil.example/x.png)", "![alt](x.png)", "![a][1]\n\n[1]: x.png"])
def test_images_are_not_shown(text):
    assert not read(str(render_markdown(text))).all("img")


def test_an_address_alone_is_no_link():
    assert not read(str(render_markdown("See https://example.org/ and www.example.org"))).links


def test_a_table_of_text_stays_text():
    page = read(str(render_markdown("| a | b |\n|---|---|\n| 1 | 2 |")))
    assert page.text == "a b 1 2"
    assert page.elements == []


def test_the_same_text_gives_the_same_html_however_often_it_is_asked_for():
    texts = [f"*{number}*" for number in range(5000)]  # more than are remembered
    first = [render_markdown(text) for text in texts]
    assert [render_markdown(text) for text in texts] == first
    assert first[7] == "<p><em>7</em></p>"


@pytest.mark.parametrize("text", ["*" * 4000, "[" * 4000, "> " * 2000, "- " * 2000, "`" * 3999, "![](" * 999])
def test_odd_markdown_ends_soon_and_well(text):
    assert read(str(render_markdown(text))).inline == []


def test_what_several_people_see_first_at_the_same_moment_is_whole(monkeypatch):
    sort = Ruler.__compile__

    def slowly(rules):
        rules.__cache__ = {}
        time.sleep(0.05)
        sort(rules)

    monkeypatch.setattr(Ruler, "__compile__", slowly)
    started = util.module_from_spec(util.find_spec("wizards.presenters.markdown"))
    started.__spec__.loader.exec_module(started)
    with ThreadPoolExecutor(4) as people:
        seen = list(people.map(started.render_markdown, (f"**{name}**" for name in "abcd")))
    assert seen == [f"<p><strong>{name}</strong></p>" for name in "abcd"]

"""Editors' Markdown to safe HTML: raw HTML is escaped, and the result is sanitized."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "a", "code", "blockquote", "h2", "h3", "h4", "hr"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}

_markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "typographer": False}).disable("image")
# It sorts its rules on first use, when other threads could see them half sorted: do it before there are threads.
for _rules in (_markdown.core.ruler, _markdown.block.ruler, _markdown.inline.ruler, _markdown.inline.ruler2):
    _rules.getRules("")


@lru_cache(maxsize=4096)
def render_markdown(text: str) -> SafeString:
    """Render Markdown as HTML of a few plain tags. Links open in the same window and send no referrer."""
    if not text:
        return SafeString("")
    html = nh3.clean(
        _markdown.render(text), tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer"
    )
    return mark_safe(html.strip())  # nosec B308, B703  # noqa: S308  nh3 has cleaned it


def without_links(html: SafeString) -> SafeString:
    """Make the links in rendered Markdown inert."""
    inert = {"a": {"role": "link", "aria-disabled": "true"}}
    plain = nh3.clean(
        html, tags=TAGS, attributes={"ol": ATTRIBUTES["ol"]}, set_tag_attribute_values=inert, link_rel=None
    )
    return mark_safe(plain)  # nosec B308, B703  # noqa: S308  nh3 has cleaned it

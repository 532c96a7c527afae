"""Icons, pictures, durations, links and buttons for templates.

On a readonly screen (`screen.readonly`), links and buttons look the same and do nothing:

{% link screen.answers_url class="quiet" %}What you told us so far{% endlink %}
{% button name="answer" value="confirm" class="btn" %}Yes, go on{% endbutton %}
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

register = template.Library()

ICONS = Path(settings.BASE_DIR) / "templates" / "icons"
PICTURES = Path(settings.BASE_DIR) / "static" / "pictures"
NAME = re.compile(r"[a-z0-9-]{1,64}")
INERT_LINK = {"role": "link", "aria-disabled": "true"}
INERT_BUTTON = {"type": "button", "tabindex": "-1", "aria-disabled": "true"}  # `disabled` would look different
ACTING = {"name", "value", "formaction"}
CHOSEN = SafeString('<b class="given">Chosen</b>')


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite. There is a word beside it, so screen readers skip it."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
@lru_cache(maxsize=1)
def icons() -> SafeString:
    """Write the sprite: every file of templates/icons as a symbol, once for each full page."""
    symbols = (_symbol(path) for path in sorted(ICONS.glob("*.svg")))
    return mark_safe(f"<svg hidden>{''.join(symbols)}</svg>")  # nosec B308, B703  # noqa: S308  our own files


@register.simple_tag
@lru_cache(maxsize=64)
def picture(name: str) -> SafeString:
    """Inline static/pictures/<name>.svg as decoration; nothing if there is no such picture."""
    path = PICTURES / f"{name}.svg"
    if not NAME.fullmatch(name) or not path.is_file():
        return SafeString("")
    svg = re.sub(r"<use\b[^>]*>|</?symbol\b[^>]*>|\n", "", path.read_text(encoding="utf-8"))
    return mark_safe(svg.replace("<svg ", '<svg aria-hidden="true" ', 1))  # nosec B308, B703  # noqa: S308  our own files


@register.filter
def duration(seconds: int) -> str:
    """Write seconds in words: whole minutes as minutes, everything else as seconds."""
    minutes, rest = divmod(int(seconds), 60)
    if rest or not minutes:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


@register.filter
def ago(when: datetime) -> str:
    """Write how long ago something was, in one unit: "just now", "25 minutes ago", "3 days ago"."""
    if timezone.now() - when < timedelta(minutes=1):
        return "just now"
    return f"{timesince(when, depth=1)} ago"


@register.simple_block_tag(takes_context=True)
def link(context: template.Context, content: SafeString, url: str, **attributes: str) -> SafeString:
    screen = context.get("screen") or {}
    acting = INERT_LINK if screen.get("readonly") else {"href": url}
    return _element("a", attributes | acting, content)


@register.simple_block_tag(takes_context=True)
def button(context: template.Context, content: SafeString, **attributes: str) -> SafeString:
    """Write a button that submits its form; on a readonly screen it is marked if it gave the customer's answer."""
    screen = context.get("screen") or {}
    if not screen.get("readonly"):
        return _element("button", {"type": "submit", **attributes}, content)
    if attributes.get("value", "") == screen["answer"] != "":
        content += CHOSEN
    looks = {name: value for name, value in attributes.items() if name not in ACTING}
    return _element("button", INERT_BUTTON | looks, content)


def _symbol(path: Path) -> str:
    """Return an icon's file as a symbol with the id i-<name>."""
    svg = path.read_text(encoding="utf-8")
    view_box = re.search(r'viewBox="([^"]+)"', svg)
    content = re.sub(r"^.*?<svg[^>]*>|</svg>|\n\s*", "", svg, flags=re.S)
    return f'<symbol id="i-{path.stem}" viewBox="{view_box[1] if view_box else "0 0 16 16"}">{content}</symbol>'


def _element(name: str, attributes: dict[str, str], content: SafeString) -> SafeString:
    return format_html("<{0}{1}>{2}</{0}>", name, format_html_join("", ' {}="{}"', attributes.items()), content)

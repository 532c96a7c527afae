"""What templates show: icons, pictures, counts, durations."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

register = template.Library()

ICONS = Path(settings.BASE_DIR) / "templates" / "icons"
PICTURES = Path(settings.BASE_DIR) / "static" / "pictures"
NAME = re.compile(r"[a-z0-9-]{1,64}")


@register.simple_tag
def icon(name: str) -> SafeString:
    """Show one icon of the sprite; it repeats a word beside it, so screen readers skip it."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
@lru_cache(maxsize=1)
def icons() -> SafeString:
    """Give the sprite: every file of templates/icons as a symbol, once for each full page."""
    symbols = (_symbol(path) for path in sorted(ICONS.glob("*.svg")))
    return mark_safe(f"<svg hidden>{''.join(symbols)}</svg>")  # nosec B308, B703  # noqa: S308  our own files


@register.simple_tag
@lru_cache(maxsize=64)
def picture(name: str) -> SafeString:
    """Inline static/pictures/<name>.svg as decoration; nothing when there is no such picture."""
    path = PICTURES / f"{name}.svg"
    if not NAME.fullmatch(name) or not path.is_file():
        return mark_safe("")  # nosec B308  # nothing
    svg = re.sub(r"<use\b[^>]*>|</?symbol\b[^>]*>|\n", "", path.read_text(encoding="utf-8"))
    return mark_safe(svg.replace("<svg ", '<svg aria-hidden="true" ', 1))  # nosec B308, B703  # noqa: S308  our own files


@register.filter
def duration(seconds: int) -> str:
    """Say a number of seconds in words: whole minutes as minutes, everything else as seconds."""
    minutes, rest = divmod(int(seconds), 60)
    if rest or not minutes:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


@register.filter
def ago(when: datetime) -> str:
    """Say how long ago something was, in one unit: "just now", "25 minutes ago", "3 days ago"."""
    if timezone.now() - when < timedelta(minutes=1):
        return "just now"
    return f"{timesince(when, depth=1)} ago"


def _symbol(path: Path) -> str:
    """Turn one icon's file into a symbol with the id i-<name>."""
    svg = path.read_text(encoding="utf-8")
    box = re.search(r'viewBox="([^"]+)"', svg)
    inside = re.sub(r"^.*?<svg[^>]*>|</svg>|\n\s*", "", svg, flags=re.S)
    return f'<symbol id="i-{path.stem}" viewBox="{box[1] if box else "0 0 16 16"}">{inside}</symbol>'

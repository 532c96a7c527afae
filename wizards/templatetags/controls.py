"""Links and buttons of a customer's page. On a readonly screen they look the same and do nothing.

{% link screen.answers_url class="quiet" %}What you told us so far{% endlink %}
{% button name="answer" value="confirm" class="btn" %}Yes, go on{% endbutton %}
"""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

INERT_LINK = {"role": "link", "aria-disabled": "true"}
INERT_BUTTON = {"type": "button", "tabindex": "-1", "aria-disabled": "true"}  # `disabled` would look different
ACTING = {"name", "value", "formaction"}
CHOSEN = SafeString('<b class="given">Chosen</b>')


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


def _element(name: str, attributes: dict[str, str], content: SafeString) -> SafeString:
    return format_html("<{0}{1}>{2}</{0}>", name, format_html_join("", ' {}="{}"', attributes.items()), content)

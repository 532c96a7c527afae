"""Renders a session's position as a full page, or as the fragment that htmx asked for.

    Page --screens--> context --responses--> response
                      (fragment_cache: rendered once for each position of a version)

It reads the document and the position, and decides nothing. Only `responses` knows htmx's headers.
"""

from .fragment_cache import cached_fragment, fragment_with_placeholders
from .images import picture_context, product_picture
from .page import Context, Page, is_back_at_entry, page_of, step_url
from .responses import redirect, render_page, render_step, wants_fragment
from .screens import (
    agent_context,
    all_steps_context,
    answers_so_far,
    contact_context,
    heading,
    readonly_context,
    reference,
    screen_context,
)

__all__ = [
    "Context",
    "Page",
    "agent_context",
    "all_steps_context",
    "answers_so_far",
    "cached_fragment",
    "contact_context",
    "fragment_with_placeholders",
    "heading",
    "is_back_at_entry",
    "page_of",
    "picture_context",
    "product_picture",
    "readonly_context",
    "redirect",
    "reference",
    "render_page",
    "render_step",
    "screen_context",
    "step_url",
    "wants_fragment",
]

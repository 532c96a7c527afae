"""A position as a page: what the templates show, as a full page or as the fragment that HTMX asked for.

    View --screens--> context --sending--> response
                      (quick: rendered once for each position of a version)

It reads the document and the position; it decides nothing. Only `sending` knows HTMX's headers.
"""

from .fragment_cache import quick_fragment, stencil_of
from .images import product_picture, shown_picture
from .page import Context, View, may_be_first_again, step_address, view_of
from .responses import lead_to, show, step, wants_fragment
from .screens import all_steps, contact, for_agent, heading, reference, screen, told

__all__ = [
    "Context",
    "View",
    "all_steps",
    "contact",
    "for_agent",
    "heading",
    "lead_to",
    "may_be_first_again",
    "product_picture",
    "quick_fragment",
    "reference",
    "screen",
    "show",
    "shown_picture",
    "stencil_of",
    "step",
    "step_address",
    "told",
    "view_of",
    "wants_fragment",
]

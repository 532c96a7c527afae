"""Take pictures of every kind of page, on a phone and on a wide screen, light and dark.

    python -m tests.browser.screenshots FOLDER                          all of them, whole pages
    python -m tests.browser.screenshots FOLDER home-390-light ...       these, as much as the screen shows

In:  the project as it is; it is started the way `make run` starts it, in a folder of its own.
Out: FOLDER/PLACE-WIDTH-SCHEME.png
"""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests import programs
from tests.browser import served
from tests.browser.editing_places import Editing
from tests.browser.places import PLACES, Documents, Place
from tests.browser.review_places import Reviewing
from wizards import flow

SIZES = {390: 1040, 1280: 800}
SCHEMES = ("light", "dark")
HEAVY = 120_000  # bytes


def main(arguments: list[str]) -> None:
    """Take the pictures named, or all."""
    target, names = Path(arguments[0]), set(arguments[1:])
    target.mkdir(parents=True, exist_ok=True)
    files = sorted((served.ROOT / "fixtures").glob("*.yaml"))
    read = [flow.parse_valid_document(file.read_bytes(), "yaml") for file in files]
    documents = {document.slug: document for document in read}
    with tempfile.TemporaryDirectory() as folder, served.site(Path(folder)) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(**programs.launch_options())
        for place in (*PLACES, *Editing(Path(folder), documents).places(), *Reviewing(Path(folder)).places()):
            shots = [name for name in all_names(place) if not names or name[0] in names]
            if shots:
                take(browser, address, place, documents, shots, target, full_page=not names)
        browser.close()


def all_names(place: Place) -> list[tuple[str, int, str]]:
    """Return (name, width, scheme) for each picture of a place."""
    return [(f"{place.name}-{width}-{scheme}", width, scheme) for width, scheme in product(SIZES, SCHEMES)]


def take(
    browser: Browser,
    address: str,
    place: Place,
    documents: Documents,
    shots: list[tuple[str, int, str]],
    target: Path,
    *,
    full_page: bool,
) -> None:
    """Go to a place once, and take pictures of it."""
    context = browser.new_context(base_url=address, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    place.open(page, documents)
    for name, width, scheme in shots:
        page.set_viewport_size({"width": width, "height": SIZES[width]})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=target / f"{name}.png", full_page=full_page)
        lighten(target / f"{name}.png")
        print(name, flush=True)
    context.close()


def lighten(picture: Path) -> None:
    """Save a picture that is too heavy for the documentation with 256 colours."""
    if picture.stat().st_size > HEAVY:
        with Image.open(picture) as full:
            full.convert("RGB").quantize(256).save(picture, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])

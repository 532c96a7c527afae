"""Take a picture of every kind of page, on a phone and on a wide screen, light and dark.

    python -m tests.browser.screenshots FOLDER [NAME...]

In:  the project as it is; it is started the way `make run` starts it, in a folder of its own.
Out: FOLDER/NAME-390-light.png and so on.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import chromium
from tests.browser import served
from tests.browser.places import PLACES
from tests.conftest import CHROMIUM_ARGUMENTS
from wizards import flow

SIZES = {390: 844, 1280: 800}


def main(arguments: list[str]) -> None:
    """Take the pictures of the places named, or of all."""
    target, names = Path(arguments[0]), arguments[1:]
    target.mkdir(parents=True, exist_ok=True)
    files = sorted((served.ROOT / "fixtures").glob("*.yaml"))
    read = [flow.read_faultless(file.read_bytes(), "yaml") for file in files]
    documents = {document.slug: document for document in read}
    with tempfile.TemporaryDirectory() as folder, served.site(Path(folder)) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.find(), args=CHROMIUM_ARGUMENTS)
        for place in PLACES:
            if not names or place.name in names:
                context = browser.new_context(base_url=address, locale="en-GB", reduced_motion="reduce")
                page = context.new_page()
                place.open(page, documents)
                for width, height in SIZES.items():
                    for scheme in ("light", "dark"):
                        page.set_viewport_size({"width": width, "height": height})
                        page.emulate_media(color_scheme=scheme)
                        page.screenshot(path=target / f"{place.name}-{width}-{scheme}.png", full_page=True)
                context.close()
                print(place.name, flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])

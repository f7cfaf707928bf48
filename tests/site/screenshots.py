"""Pictures of every page of a built site, for the eye: `python -m tests.site.screenshots SITE FOLDER [light|dark]`."""

import argparse
from pathlib import Path

from tests.site.browser import SIZES, chromium, launched, served
from tests.site.crawl import html_files


def main() -> None:
    """Write `FOLDER/SIZE/PAGE.png` for each page and each size of the view."""
    parser = argparse.ArgumentParser(description="Pictures of every page of a built site.")
    parser.add_argument("site", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scheme", choices=["light", "dark"], default="light", nargs="?")
    given = parser.parse_args()
    executable = chromium()
    if executable is None:
        parser.error("chromium is not installed")
    with served(given.site) as address, launched(executable) as browser:
        for size, viewport in SIZES.items():
            view = browser.new_page(viewport=viewport, color_scheme=given.scheme)
            for page in html_files(given.site):
                name = page.relative_to(given.site)
                view.goto(f"{address}/{name.as_posix()}", wait_until="load")
                view.screenshot(path=given.folder / size / name.with_suffix(".png"), full_page=True)


if __name__ == "__main__":
    main()

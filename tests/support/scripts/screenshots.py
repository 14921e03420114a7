"""Draw pages of a published city, wide and narrow, light and dark, as PNG files, to be looked at.

    screenshots.py HOME MONTH FOLDER [PAGE…]

PAGE is a path below the month's newest release; without one, a page of each kind that readers open.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGES = ("index.html", "en.html", "../../index.html", "../../quarters/2021-Q3/index.html", "../../years/2021/en.html")
WIDTHS = (1280, 320)
SCHEMES = ("light", "dark")


def draw(home: Path, month: str, folder: Path, pages: tuple[str, ...]) -> None:
    """One file per page, width and colour scheme; the first 3,000 pixels of a page."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name in pages:
            for width in WIDTHS:
                for scheme in SCHEMES:
                    page = browser.new_page(viewport={"width": width, "height": 3000}, color_scheme=scheme)
                    page.goto((home / "releases" / month / "latest" / name).as_uri())
                    label = name.replace("../", "").replace("/", "-").removesuffix(".html")
                    page.screenshot(path=folder / f"{label}-{width}-{scheme}.png")
                    page.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), tuple(sys.argv[4:]) or PAGES)

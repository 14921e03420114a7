"""The page in Chromium: it says what the data say, asks for nothing, and fits a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import ranking

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])


def page_of(browser: Browser, city: Path, name: str, **options):
    page = browser.new_context(**options).new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto((city / "releases/2021-08/r1" / name).as_uri())
    return page, asked, said


PAGES = ["index.html", "en.html", "units/310110.html", "units/d-rsj.en.html", "method.html", "../../index.html"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violation_no_request_no_console_message(browser, city: Path, name: str, scheme: str) -> None:
    page, asked, said = page_of(browser, city, name, color_scheme=scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert len(asked) == 1
    assert said == []


def test_the_page_shows_the_ranking(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    for ranking_list in ("districts", "departments"):
        for dimension in ("dissemination", "influence"):
            cells = page.locator(f"section[aria-labelledby='{ranking_list}-{dimension}'] tbody tr")
            wanted = [
                r for r in ranking(city, "2021-08") if (r["ranking_list"], r["dimension"]) == (ranking_list, dimension)
            ]
            assert cells.count() == len(wanted)
            for at in (0, len(wanted) - 1):
                row = cells.nth(at).inner_text()
                assert wanted[at]["unit_name"] in row
                assert wanted[at]["score"] in row
    assert "合成数据" in page.inner_text("header")


@pytest.mark.parametrize("name", PAGES)
def test_no_sideways_scroll_at_320_pixels(browser, city: Path, name: str) -> None:
    page, _, _ = page_of(browser, city, name, viewport={"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_search_narrows_the_lists(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    page.fill("#find", "杨浦")
    assert page.locator("table[data-list] tbody tr:visible").count() == 2


def test_a_click_on_a_head_sorts_by_it(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    table = page.locator("table[data-list]").first
    table.locator("thead button").nth(3).click()
    scores = [float(text) for text in table.locator("tbody td.score").all_inner_texts()]
    assert scores == sorted(scores)
    table.locator("thead button").nth(1).click()
    assert table.locator("tbody th").first.inner_text() == "宝山区"  # B comes first by pinyin


def test_a_unit_page_leads_back_and_shows_its_evidence(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    page.get_by_role("link", name="杨浦区").first.click()
    assert page.inner_text("h1") == "杨浦区"
    assert page.locator("section[aria-labelledby='posts'] article").count() >= 1
    page.get_by_role("link", name="2021-08 政务新媒体榜单").click()
    assert page.locator("table[data-list]").count() == 4


def test_the_page_reads_without_script(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html", java_script_enabled=False)
    assert page.locator("table[data-list]").count() == 4

"""The pages in Chromium: they say what the data say, ask for nothing, fit a phone and a sheet of paper, and are open to
everyone. The same pages serve both languages; the hostile and the revised month are made for it.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from bangdan.publication.pages.units import terms
from tests.support.accessibility import AXE, COLOURS
from tests.support.homes import PROJECT, ranking

pytestmark = pytest.mark.browser

# Template → the pages of it that are opened here.
OPENED = {
    "month.html": ["index.html", "en.html"],
    "unit.html": ["units/310110.html", "units/310110.en.html", "units/d-rsj.en.html"],
    "method.html": ["method.html", "method.en.html"],
    "compare.html": ["compare.html", "compare.en.html"],
    "accounts.html": ["accounts.html", "accounts.en.html"],
    "topics.html": ["topics.html", "topics.en.html"],
    "outlets.html": ["outlets.html", "outlets.en.html"],
    "period.html": [
        "../../quarters/2021-Q3/index.html",
        "../../quarters/2021-Q3/en.html",
        "../../years/2021/index.html",
    ],
    "archive.html": ["../../index.html", "../../en.html"],
}
PAGES = [name for names in OPENED.values() for name in names]
# Template of a page that no release holds → the tests that read it.
READ = {
    "wechat.html": "unit/publication/test_bulletin_forms.py",
    "comparison.html": "unit/publication/test_causes.py",
    "gate.html": "unit/gates/test_verdicts.py",
    "item.html": "unit/matching/test_show.py",
    "overview.html": "unit/operations/test_status.py",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])


def page_of(browser: Browser, city: Path, name: str, **options) -> tuple[Page, list[str], list[str]]:
    for context in browser.contexts:  # the pages of earlier tests
        context.close()
    page = browser.new_context(**options).new_page()
    asked: list[str] = []
    output: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: output.append(message.text))
    page.on("dialog", lambda dialog: (output.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.goto((city / "releases/2021-08/r1" / name).as_uri())
    return page, asked, output


@pytest.mark.parametrize("name", PAGES)
def test_no_accessibility_violation_no_request_no_console_message(browser, city: Path, name: str) -> None:
    """The schemes differ in colours alone."""
    page, asked, message = page_of(browser, city, name, color_scheme="light")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for scheme, checks in (("light", AXE), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        result = Axe().run(page, options=checks)
        assert result.violations_count == 0, f"{scheme}: {result.generate_report()}"
    assert len(asked) == 1
    assert message == []


@pytest.mark.parametrize("name", PAGES)
def test_no_sideways_scroll_at_320_pixels(browser, city: Path, name: str) -> None:
    page, _, _ = page_of(browser, city, name, viewport={"width": 320, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_pages_are_light(city: Path) -> None:
    folder = city / "releases/2021-08/r1"
    sizes = {path.relative_to(folder): len(gzip.compress(path.read_bytes())) for path in folder.rglob("*.html")}
    assert len(sizes) > 120
    assert {path: size for path, size in sizes.items() if size > (50_000 if "units" not in str(path) else 60_000)} == {}


def test_every_kind_of_page_is_opened_here_or_read_elsewhere() -> None:
    kinds = {
        file.name
        for file in (PROJECT / "plugins").rglob("templates/*.html")
        if file.name != "base.html" and re.search(r"<html|{% extends", file.read_text("utf-8"))
    }
    assert kinds == {*OPENED, *READ}
    assert [
        test
        for test in READ.values()
        if not re.search(r"\.page\(|page_path\(|html", (PROJECT / "tests" / test).read_text("utf-8"))
    ] == []


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


def test_search_narrows_the_lists_and_says_how_far(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    page.fill("#find", "杨浦")
    assert page.locator("table[data-list] tbody tr:visible").count() == 2
    assert page.inner_text("#found") == "找到 1 家单位"
    page.fill("#find", "")
    assert page.locator("table[data-list] tbody tr:visible").count() == len(ranking(city, "2021-08"))


def test_heads_sort_by_mouse_and_keyboard(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    table = page.locator("table[data-list]").first
    table.locator("thead button").nth(3).click()
    scores = [float(text) for text in table.locator("tbody td.score").all_inner_texts()]
    assert scores == sorted(scores)
    table.locator("thead button").nth(1).focus()
    page.keyboard.press("Enter")
    assert "宝山区" in table.locator("tbody th").first.inner_text()  # B comes first by pinyin
    assert table.locator("thead th").nth(1).get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert table.locator("thead th").nth(1).get_attribute("aria-sort") == "descending"


def test_search_asks_neither_for_case_nor_for_spaces(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "en.html")
    for wanted in ("  YANGPU ", "杨浦", "310110"):
        page.fill("#find", wanted)
        assert page.locator("table[data-list] tbody tr:visible").count() == 2, wanted
        assert page.inner_text("#found") == "Units found: 1"
    page.fill("#find", " ")
    assert page.inner_text("#found") == ""


@pytest.mark.parametrize("name", ["index.html", "en.html"])
def test_search_knows_pinyin_and_initials_and_leads_to_the_unit(browser, city: Path, name: str) -> None:
    page, _, message = page_of(browser, city, name, viewport={"width": 390, "height": 780})
    assert page.locator("#find").bounding_box()["y"] < 500  # above the fold of a phone
    for wanted in ("yangpuqu", "ypq", "Yangpu Dis"):
        page.fill("#find", wanted)
        assert page.locator("#hits a").evaluate_all("all => all.map((one) => one.pathname.split('/').pop())") == [
            "310110.html" if name == "index.html" else "310110.en.html"
        ], wanted
    assert message == []


def test_a_search_without_a_hit_says_so_and_suggests(browser, city: Path) -> None:
    page, _, message = page_of(browser, city, "index.html")
    page.fill("#find", "扬浦区")
    assert page.locator("table[data-list] tbody tr:visible").count() == 0
    assert page.inner_text("#found") == "没有找到“扬浦区”。"
    assert "是否要找" in page.inner_text("#hits")
    page.get_by_role("button", name="杨浦区", exact=True).click()
    assert page.input_value("#find") == "杨浦区"
    assert page.inner_text("#found") == "找到 1 家单位"
    page.fill("#find", "$&qqq")
    assert page.inner_text("#found") == "没有找到“$&qqq”。"
    assert page.inner_text("#hits") == ""
    assert message == []


def test_a_search_is_in_the_address_and_read_from_it(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    page.fill("#find", "杨浦")
    assert page.evaluate("new URLSearchParams(location.search).get('q')") == "杨浦"
    page.reload()
    assert page.input_value("#find") == "杨浦"
    assert page.inner_text("#found") == "找到 1 家单位"


def findable_terms(folder: Path) -> dict[str, set[str]]:
    """Account or outlet, as the page of the month shows it → its name, pinyin and initials, spelled in Python."""
    text = (folder / "index.html").read_text("utf-8").partition('id="findable">')[2].partition("</script>")[0]
    data = json.loads(text)
    shown = {f"{name} · {platforms}": [name, *former] for name, platforms, *former in data["accounts"]}
    shown |= {f"{name} · {title}": [name] for _, title, names in data["outlets"] for name in names}
    return {label: set(terms("", names).split("|")) for label, names in shown.items()}


def test_accounts_and_outlets_are_found_by_name_pinyin_and_initials(browser, city: Path) -> None:
    page, asked, message = page_of(browser, city, "index.html")
    wanted = findable_terms(city / "releases/2021-08/r1")
    spelled = {entry["name"]: set(entry["terms"].split("|")) for entry in page.evaluate("findable()")}
    assert len(wanted) > 100
    assert {name for name in wanted if not wanted[name] <= spelled[name]} == set()
    page.fill("#find", "yangpufabu")
    assert page.inner_text("#found") == "找到 0 家单位"
    links = page.locator("#hits a")
    assert all("杨浦发布" in name for name in links.all_inner_texts())
    links.first.click()
    assert page.locator("table[data-list] tbody tr:visible").count() == 2
    assert (len(asked), message) == (2, [])


def test_an_outlet_that_is_found_is_shown_in_its_place(browser, city: Path) -> None:
    page, _, message = page_of(browser, city, "index.html")
    label = next(name for name in findable_terms(city / "releases/2021-08/r1") if name.endswith("· 新闻客户端"))
    page.fill("#find", label.partition(" · ")[0])
    page.get_by_role("link", name=label).click()
    target = page.evaluate("decodeURIComponent(location.hash.slice(1))")
    assert page.locator(f"[id='{target}'] th").inner_text() == label.partition(" · ")[0]
    assert message == []


def test_up_to_four_units_are_compared_and_the_choice_is_in_the_address(browser, city: Path) -> None:
    page, asked, message = page_of(browser, city, "compare.html")
    for number, wanted in enumerate(("yangpuqu", "xuhuiqu", "baoshanqu", "jiadingqu"), 1):
        page.fill("#find", wanted)
        page.locator("#hits button").first.click()
        rows = page.locator("section[aria-labelledby='districts-influence'] tbody tr:visible")
        assert rows.count() == 2 * number  # one of the ranks, one of the parts
    # The plane of both dimensions and two lists; departments are not chosen.
    assert page.locator("section[data-list]:visible").count() == 3
    assert page.locator("svg.bump:visible [class^=pick]").count() == 8
    page.fill("#find", "hongkouqu")
    assert page.inner_text("#found") == "最多比较四家单位，请先去掉一家。"
    assert page.locator("#hits button").count() == 0
    page.get_by_role("button", name="不再比较徐汇区").click()
    assert page.evaluate("new URLSearchParams(location.search).get('units')") == "310110,310113,310114"
    page.get_by_role("link", name="English").click()
    assert page.locator("#picked button").all_inner_texts() == [
        "Yangpu District ×",
        "Baoshan District ×",
        "Jiading District ×",
    ]
    assert len(asked) == 2
    assert message == []


def test_an_account_is_found_by_its_own_name_and_by_its_unit(browser, city: Path) -> None:
    page, _, message = page_of(browser, city, "accounts.html")
    page.fill("#find", "yangpufabu")
    assert page.locator("table[data-list] tbody tr:visible").count() == 2  # one on each platform
    page.fill("#find", "杨浦区")
    assert page.locator("table[data-list] tbody tr:visible").count() == 8
    assert page.inner_text("#found") == "找到 8 个账号"
    page.fill("#find", "")
    heads = page.locator("table[data-list]").first.locator("thead button")
    heads.nth(3).focus()
    page.keyboard.press("Enter")
    ranks = page.locator("table[data-list]").first.locator("tbody tr td:nth-child(4)").all_inner_texts()
    shown = [int(rank) for rank in ranks if rank != "–"]
    assert shown == sorted(shown)
    assert message == []


def test_the_comparison_reads_without_script(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "compare.html", java_script_enabled=False)
    rows = page.locator("section[aria-labelledby='districts-influence'] tbody tr:visible")
    assert rows.count() == 2 * 16
    assert not page.locator("#find").is_visible()


@pytest.mark.parametrize("name", ["index.html", "compare.html", "units/310110.html"])
def test_a_chart_names_the_value_that_is_pointed_at_or_led_to_by_keys(browser, city: Path, name: str) -> None:
    page, _, message = page_of(browser, city, name)
    figure = page.locator("figure[data-name]").first
    value, first = figure.locator("output"), figure.locator("title").first.text_content()
    hint = value.inner_text()
    figure.locator("[role=group]").focus()
    page.keyboard.press("ArrowRight")
    assert value.inner_text() == first
    page.keyboard.press("ArrowRight")
    assert value.inner_text() == figure.locator("title").nth(1).text_content()
    page.keyboard.press("Escape")
    assert value.inner_text() == hint
    figure.locator("title").first.locator("xpath=..").dispatch_event("pointerenter")
    assert value.inner_text() == first
    assert message == []


def test_every_chart_has_a_title_and_can_be_saved(browser, city: Path, tmp_path: Path) -> None:
    for name in ("index.html", "compare.html", "units/310110.html"):
        page, asked, message = page_of(browser, city, name)
        figures = page.locator("figure[data-name]")
        assert figures.count() == page.locator("svg[role=img]").count() >= 2
        assert all(figures.locator("figcaption").all_inner_texts())
        for kind, begin in (("svg", b"<svg"), ("png", b"\x89PNG")):
            with page.expect_download() as download:
                figures.last.locator(f"button[data-save={kind}]").click()
            file = tmp_path / download.value.suggested_filename
            download.value.save_as(file)
            assert file.suffix == f".{kind}"
            assert file.read_bytes().startswith(begin)
            assert file.stat().st_size > 2_000
        assert len([address for address in asked if not address.startswith("data:")]) == 1
        assert message == []


def test_heads_of_a_long_list_stay_in_sight(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html", viewport={"width": 1280, "height": 700})
    table = page.locator("table[data-list]").nth(2)
    table.locator("tbody tr").nth(20).scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(200)
    head, bar = table.locator("thead th").first.bounding_box(), page.locator(".tools").bounding_box()
    assert head["y"] == pytest.approx(bar["y"] + bar["height"], abs=2)


def test_intervals_are_drawn_on_a_phone_too(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html", viewport={"width": 390, "height": 780})
    spans = page.locator("table[data-list]").first.locator("svg.span:visible")
    assert spans.count() == 16
    assert spans.first.bounding_box()["width"] > 60


def test_a_list_is_sorted_by_one_head_at_a_time_and_by_number(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    first, second = (page.locator("table[data-list]").nth(at) for at in (0, 1))
    before = second.locator("tbody th").all_inner_texts()
    for at in (1, 2, 7, 0):
        first.locator("thead button").nth(at).click()
        assert first.locator("thead th[aria-sort]").count() == 1
        assert first.locator("thead th").nth(at).get_attribute("aria-sort") == "ascending"
        values = first.locator("tbody tr").evaluate_all(
            f"rows => rows.map((row) => row.cells[{at}].dataset.value ?? row.cells[{at}].textContent.trim())"
        )
        if at != 1:  # names sort by pinyin
            numbers = [float(value) for value in values]
            assert numbers == sorted(numbers)
            assert len(set(numbers)) > 3
    first.locator("thead button").nth(0).click()
    ranks = [int(text) for text in first.locator("tbody td.rank").all_inner_texts()]
    assert ranks == sorted(ranks, reverse=True)
    assert second.locator("tbody th").all_inner_texts() == before


def test_the_first_key_leads_to_the_content(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_link_and_anchor_of_a_release_leads_somewhere(browser, city: Path) -> None:
    folder = city / "releases/2021-08/r1"
    wrong = []
    for name in [
        "index.html",
        "en.html",
        "method.html",
        "compare.html",
        "accounts.html",
        "topics.en.html",
        "outlets.html",
        "units/310110.html",
        "units/d-rsj.en.html",
        "../../index.html",
        "../../quarters/2021-Q3/index.html",
    ]:
        page, _, _ = page_of(browser, city, name)
        for link in page.eval_on_selector_all("a[href]", "all => all.map((one) => one.getAttribute('href'))"):
            if link.startswith("#"):
                if not page.locator(f"[id='{link[1:]}']").count():
                    wrong.append((name, link))
            elif not link.startswith(("http", "mailto:")) and not (folder / name).parent.joinpath(link).exists():
                wrong.append((name, link))
    assert wrong == []


def test_a_reader_walks_from_list_to_unit_to_neighbour_and_back(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    page.get_by_role("link", name="杨浦区").first.click()
    assert page.inner_text("h1") == "杨浦区"
    assert page.locator("section[aria-labelledby='posts'] article").count() >= 1
    assert page.locator("svg[role=img]").count() >= 3  # two histories and the days
    page.locator("a[rel=next]").first.click()
    assert page.inner_text("h1") != "杨浦区"
    page.locator("a[rel=prev]").first.click()
    assert page.inner_text("h1") == "杨浦区"
    page.get_by_role("link", name="完整榜单").click()
    assert page.locator("table[data-list]").count() == 4


def test_the_page_reads_without_script(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html", java_script_enabled=False)
    assert page.locator("table[data-list]").count() == 4
    assert not page.locator("#find").is_visible()


def test_on_paper_there_is_no_navigation_and_nothing_is_cut(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html", viewport={"width": 760, "height": 1000})
    page.emulate_media(media="print")
    assert page.locator("nav:visible").count() == 0
    assert not page.locator("#find").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 760
    assert page.locator("table[data-list] tbody tr:visible").count() == len(ranking(city, "2021-08"))


def test_machines_read_the_dataset(browser, city: Path) -> None:
    page, _, _ = page_of(browser, city, "index.html")
    payload = json.loads(page.locator("script[type='application/ld+json']").text_content() or "")
    assert (payload["@type"], payload["temporalCoverage"]) == ("Dataset", "2021-08-01/2021-08-31")
    manifest = json.loads((city / "releases/2021-08/r1/manifest.json").read_text("utf-8"))
    assert {entry["contentUrl"]: entry["sha256"] for entry in payload["distribution"]} == {
        name: manifest["files"][name] for name in ("ranking.csv", "ranking.json", "ranking.parquet", "ranking.xlsx")
    }
    assert "license" not in payload  # the demo's issuers declare none
    assert page.locator("meta[property='og:title']").get_attribute("content") == "2021年8月政务新媒体榜单"

"""One item next to the posts it was compared with: marks, facts, and words that are not shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bangdan.core.errors import UsageError
from bangdan.operations import item_evidence
from tests.support.matching_texts import letters
from tests.support.matching_warehouse import World, make

TEXT = letters(0, 100)


@pytest.fixture
def world(tmp_path: Path) -> World:
    make(tmp_path / "home")
    return World(tmp_path / "home")


def shown(world: World, item_id: str = "i1", *, html: bool = False) -> str:
    """Match, show the evidence to the warehouse as dbt does, and show the item."""
    world.run()
    world.sql("create schema if not exists evidence")
    for name in ("matches", "rejected"):
        world.sql(f"create or replace view evidence.{name} as from read_parquet('{world.file(name)}')")
    world.flush()
    return item_evidence.show_item(world.settings, item_id, html=html)


def sections(text: str) -> list[str]:
    return text.split("─" * 100)


def test_what_both_texts_have_stands_between_brackets_and_every_measure_beside_it(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", letters(0, 60) + "，" + letters(60, 100), title="稿题")
    world.item("i1", "2021-08-10 12:00:00", letters(900, 920) + letters(0, 80), title="文题", url="https://e.cn/1")
    head, section = sections(shown(world))
    assert head == "item i1 · news_app:o1 · 2021-08-10 12:00:00 · https://e.cn/1\n\n"
    assert section == "\n".join(
        [
            "",
            "post p1 · a1 · 2021-08-10 09:00:00",
            "  method: text",
            "  match_class: partial",
            "  confidence: A",
            "  is_counted: True",
            *[line for line in section.splitlines() if line.startswith(("  containment", "  item_containment"))],
            "  matched_chars: 80",
            "  distinctive_chars: 80",
            "  longest_run: 80",
            "  numbers_aligned: 0",
            "  numbers_equal: 0",
            "  lag_seconds: 10800",
            "  credit_rule: only",
            "  decided_by: rule",
            *[line for line in section.splitlines() if line.startswith(("  parameters_hash", "  evidence"))],
            "",
            "item:",
            "文题\n" + letters(900, 920) + "⟦" + letters(0, 80) + "⟧",
            "",
            "post:",
            "稿题\n⟦" + letters(0, 60) + "，" + letters(60, 80) + "⟧" + letters(80, 100),
        ]
    )
    assert f"  containment: {80 / 102:.6f}" in section
    assert f"  item_containment: {80 / 102:.6f}" in section


@pytest.mark.parametrize(("shared", "marked"), [(7, False), (8, True)])
def test_a_stretch_is_marked_from_8_characters(world: World, shared: int, marked: bool) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    text = letters(0, 60) + letters(900, 920) + letters(70, 70 + shared) + letters(930, 940)
    world.item("i1", "2021-08-10 12:00:00", text)
    output = shown(world)
    assert f"⟦{letters(0, 60)}⟧" in output
    assert (f"⟦{letters(70, 70 + shared)}⟧" in output) is marked


def test_counted_posts_come_first_then_the_more_contained_then_by_id_and_refusals_with_their_reason(
    world: World,
) -> None:
    world.post("p4", "2021-08-10 09:00:00", letters(0, 100))
    world.post("p3", "2021-08-10 09:00:00", letters(200, 300), unit_id="u2", account_id="a2")
    world.post("p2", "2021-08-10 09:00:00", letters(400, 500))
    world.post("p1", "2021-08-12 09:00:00", letters(600, 700))  # younger than the item
    world.post("p0", "2021-08-10 09:00:00", letters(1_300, 1_400))
    shared = [(0, 60), (1_300, 1_340), (200, 290), (400, 440), (600, 690)]
    text = "".join(letters(*entry) for entry in shared) + letters(5_000, 5_200)
    world.item("i1", "2021-08-10 12:00:00", text)
    output = shown(world)
    order = [section.split(" · ")[0].strip() for section in sections(output)[1:]]
    assert order == ["post p3", "post p4", "post p1", "post p0", "post p2"]
    assert "  reason: item_older_than_post" in sections(output)[3]
    assert "  is_counted: False" in sections(output)[3]
    assert "method" not in sections(output)[3]
    assert "  reason: review" in sections(output)[4]


def test_an_item_that_was_compared_with_nothing_says_so(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", "别的文字", title="题 <b>")
    assert shown(world).splitlines() == [
        "item i1 · news_app:o1 · 2021-08-10 12:00:00 · ",
        "compared with no post: no link, and too few characters in common",
        "",
        "题 <b>",
        "别的文字",
    ]
    page = item_evidence.show_item(world.settings, "i1", html=True)
    assert "没有可比的稿件 Compared with no post" in page
    assert "题 &lt;b&gt;\n别的文字" in page


def test_the_page_escapes_what_outlets_write_and_marks_what_is_common(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", letters(0, 50) + " <i> & " + letters(50, 100))
    world.item("i<1>", "2021-08-10 12:00:00", '"' + letters(0, 60) + "</pre> 1 < 2", outlet_id="o<1>")
    page = shown(world, "i<1>", html=True)
    assert "<h1>i&lt;1&gt;</h1><p>o&lt;1&gt; · 2021-08-10 12:00:00</p>" in page
    assert "<title>i&lt;1&gt;</title>" in page
    assert page.count("<h2>条目 Item</h2>") == page.count("<h2>稿件 Post</h2>") == 1
    assert "&lt;/pre&gt; 1 &lt; 2" in page
    assert "<dt>post</dt><dd>p1</dd><dt>method</dt><dd>text</dd>" in page
    assert "<dt>evidence</dt><dd>{&#34;co_credits&#34;:[]" in page


def test_the_page_marks_what_is_common(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", letters(0, 60) + letters(900, 920))
    page = shown(world, html=True)
    assert f"<pre>\n<mark>{letters(0, 60)}</mark>{letters(900, 920)}</pre>" in page
    assert f"<pre>\n<mark>{letters(0, 60)}</mark>{letters(60, 100)}</pre>" in page


@pytest.mark.parametrize("html", [False, True])
def test_a_private_persons_words_and_address_are_not_shown_but_the_posts_marks_are(world: World, html: bool) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", letters(0, 60) + letters(900, 920), title="某人的题", url="https://e.cn/1",
               is_private=True)  # fmt: skip
    output = shown(world, html=html)
    assert letters(900, 920) not in output
    assert "某人的题" not in output
    assert "https://e.cn/1" not in output
    assert output.count("个人账号，内容不予显示") == 1
    begin, end = ("<mark>", "</mark>") if html else ("⟦", "⟧")
    assert output.count(begin) == 1
    assert f"{begin}{letters(0, 60)}{end}{letters(60, 100)}" in output


def purged(world: World) -> None:
    world.sql("delete from raw.records")


@pytest.mark.parametrize(
    ("change", "message"),
    [(lambda _world: None, "no item is called 'i2'"), (purged, "the words of 'i1' have been purged")],
)
def test_an_item_that_is_not_there_or_whose_words_are_gone_is_named(
    world: World, change: Callable[[World], None], message: str
) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", TEXT)
    shown(world)
    change(world)
    world.flush()
    with pytest.raises(UsageError, match=message) as error:
        item_evidence.show_item(world.settings, "i2" if "i2" in message else "i1")
    assert "published.reprints" in (error.value.remedy or "")


def test_marked_up_text_is_shown_without_marks(world: World) -> None:
    world.post("p1", "2021-08-10 09:00:00", TEXT)
    world.item("i1", "2021-08-10 12:00:00", f"<p>{letters(0, 60)}</p>")
    item_part, post_part = sections(shown(world))[1].split("post:\n")
    assert f"<p>{letters(0, 60)}</p>" in item_part
    assert "⟦" not in item_part
    assert f"⟦{letters(0, 60)}⟧" in post_part

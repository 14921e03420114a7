"""One item next to the posts it was compared with, matched characters marked: an appeal is decided on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from bangdan.core.errors import UsageError
from bangdan.core.rendering import render
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect, writing
from bangdan.matching.measures import Pairs, Seeds, Side, measure
from bangdan.matching.number_tokens import number_tokens
from bangdan.matching.query_files import query
from bangdan.matching.sketch import sketch
from bangdan.matching.text import comparable, normalise

PRIVATE = "（个人账号，内容不予显示 a private person's words are not shown）"
SEED_CHARS = 8  # shorter than the matcher's grams: a reader wants to see every stretch that is the same
# Columns of the evidence that are shown, in this order.
FACTS = (
    "method", "match_class", "confidence", "is_counted", "reason", "containment", "item_containment", "matched_chars",
    "distinctive_chars", "longest_run", "numbers_aligned", "numbers_equal", "lag_seconds", "credit_rule", "decided_by",
    "parameters_hash", "evidence",
)  # fmt: skip


class Stretch(NamedTuple):
    """A part of a text that is in the other text too, or is not."""

    text: str
    is_common: bool


@dataclass
class Compared:
    """A post that the item was compared with, its evidence by name, and the stretches of both texts, title first."""

    post: dict[str, Any]
    facts: dict[str, Any]
    item_stretches: list[Stretch]
    post_stretches: list[Stretch]


def show_item(settings: Settings, item_id: str, *, html: bool = False) -> str:
    """The item, each post it was compared with and the evidence, as text or as an HTML page. A private person's words
    and address are not shown; what the post has in common with them is marked on the post.

    Raises UsageError for an item that was never staged, or whose words have been purged.
    """
    with writing(settings, f"reading item {item_id}"), connect(settings, read_only=True) as con:
        item = _item(con, item_id)
        posts = _posts(con, item_id)
    compared = [_compared(item, post) for post in posts]
    if item["is_private"]:
        item |= {"title": None, "text": PRIVATE, "url": None}
        for pair in compared:
            pair.item_stretches = [Stretch(_text(item), is_common=False)]
    if html:
        return render("item.html", "zh", {"item": item, "text": _text(item), "compared": compared})
    return _plain_text(item, compared)


def _item(con: duckdb.DuckDBPyConnection, item_id: str) -> dict[str, Any]:
    # Where a repost of reposts began is in its evidence; the query of texts does without.
    con.execute("create or replace temp table origins_of_reposts (item_id varchar, origin_item_id varchar)")
    items = con.sql(f"select * from ({query('items_with_texts')}) where item_id = $1", params=[item_id])
    rows = items.to_arrow_table().to_pylist()
    if rows:
        return rows[0]
    if con.execute("select 1 from staging.stg_channel_items where item_id = $1", [item_id]).fetchone():
        raise UsageError(f"the words of {item_id!r} have been purged", remedy="its evidence is in published.reprints")
    raise UsageError(f"no item is called {item_id!r}", remedy="take an item_id from published.reprints")


def _posts(con: duckdb.DuckDBPyConnection, item_id: str) -> list[dict[str, Any]]:
    """The posts that the item was compared with, and their evidence, what counts first."""
    compared = (Path(__file__).with_name("queries") / "compared_posts.sql").read_text("utf-8")
    return con.sql(compared, params=[item_id]).to_arrow_table().to_pylist()


def _compared(item: dict[str, Any], post: dict[str, Any]) -> Compared:
    facts = {name: post[name] for name in FACTS if post[name] is not None}
    item_marks, post_marks = _marks(_text(item), _text(post))
    return Compared(post, facts, _stretches(_text(item), item_marks), _stretches(_text(post), post_marks))


def _text(row: dict[str, Any]) -> str:
    return f"{row['title'] or ''}\n{row['text'] or ''}"


def _marks(first: str, second: str) -> tuple[np.ndarray, np.ndarray]:
    """bool per character of the two texts: is it in a stretch that both have, as the matcher compares them?"""
    sides = [_side(text) for text in (first, second)]
    grams = [sketch(side.texts, SEED_CHARS, 1, 1, 0) for side in sides]
    _, at, in_other = np.intersect1d(grams[0].hash, grams[1].hash, return_indices=True)
    shift = grams[0].position[at].astype(np.int64) - grams[1].position[in_other]
    return (
        _spread(first, _cover(sides[0], sides[1], shift)),
        _spread(second, _cover(sides[1], sides[0], -shift)),
    )


def _side(text: str) -> Side:
    texts = normalise(pa.array([""]), pa.array([text]))
    return Side(texts, number_tokens(texts), np.zeros(len(texts.chars), bool))


def _cover(side: Side, other: Side, shift: np.ndarray) -> np.ndarray:
    """bool per comparable character of the first text: is it in a stretch that the other has?"""
    pair, seeds = np.zeros(1, np.int64), Seeds(np.array([0, len(shift)]), shift)
    return measure(side, other, Pairs(pair, pair), seeds, min_run=SEED_CHARS, number_edge_chars=0).item_cover


def _spread(raw: str, cover: np.ndarray) -> np.ndarray:
    """Marks on comparable characters → marks on all characters of the raw text."""
    codes = np.frombuffer(raw.encode("utf-32-le", "surrogatepass"), np.uint32)
    marks = np.zeros(len(codes), bool)
    places = np.flatnonzero(comparable()[codes])
    if len(places) == len(cover):  # markup is left out of the comparison: such a text is shown without marks
        marks[places] = cover
        # Punctuation between two marked characters belongs to the stretch.
        gaps = np.flatnonzero(cover[:-1] & cover[1:]) if len(cover) > 1 else np.zeros(0, np.int64)
        for begin, end in zip(places[gaps] + 1, places[gaps + 1], strict=True):
            marks[begin:end] = True
    return marks


def _stretches(raw: str, marks: np.ndarray) -> list[Stretch]:
    edges = np.flatnonzero(np.diff(marks.astype(np.int8))) + 1
    bounds = zip([0, *edges.tolist()], [*edges.tolist(), len(raw)], strict=True)
    return [Stretch(raw[begin:end], bool(marks[begin])) for begin, end in bounds if end > begin]


def _plain_text(item: dict[str, Any], compared: list[Compared]) -> str:
    """Stretches that both texts have are between ⟦ and ⟧."""

    def marked(stretches: list[Stretch]) -> str:
        return "".join(f"⟦{part.text}⟧" if part.is_common else part.text for part in stretches).strip()

    lines = [f"item {item['item_id']} · {item['outlet_id']} · {item['published_at_local']} · {item['url'] or ''}"]
    if not compared:
        lines += ["compared with no post: no link, and too few characters in common", "", _text(item).strip()]
    for pair in compared:
        lines += [
            "",
            "─" * 100,
            f"post {pair.post['post_id']} · {pair.post['account_id']} · {pair.post['published_at_local']}",
            *(f"  {name}: {value}" for name, value in pair.facts.items()),
            "",
            "item:",
            marked(pair.item_stretches),
            "",
            "post:",
            marked(pair.post_stretches),
        ]
    return "\n".join(lines)

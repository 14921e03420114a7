"""One item beside the posts it was compared with, matched characters marked: what an appeal is decided on."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect, writing
from bangdan.matching import text, verify
from bangdan.matching.items import WITH_TEXTS
from bangdan.matching.sketch import sketch

PRIVATE = "（个人账号，内容不予显示 a private person's words are not shown）"
SEED_CHARS = 8  # shorter than the matcher's grams: a reader wants to see every stretch that is the same
FACTS = (
    "method", "match_class", "confidence", "is_counted", "reason", "containment", "item_containment", "matched_chars",
    "distinctive_chars", "longest_run", "numbers_aligned", "numbers_equal", "lag_seconds", "credit_rule", "decided_by",
    "parameters_hash", "evidence",
)  # fmt: skip
STYLE = (
    "body{font:16px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;margin:1.5rem;color:#1b1b1b;background:#fff}"
    "section{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem;border-top:1px solid #999;padding:1rem 0}"
    "pre{white-space:pre-wrap;font:inherit;margin:0}mark{background:#ffe28a;color:inherit}"
    "dl{grid-column:1/-1;display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;margin:0}dd{margin:0}"
)


@dataclass
class Pair:
    """A post that the item was compared with; marks are bool per character of the raw text, title first."""

    post: dict[str, Any]
    facts: dict[str, Any]
    item_marks: np.ndarray
    post_marks: np.ndarray


def show_item(settings: Settings, item_id: str, *, html: bool = False) -> str:
    """The item, each post it was compared with and the evidence, as text or as an HTML page. A private person's words
    and address are not shown; what the post has in common with them is marked on the post.

    Raises UsageError for an item that was never staged.
    """
    with writing(settings, f"reading item {item_id}"), connect(settings, read_only=True) as con:
        found = _rows(
            con,
            f"{WITH_TEXTS} where i.item_id = $1",
            item_id,
        )
        if not found and _rows(con, "select 1 from staging.stg_channel_items where item_id = $1", item_id):
            raise UsageError(
                f"the words of {item_id!r} have been purged", remedy="its evidence is in published.reprints"
            )
        if not found:
            raise UsageError(f"no item is called {item_id!r}", remedy="take an item_id from published.reprints")
        item = found[0]
        compared = _rows(
            con,
            """
            with pairs as (
                select post_id, method, match_class, confidence, is_counted, reason, containment, item_containment,
                    matched_chars, distinctive_chars, longest_run, numbers_aligned, numbers_equal, lag_seconds,
                    credit_rule, decided_by, parameters_hash, evidence
                from evidence.matches where item_id = $1
                union all by name
                select post_id, false as is_counted, reason, containment, matched_chars, numbers_aligned, numbers_equal,
                    parameters_hash
                from evidence.rejected where item_id = $1
            )
            select pairs.*, p.account_id, p.unit_id, p.published_at_local, p.url, p.title, p.text
            from pairs join staging.stg_posts p using (post_id)
            order by is_counted desc, containment desc, post_id
            """,
            item_id,
        )
    pairs = []
    for post in compared:
        item_marks, post_marks = _marks(_whole(item), _whole(post))
        pairs.append(Pair(post, {name: post[name] for name in FACTS if post[name] is not None}, item_marks, post_marks))
    if item["is_private"]:
        item |= {"title": None, "text": PRIVATE, "url": None}
        for pair in pairs:
            pair.item_marks = np.zeros(len(_whole(item)), bool)
    return _page(item, pairs) if html else _plain_text(item, pairs)


def _rows(con: duckdb.DuckDBPyConnection, query: str, item_id: str) -> list[dict[str, Any]]:
    return con.sql(query, params=[item_id]).to_arrow_table().to_pylist()


def _whole(row: dict[str, Any]) -> str:
    return f"{row['title'] or ''}\n{row['text'] or ''}"


def _marks(left: str, right: str) -> tuple[np.ndarray, np.ndarray]:
    """Which characters of two texts stand in a stretch that both have, as the matcher compares them."""
    a, b = (text.normalise(pa.array([""]), pa.array([one])) for one in (left, right))
    grams = [sketch(one, SEED_CHARS, 1, 1, 0) for one in (a, b)]
    _, at, in_other = np.intersect1d(grams[0].hash, grams[1].hash, return_indices=True)
    shift = grams[0].position[at].astype(np.int64) - grams[1].position[in_other]
    zero, seeds = np.zeros(1, np.int64), np.zeros(len(shift), np.int64)
    covers = []
    for one, other, moved in ((a, b, shift), (b, a, -shift)):
        measured = verify.measure(
            one, other, zero, zero, seeds, moved, min_run=SEED_CHARS,
            post_boilerplate=np.zeros(len(other.chars), bool), item_boilerplate=np.zeros(len(one.chars), bool),
            item_numbers=verify.numbers(one), post_numbers=verify.numbers(other),
        )  # fmt: skip
        covers.append(measured.item_cover)
    return _spread(left, covers[0]), _spread(right, covers[1])


def _spread(raw: str, cover: np.ndarray) -> np.ndarray:
    """Marks on comparable characters → marks on all characters of the raw text."""
    codes = np.frombuffer(raw.encode("utf-32-le", "surrogatepass"), np.uint32)
    marks = np.zeros(len(codes), bool)
    counting = np.flatnonzero(text.table()[codes])
    if len(counting) == len(cover):  # markup is left out of the comparison: such a text is shown without marks
        marks[counting] = cover
        # Punctuation between two marked characters belongs to the stretch.
        gaps = np.flatnonzero(cover[:-1] & cover[1:]) if len(cover) > 1 else np.zeros(0, np.int64)
        for begin, end in zip(counting[gaps] + 1, counting[gaps + 1], strict=True):
            marks[begin:end] = True
    return marks


def _runs(raw: str, marks: np.ndarray) -> list[tuple[bool, str]]:
    """The text in stretches of one kind."""
    found: list[tuple[bool, str]] = []
    edges = np.flatnonzero(np.diff(marks.astype(np.int8))) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(raw)], strict=True):
        if end > begin:
            found.append((bool(marks[begin]), raw[begin:end]))
    return found


def _plain_text(item: dict[str, Any], pairs: list[Pair]) -> str:
    """Matched stretches stand between ⟦ and ⟧."""

    def marked(raw: str, marks: np.ndarray) -> str:
        return "".join(f"⟦{part}⟧" if is_same else part for is_same, part in _runs(raw, marks)).strip()

    lines = [f"item {item['item_id']} · {item['outlet_id']} · {item['published_at_local']} · {item['url'] or ''}"]
    if not pairs:
        lines += ["compared with no post: no link, and too few characters in common", "", _whole(item).strip()]
    for pair in pairs:
        lines += [
            "",
            "─" * 100,
            f"post {pair.post['post_id']} · {pair.post['account_id']} · {pair.post['published_at_local']}",
            *(f"  {name}: {value}" for name, value in pair.facts.items()),
            "",
            "item:",
            marked(_whole(item), pair.item_marks),
            "",
            "post:",
            marked(_whole(pair.post), pair.post_marks),
        ]
    return "\n".join(lines)


def _page(item: dict[str, Any], pairs: list[Pair]) -> str:
    def marked(raw: str, marks: np.ndarray) -> str:
        parts = ((is_same, escape(part)) for is_same, part in _runs(raw, marks))
        return "<pre>" + "".join(f"<mark>{part}</mark>" if is_same else part for is_same, part in parts) + "</pre>"

    name = escape(item["item_id"])
    body = [f"<h1>{name}</h1><p>{escape(item['outlet_id'] or '')} · {item['published_at_local']}</p>"]
    for pair in pairs:
        facts = "".join(
            f"<dt>{name}</dt><dd>{escape(str(value))}</dd>"
            for name, value in (("post", pair.post["post_id"]), *pair.facts.items())
        )
        body.append(
            f"<section><dl>{facts}</dl><div><h2>条目 Item</h2>{marked(_whole(item), pair.item_marks)}</div>"
            f"<div><h2>稿件 Post</h2>{marked(_whole(pair.post), pair.post_marks)}</div></section>"
        )
    if not pairs:
        body.append(f"<p>没有可比的稿件 Compared with no post</p><pre>{escape(_whole(item))}</pre>")
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{name}</title>'
        f"<style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
    )

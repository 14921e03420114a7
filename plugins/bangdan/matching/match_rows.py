"""Rows of evidence: matches by link, by text and by a person's decision, and rejected pairs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.matching.evidence import MATCHES, REJECTED
from bangdan.matching.judgement import Judgements
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex

Columns = dict[str, Any]  # columns of evidence.MATCHES by name, of equal length
# Competing posts that a row of evidence names.
MAX_COMPETING_POSTS = 20


class Matched(NamedTuple):
    """Matches to be written, one row each."""

    batch: pa.RecordBatch  # the items
    item: np.ndarray  # row of the batch
    post: np.ndarray  # row of the index: the credited post
    pair: np.ndarray  # row of Judgements, -1 where the texts were not compared


def by_link(
    matched: Matched, columns: Sequence[str], judged: Judgements, posts: PostIndex, parameters: Parameters
) -> pa.Table:
    """evidence.MATCHES of items and the posts they link to, with the measures of their texts where they were compared;
    `columns`: the column of each item that has the link.
    """
    return _table(
        {
            **_common(matched, posts, parameters),
            **_measures(judged, matched.pair),
            **_linked(matched, _own_or_sibling(matched, posts)),
            "evidence": [f'{{"link":"{column}"}}' for column in columns],
        }
    )


def by_person(matched: Matched, posts: PostIndex, parameters: Parameters) -> pa.Table:
    """evidence.MATCHES that a person declared where no rule sees any; whose account carried the item does not matter."""
    rows = len(matched.item)
    return _table(
        {
            **_common(matched, posts, parameters),
            **_no_measures(rows),
            **_linked(matched, [None] * rows),
            "method": ["text"] * rows,
            "match_class": ["partial"] * rows,
            "credit_rule": ["person"] * rows,
            "decided_by": ["person"] * rows,
            "evidence": ['{"link":"person"}'] * rows,
        }
    )


def by_text(
    matched: Matched,
    rules: Sequence[str],
    competing: Sequence[str],
    is_attributed: np.ndarray,
    judged: Judgements,
    posts: PostIndex,
    parameters: Parameters,
) -> pa.Table:
    """evidence.MATCHES of items and the credited posts of the families that their texts were compared with. `rules`:
    attribution | in_text | earliest | only; `competing`: the other eligible posts of the family (`ids`); `is_attributed`:
    where a match needs it (`needs_a_name`), does the item name the account of the post?
    """
    verdict, confidence = judged.verdict[matched.pair], judged.confidence[matched.pair]
    confidence = np.where(is_attributed, "C", confidence)
    is_open = confidence == "review"
    reason = np.array(_own_or_sibling(matched, posts), object)
    reason[is_open] = np.where(verdict[is_open] == "quote", "quote", "review")
    return _table(
        {
            **_common(matched, posts, parameters),
            **_measures(judged, matched.pair),
            "method": np.where(is_attributed, "attribution_text", "text"),
            "match_class": np.where(verdict == "review", "partial", verdict),
            "confidence": confidence,
            "is_counted": [value is None for value in reason],
            "is_credited": [True] * len(matched.item),
            "reason": reason,
            "credit_rule": rules,
            "evidence": _places(judged, matched.pair, competing),
        }
    )


def needs_a_name(judged: Judgements, pairs: np.ndarray, parameters: Parameters) -> np.ndarray:
    """bool per pair: is it too little by itself, and long enough to count where the item names its source? A lone passage
    has to be longer than the notes that editors put below every article.
    """
    measures = judged.comparison.measures
    is_quote = judged.verdict[pairs] == "quote"
    least = np.where(is_quote, parameters.attribution_min_chars, parameters.min_matched_chars)
    chars = np.minimum(measures.body_matched[pairs], measures.post_distinctive[pairs])
    return (judged.confidence[pairs] == "review") & (chars >= least)


def ids(rows: Sequence[int], posts: PostIndex) -> str:
    """The ids of the first MAX_COMPETING_POSTS of the posts, as they stand in a JSON list."""
    return ",".join(json.dumps(posts.post_id[row], ensure_ascii=False) for row in rows[:MAX_COMPETING_POSTS])


def rejected(
    item_id: pa.Array, judged: Judgements, is_wanted: np.ndarray, posts: PostIndex, parameters: Parameters
) -> pa.Table:
    """Wanted pairs (bool per pair) that came close and are no reprint, with the reason: for appeals."""
    comparison, measures = judged.comparison, judged.comparison.measures
    is_near = (comparison.containment >= parameters.rejected_containment) | (
        measures.body_matched >= parameters.min_matched_chars
    )
    at = np.flatnonzero(is_wanted & is_near & (judged.verdict == ""))
    table = pa.table(
        {
            "item_id": item_id.take(pa.array(judged.item[at])),
            "post_id": pa.array(posts.post_id[judged.post[at]], pa.string()),
            "reason": pa.array(judged.rejected_reason[at], pa.string()),
            "containment": np.round(comparison.containment[at], 6),
            "matched_chars": measures.post_matched[at].astype(np.int32),
            "numbers_aligned": measures.numbers_aligned[at].astype(np.int32),
            "numbers_equal": measures.numbers_equal[at].astype(np.int32),
            "parameters_hash": pa.repeat(parameters.hash, len(at)),
        },
    ).cast(REJECTED)
    return table.filter(pc.not_equal(table["item_id"], table["post_id"]))


def _table(columns: Columns) -> pa.Table:
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in MATCHES}, schema=MATCHES)


def _common(matched: Matched, posts: PostIndex, parameters: Parameters) -> Columns:
    items, rows = pa.array(matched.item), len(matched.item)
    earliest = matched.batch["earliest"].take(items).cast(pa.int64())
    return {
        "item_id": matched.batch["item_id"].take(items).cast(pa.string()),
        "post_id": posts.post_id[matched.post],
        "post_month": posts.month[matched.post],
        "lag_seconds": pc.subtract(earliest, pa.array(posts.published_second[matched.post])),
        "decided_by": ["rule"] * rows,
        "parameters_hash": [parameters.hash] * rows,
    }


def _linked(matched: Matched, reasons: list[str | None]) -> Columns:
    rows = len(matched.item)
    return {
        "method": ["link"] * rows,
        "match_class": ["link"] * rows,
        "confidence": ["A"] * rows,
        "is_counted": [reason is None for reason in reasons],
        "is_credited": [True] * rows,
        "reason": reasons,
        "credit_rule": ["link"] * rows,
    }


def _own_or_sibling(matched: Matched, posts: PostIndex) -> list[str | None]:
    """self where the item's account is of the post's unit, sibling where it is of another unit, None for all others."""
    carriers = matched.batch["unit_id"].take(pa.array(matched.item)).to_pylist()
    return [
        None if carrier is None or owner is None else "self" if carrier == owner else "sibling"
        for carrier, owner in zip(carriers, posts.unit_id[matched.post].tolist(), strict=True)
    ]


def _measures(judged: Judgements, pair: np.ndarray) -> Columns:
    """The measures of pairs; 0 where a pair is -1."""
    at = np.flatnonzero(pair >= 0)
    columns = _no_measures(len(pair))
    comparison, measures = judged.comparison, judged.comparison.measures
    for name, values in (
        ("containment", comparison.containment),
        ("item_containment", comparison.item_containment),
        ("matched_chars", measures.post_matched),
        ("distinctive_chars", measures.post_distinctive),
        ("longest_run", measures.longest_run),
        ("numbers_aligned", measures.numbers_aligned),
        ("numbers_equal", measures.numbers_equal),
    ):
        columns[name][at] = values[pair[at]]
    for name in ("containment", "item_containment"):
        columns[name] = _rounded(columns[name], 6)
    return columns


def _no_measures(rows: int) -> Columns:
    shares = {name: np.zeros(rows) for name in ("containment", "item_containment")}
    names = ("matched_chars", "distinctive_chars", "longest_run", "numbers_aligned", "numbers_equal")
    return {**shares, **{name: np.zeros(rows, np.int32) for name in names}}


def _rounded(values: np.ndarray, digits: int) -> list[float]:
    """As Python rounds: np.round multiplies first, and ends on another number now and then."""
    return [round(value, digits) for value in values.tolist()]


def _places(judged: Judgements, pair: np.ndarray, competing: Sequence[str]) -> list[str]:
    """JSON per pair, its keys in order: competing posts, share that all posts explain, and the ranges in both texts."""
    measures = judged.comparison.measures
    ranges = (measures.item_from, measures.item_to, measures.post_from, measures.post_to)
    columns = (_rounded(judged.comparison.digest_share[pair], 4), *(column[pair].tolist() for column in ranges))
    return [
        f'{{"co_credits":[{posts}],"digest_share":{share},"item_range":[{item_from},{item_to}],'
        f'"post_range":[{post_from},{post_to}]}}'
        for posts, share, item_from, item_to, post_from, post_to in zip(competing, *columns, strict=True)
    ]

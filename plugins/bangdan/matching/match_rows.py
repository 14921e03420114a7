"""Rows of evidence: matches by link, by text and by a person's decision, and rejected pairs."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.matching.evidence import REJECTED
from bangdan.matching.judgement import Judgements
from bangdan.matching.links import Link
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex

Row = dict[str, Any]  # a row of evidence.MATCHES, or an item with its columns
# Competing posts that a row of evidence names.
MAX_COMPETING_POSTS = 20
NO_MEASURES: Row = {
    "containment": 0.0, "item_containment": 0.0, "matched_chars": 0, "distinctive_chars": 0, "longest_run": 0,
    "numbers_aligned": 0, "numbers_equal": 0,
}  # fmt: skip


class Credit(NamedTuple):
    """The post of a family (row of the index) that gets the credit, and why."""

    post: int
    rule: str  # attribution | in_text | earliest | only
    is_attributed: bool  # the item names the account of the post
    competing: list[int]


def of_link(
    item: Row,
    link: Link,
    posts: PostIndex,
    parameters: Parameters,
    judged: Judgements | None = None,
    pair: int = 0,
) -> Row:
    """The match of an item and the post it links to, with the measures of their texts where they were compared."""
    reason = _own_or_sibling(item, link.post, posts)
    return {
        **_common(item, link.post, posts, parameters),
        "method": "link",
        "match_class": "link",
        **(_measures(judged, pair) if judged else NO_MEASURES),
        "confidence": "A",
        "is_counted": reason is None,
        "is_credited": True,
        "reason": reason,
        "credit_rule": "link",
        "evidence": _json(link=link.column),
    }


def of_person(item: Row, post: int, posts: PostIndex, parameters: Parameters) -> Row:
    """The match that a person declared where no rule sees one; whose account carried the item does not matter."""
    return {
        **of_link({**item, "unit_id": None}, Link(post, "person"), posts, parameters),
        "method": "text",
        "match_class": "partial",
        "credit_rule": "person",
        "decided_by": "person",
    }


def of_text(item: Row, credit: Credit, posts: PostIndex, parameters: Parameters, judged: Judgements, pair: int) -> Row:
    """The match of an item and the credited post of the family that its text was compared with."""
    measures = judged.comparison.measures
    verdict, method, confidence = judged.verdict[pair], "text", judged.confidence[pair]
    if confidence == "review" and credit.is_attributed and _is_supported(judged, pair, parameters):
        method, confidence = "attribution_text", "C"
    reason = _own_or_sibling(item, credit.post, posts)
    if confidence == "review":
        reason = "quote" if verdict == "quote" else "review"
    return {
        **_common(item, credit.post, posts, parameters),
        "method": method,
        "match_class": "partial" if verdict == "review" else verdict,
        **_measures(judged, pair),
        "confidence": confidence,
        "is_counted": reason is None,
        "is_credited": True,
        "reason": reason,
        "credit_rule": credit.rule,
        "evidence": _json(
            post_range=[int(measures.post_from[pair]), int(measures.post_to[pair])],
            item_range=[int(measures.item_from[pair]), int(measures.item_to[pair])],
            digest_share=round(float(judged.comparison.digest_share[pair]), 4),
            co_credits=[posts.post_id[post] for post in credit.competing[:MAX_COMPETING_POSTS]],
        ),
    }


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


def _is_supported(judged: Judgements, pair: int, parameters: Parameters) -> bool:
    """Is a weak match long enough to count when the item names its source? A lone passage has to be longer than the
    notes that editors put below every article.
    """
    least = parameters.attribution_min_chars if judged.verdict[pair] == "quote" else parameters.min_matched_chars
    measures = judged.comparison.measures
    return bool(min(measures.body_matched[pair], measures.post_distinctive[pair]) >= least)


def _own_or_sibling(item: Row, post: int, posts: PostIndex) -> str | None:
    """self where the item's account is of the post's unit, sibling where it is of another unit, None for all others."""
    carrier, owner = item.get("unit_id"), posts.unit_id[post]
    if carrier is None or owner is None:
        return None
    return "self" if carrier == owner else "sibling"


def _measures(judged: Judgements, pair: int) -> Row:
    comparison, measures = judged.comparison, judged.comparison.measures
    return {
        "containment": round(float(comparison.containment[pair]), 6),
        "item_containment": round(float(comparison.item_containment[pair]), 6),
        "matched_chars": int(measures.post_matched[pair]),
        "distinctive_chars": int(measures.post_distinctive[pair]),
        "longest_run": int(measures.longest_run[pair]),
        "numbers_aligned": int(measures.numbers_aligned[pair]),
        "numbers_equal": int(measures.numbers_equal[pair]),
    }


def _common(item: Row, post: int, posts: PostIndex, parameters: Parameters) -> Row:
    earliest = item["earliest"]
    return {
        "item_id": item["item_id"],
        "post_id": posts.post_id[post],
        "post_month": posts.month[post],
        "lag_seconds": None if earliest is None else int(earliest - posts.published_second[post]),
        "decided_by": "rule",
        "parameters_hash": parameters.hash,
    }


def _json(**values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

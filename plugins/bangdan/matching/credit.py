"""Who gets the credit: links first, then, within a family of near-identical posts, attribution, then the earliest."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.matching import evidence
from bangdan.matching.candidates import Judged
from bangdan.matching.links import LinkIndex
from bangdan.matching.own import Own
from bangdan.matching.parameters import Parameters

# 来源：上海杨浦、转自 @上海杨浦发布 … : the words after it, up to a sign that ends a name.
IN_TEXT = re.compile(
    r"(?:来源|來源|转自|轉自|转载自|轉載自|//@|@)\s*[：:|｜/]?\s*@?([^\s，。、；：:|｜（）()【】\[\]<>//@#！!]{2,30})"
)


@dataclass
class Aliases:
    """Which accounts a name in an attribution can mean: account names, aliases, and nothing shorter than 2 signs."""

    accounts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, table: pa.Table | None) -> Aliases:
        """Read (account_id, name, aliases list)."""
        found = cls()
        for row in table.to_pylist() if table is not None else []:
            for name in [row.get("name"), *(row.get("aliases") or [])]:
                if name and len(name) >= 2:
                    found.accounts[name.strip()].add(row["account_id"])
        return found

    def named_in(self, field_text: str | None) -> set[str]:
        """Accounts that an attribution field names, alone."""
        return self.accounts.get((field_text or "").strip().lstrip("@"), set())

    def named_in_text(self, text: str | None) -> set[str]:
        """Accounts that the running text names as source."""
        found: set[str] = set()
        if text and self.accounts:
            for name in IN_TEXT.findall(text):
                found |= self.accounts.get(name, set())
        return found


def rows(
    batch: pa.RecordBatch,
    latest: np.ndarray,
    judged: Judged,
    own: Own,
    links: LinkIndex,
    aliases: Aliases,
    parameters: Parameters,
) -> tuple[list[dict[str, Any]], pa.Table]:
    """Evidence of a batch of items: matches as rows, rejected pairs as a table. Most items match nothing and stay
    arrays; only those with a verdict or a link become Python objects.
    """
    has_link = links.possible(batch)
    has_verdict = np.zeros(batch.num_rows, bool)
    has_verdict[judged.item[judged.verdict != ""]] = True
    chosen = np.flatnonzero(has_link | has_verdict)
    items = dict(zip(chosen.tolist(), batch.take(pa.array(chosen)).to_pylist(), strict=True))
    for i, row in items.items():
        row["latest"] = int(latest[i])
    linked = {i: found for i in np.flatnonzero(has_link).tolist() if (found := links.find(items[i]))}
    by_item: dict[int, list[int]] = defaultdict(list)
    for k in np.flatnonzero((judged.verdict != "") | has_link[judged.item]).tolist():
        by_item[int(judged.item[k])].append(k)
    matches = []
    by_link = np.zeros(len(judged.item), bool)  # pairs that a link has decided
    for i, row in items.items():
        link_post, link_how = linked.get(i, (None, ""))
        done = False
        named_field, named_text = aliases.named_in(row.get("source_name_raw")), None
        for k in by_item.get(i, ()):
            family = int(judged.post[k])
            if link_post is not None and own.origin[link_post] == family:
                matches.append(_link_row(row, link_post, link_how, own, parameters, judged, k))
                by_link[k] = done = True
                continue
            if not judged.verdict[k] or own.post_id[family] == row["item_id"]:
                continue  # no reprint, or the post itself seen as an item
            if named_text is None:
                named_text = aliases.named_in_text(row.get("text"))
            eligible = [m for m in own.members[family] if own.at[m] <= row["latest"] + parameters.skew_minutes * 60]
            if not eligible or any(own.post_id[m] == row["item_id"] for m in eligible):
                continue  # an own post of the family is not its own family's reprint
            credited, rule = _credit(eligible, own, named_field, named_text)
            supported = own.account_id[credited] in named_field or own.account_id[credited] in named_text
            matches.append(_text_row(row, credited, rule, supported, eligible, own, parameters, judged, k))
        if link_post is not None and not done:
            matches.append(_link_row(row, link_post, link_how, own, parameters))
    return matches, _rejected(batch["item_id"], judged, ~by_link, own, parameters)


def _rejected(item_id: pa.Array, judged: Judged, wanted: np.ndarray, own: Own, parameters: Parameters) -> pa.Table:
    """Pairs that came close and were found to be no reprint, with the reason: for appeals."""
    m = judged.measured
    near = (judged.containment >= 0.1) | (m.body_matched >= parameters.min_matched_chars)
    at = np.flatnonzero(wanted & near & (judged.verdict == ""))
    found = pa.table(
        {
            "item_id": item_id.take(pa.array(judged.item[at])),
            "post_id": pa.array(own.post_id[judged.post[at]], pa.string()),
            "reason": pa.array(judged.why_not[at], pa.string()),
            "containment": np.round(judged.containment[at], 6),
            "matched_chars": m.post_matched[at].astype(np.int32),
            "numbers_aligned": m.numbers_aligned[at].astype(np.int32),
            "numbers_equal": m.numbers_equal[at].astype(np.int32),
            "parameters_hash": pa.repeat(parameters.hash, len(at)),
        },
    ).cast(evidence.REJECTED)
    return found.filter(pc.not_equal(found["item_id"], found["post_id"]))


def _credit(eligible: list[int], own: Own, named_field: set[str], named_text: set[str]) -> tuple[int, str]:
    """The credited post of a family and the rule that gave it the credit; rows are ascending in time."""
    if len(eligible) == 1:
        return eligible[0], "only"
    for names, rule in ((named_field, "attribution"), (named_text, "in_text")):
        for member in eligible:
            if own.account_id[member] in names:
                return member, rule
    return eligible[0], "earliest"


def _standing(row: dict[str, Any], post: int, own: Own) -> str | None:
    """self | sibling | None: whose account carried the item."""
    carrying, owner = row.get("unit_id"), own.unit_id[post]
    if carrying is None or owner is None:
        return None
    return "self" if carrying == owner else "sibling"


def _text_row(
    row: dict[str, Any], post: int, rule: str, supported: bool, eligible: list[int], own: Own, parameters: Parameters,
    judged: Judged, k: int,
) -> dict[str, Any]:  # fmt: skip
    verdict, confidence = judged.verdict[k], judged.confidence[k]
    m = judged.measured
    method = "text"
    weak = parameters.attribution_min_chars if verdict == "quote" else parameters.min_matched_chars
    if confidence == "review" and supported and min(m.body_matched[k], m.post_distinctive[k]) >= weak:
        # A weak text match that names its source: attribution supports it, it never stands alone. A lone passage
        # has to be longer than the notes that editors put below every article.
        method, confidence = "attribution_text", "C"
    reason = {"quote": "quote"}.get(verdict, "review") if confidence == "review" else _standing(row, post, own)
    return {
        **_base(row, post, own, parameters),
        "method": method,
        "match_class": "partial" if verdict == "review" else verdict,
        **_measures(judged, k),
        "confidence": confidence,
        "is_counted": reason is None,
        "is_credited": True,
        "reason": reason,
        "credit_rule": rule,
        "evidence": _json(
            post_range=[int(m.post_from[k]), int(m.post_to[k])],
            item_range=[int(m.item_from[k]), int(m.item_to[k])],
            digest_share=round(float(judged.digest_share[k]), 4),
            co_credits=[own.post_id[e] for e in eligible if e != post][:20],
        ),
    }


def _measures(judged: Judged, k: int) -> dict[str, Any]:
    """The measures of a pair that stand in its evidence."""
    m = judged.measured
    return {
        "containment": round(float(judged.containment[k]), 6),
        "item_containment": round(float(judged.item_containment[k]), 6),
        "matched_chars": int(m.post_matched[k]),
        "distinctive_chars": int(m.post_distinctive[k]),
        "longest_run": int(m.longest_run[k]),
        "numbers_aligned": int(m.numbers_aligned[k]),
        "numbers_equal": int(m.numbers_equal[k]),
    }


def _link_row(
    row: dict[str, Any], post: int, how: str, own: Own, parameters: Parameters, judged: Judged | None = None, k: int = 0
) -> dict[str, Any]:
    reason = _standing(row, post, own)
    found: dict[str, Any] = {"matched_chars": 0, "distinctive_chars": 0, "longest_run": 0, "numbers_aligned": 0}
    found |= {"numbers_equal": 0, "containment": 0.0, "item_containment": 0.0}
    if judged is not None:
        found |= _measures(judged, k)
    return {
        **_base(row, post, own, parameters),
        "method": "link",
        "match_class": "link",
        **found,
        "confidence": "A",
        "is_counted": reason is None,
        "is_credited": True,
        "reason": reason,
        "credit_rule": "link",
        "evidence": _json(link=how),
    }


def by_person(row: dict[str, Any], post: int, own: Own, parameters: Parameters) -> dict[str, Any]:
    """Evidence of a pair that a person declared a reprint and no rule had found."""
    return {
        **_link_row({**row, "unit_id": None}, post, "person", own, parameters),
        "method": "text",
        "match_class": "partial",
        "credit_rule": "person",
        "decided_by": "person",
    }


def _base(row: dict[str, Any], post: int, own: Own, parameters: Parameters) -> dict[str, Any]:
    return {
        "item_id": row["item_id"],
        "post_id": own.post_id[post],
        "post_month": own.month[post],
        "lag_seconds": int(row["earliest"] - own.at[post]) if row["earliest"] is not None else None,
        "decided_by": "rule",
        "parameters_hash": parameters.hash,
    }


def _json(**told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def earlier_items(
    batch: pa.RecordBatch, latest: np.ndarray, judged: Judged, own: Own, parameters: Parameters
) -> Iterator[tuple[int, int, str]]:
    """(family, item's moment, item_id) of items that carried a family's text before the family did."""
    same = judged.is_older & (judged.post_containment >= parameters.family_containment)
    same &= judged.item_containment >= parameters.min_containment
    for k in np.flatnonzero(same).tolist():
        item = int(judged.item[k])
        yield int(judged.post[k]), int(latest[item]), batch["item_id"][item].as_py()

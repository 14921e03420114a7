"""Who gets the credit: links first, then, within a family of near-identical posts, attribution, then the earliest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from bangdan.matching import match_rows
from bangdan.matching.aliases import Aliases
from bangdan.matching.judgement import Judgements
from bangdan.matching.links import Link, LinkIndex
from bangdan.matching.match_rows import Credit, Row
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex


class Evidence(NamedTuple):
    """Evidence of a batch of items: matches as rows, rejected pairs as a table."""

    matches: list[Row]
    rejected: pa.Table


@dataclass
class Item:
    """An item that has a verdict or a link: its columns, its link, and its pairs (rows of Judgements)."""

    row: Row
    link: Link | None
    pairs: list[int]
    aliases: Aliases

    @cached_property
    def named_in_field(self) -> set[str]:
        return self.aliases.in_field(self.row.get("source_name_raw"))

    @cached_property
    def named_in_text(self) -> set[str]:
        return self.aliases.in_text(self.row.get("text"))


class Rules:
    """The rules of credit over the posts of a month."""

    def __init__(self, posts: PostIndex, aliases: Aliases, parameters: Parameters) -> None:
        self._posts, self._aliases, self._parameters = posts, aliases, parameters
        self._links = LinkIndex(posts, parameters)

    def evidence(self, batch: pa.RecordBatch, latest: np.ndarray, judged: Judgements) -> Evidence:
        """Evidence of a batch of items. Most items match nothing and stay arrays; only those with a verdict or a link
        become Python objects.
        """
        matches: list[Row] = []
        is_linked = np.zeros(len(judged.item), bool)  # pairs that a link has decided
        for item in self._items(batch, latest, judged):
            is_written = False
            for pair in item.pairs:
                if item.link and self._posts.origin[item.link.post] == judged.post[pair]:
                    matches.append(match_rows.of_link(item.row, item.link, self._posts, self._parameters, judged, pair))
                    is_linked[pair] = is_written = True
                elif row := self._text_row(item, judged, pair):
                    matches.append(row)
            if item.link and not is_written:
                matches.append(match_rows.of_link(item.row, item.link, self._posts, self._parameters))
        rejected = match_rows.rejected(batch["item_id"], judged, ~is_linked, self._posts, self._parameters)
        return Evidence(matches, rejected)

    def earlier_items(
        self, batch: pa.RecordBatch, latest: np.ndarray, judged: Judgements
    ) -> Iterator[tuple[int, int, str]]:
        """(family, second, item_id) of items that carried a family's text before the family did."""
        comparison, parameters = judged.comparison, self._parameters
        is_same = comparison.is_older & (comparison.post_containment >= parameters.family_containment)
        is_same &= comparison.item_containment >= parameters.min_containment
        for pair in np.flatnonzero(is_same).tolist():
            item = int(judged.item[pair])
            yield int(judged.post[pair]), int(latest[item]), batch["item_id"][item].as_py()

    def _items(self, batch: pa.RecordBatch, latest: np.ndarray, judged: Judgements) -> Iterator[Item]:
        is_possible = self._links.is_possible(batch)
        has_verdict = judged.verdict != ""
        is_chosen = is_possible.copy()
        is_chosen[judged.item[has_verdict]] = True
        pairs: dict[int, list[int]] = defaultdict(list)
        for pair in np.flatnonzero(has_verdict | is_possible[judged.item]).tolist():
            pairs[int(judged.item[pair])].append(pair)
        chosen = np.flatnonzero(is_chosen)
        for number, row in zip(chosen.tolist(), batch.take(pa.array(chosen)).to_pylist(), strict=True):
            row["latest"] = int(latest[number])
            link = self._links.find(row) if is_possible[number] else None
            yield Item(row, link, pairs.get(number, []), self._aliases)

    def _text_row(self, item: Item, judged: Judgements, pair: int) -> Row | None:
        """The match of a pair by its text; None where it is no reprint, or an own copy of the post or its family."""
        posts, family = self._posts, int(judged.post[pair])
        if not judged.verdict[pair] or posts.post_id[family] == item.row["item_id"]:
            return None
        youngest = item.row["latest"] + self._parameters.skew_minutes * 60
        eligible = [post for post in posts.members[family] if posts.published_second[post] <= youngest]
        if not eligible or any(posts.post_id[post] == item.row["item_id"] for post in eligible):
            return None
        return match_rows.of_text(item.row, self._credit(eligible, item), posts, self._parameters, judged, pair)

    def _credit(self, eligible: list[int], item: Item) -> Credit:
        """The credited post of a family; `eligible` are its posts that the item can have copied, ascending in time."""
        post, rule = self._credited(eligible, item)
        account = self._posts.account_id[post]
        is_attributed = account in item.named_in_field or account in item.named_in_text
        return Credit(post, rule, is_attributed, [other for other in eligible if other != post])

    def _credited(self, eligible: list[int], item: Item) -> tuple[int, str]:
        if len(eligible) == 1:
            return eligible[0], "only"
        for names, rule in ((item.named_in_field, "attribution"), (item.named_in_text, "in_text")):
            for post in eligible:
                if self._posts.account_id[post] in names:
                    return post, rule
        return eligible[0], "earliest"


def decided(
    matches: list[Row],
    decisions: dict[tuple[str, str], dict[str, str]],
    batch: pa.RecordBatch,
    posts: PostIndex,
    parameters: Parameters,
) -> list[Row]:
    """The matches after persons' decisions, by (item_id, post_id). A decision overrides the rule; one that declares a
    reprint where no rule sees one makes a row of its own.
    """
    for row in matches:
        decision = decisions.get((row["item_id"], row["post_id"]))
        if decision:
            row["decided_by"] = "person"
            row["is_counted"] = decision["decision"] == "reprint"
            row["reason"] = None if row["is_counted"] else "person"
            row["confidence"] = "A" if row["is_counted"] else "review"
    matched = {(row["item_id"], row["post_id"]) for row in matches}
    declared = {pair for pair, decision in decisions.items() if decision["decision"] == "reprint"} - matched
    return [*matches, *_declared_rows(declared, batch, posts, parameters)]


def _declared_rows(
    declared: set[tuple[str, str]], batch: pa.RecordBatch, posts: PostIndex, parameters: Parameters
) -> Iterator[Row]:
    """Rows of the declared pairs whose item is in the batch and whose post is known."""
    if not declared:
        return
    number_of: dict[Any, int] = {}
    for number, item_id in enumerate(batch["item_id"].to_pylist()):
        number_of.setdefault(item_id, number)
    for item_id, post_id in sorted(declared):
        if item_id in number_of and post_id in posts.row_of:
            (item,) = batch.slice(number_of[item_id], 1).to_pylist()
            yield match_rows.of_person(item, posts.row_of[post_id], posts, parameters)

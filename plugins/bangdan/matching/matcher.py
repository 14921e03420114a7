"""The matcher: batches of items against an index of posts → evidence. `bangdan match` and the matching stage call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from bangdan.core.processes import in_threads
from bangdan.matching import credit, evidence
from bangdan.matching.aliases import Aliases
from bangdan.matching.growing_rows import GrowingRows
from bangdan.matching.judgement import Judgements, judge
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex

# Items that are judged at a time: a batch and its grams fit in a processor's cache, and bound memory.
BATCH_ROWS = 2048
# The time of an item that has none: it may be younger than any post.
NEVER = np.iinfo(np.int64).max // 2


@dataclass
class Result:
    """All evidence of one call, in no order yet; in memory unless its rows have a scratch folder."""

    matches: GrowingRows = field(default_factory=lambda: GrowingRows("matches", evidence.MATCHES))
    rejected: GrowingRows = field(default_factory=lambda: GrowingRows("rejected", evidence.REJECTED))
    earlier: dict[int, tuple[int, str]] = field(default_factory=dict)  # family → (second, item_id)
    items: int = 0

    def add_earlier(self, family: int, second: int, item_id: str) -> None:
        """Keep the earliest item that carried a family's text before the family did."""
        self.earlier[family] = min(self.earlier.get(family, (second, item_id)), (second, item_id))


def match(
    posts: PostIndex,
    batches: Iterable[pa.RecordBatch],
    aliases: Aliases,
    parameters: Parameters,
    decisions: dict[tuple[str, str], dict[str, str]] | None = None,
    progress: Callable[[int], None] | None = None,
    threads: int = 1,
    result: Result | None = None,
) -> Result:
    """Match batches of items (queries.ITEM_COLUMNS, and `earliest` and `latest` in seconds) with the posts.

    `decisions` are persons', by item and post; `progress` receives the number of items after each batch. The evidence
    is added to `result`, by default an empty one. Memory is bounded by the posts and one batch a thread; evidence is the
    only thing that grows.
    """
    rules = credit.Rules(posts, aliases, parameters)
    result = result or Result()

    def judged(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, np.ndarray, Judgements]:
        latest = batch["latest"].fill_null(NEVER).to_numpy(zero_copy_only=False)
        return batch, latest, judge(batch["title"], batch["text"], latest, posts, parameters)

    for batch, latest, judgements in in_threads(judged, batches, threads):
        matches, rejected = rules.evidence(batch, latest, judgements)
        if decisions:
            matches = credit.decided(matches, decisions, batch, posts, parameters)
        result.matches.append(matches)
        result.rejected.append(rejected)
        for family, second, item_id in rules.earlier_items(batch, latest, judgements):
            result.add_earlier(family, second, item_id)
        result.items += batch.num_rows
        if progress:
            progress(result.items)
    return result


def families(posts: PostIndex, earlier: dict[int, tuple[int, str]], parameters: Parameters) -> pa.Table:
    """evidence.FAMILIES: one row per post; `earlier` is that of a Result."""
    origin = posts.origin
    return pa.table(
        {
            "post_id": pa.array(posts.post_id, pa.string()),
            "post_month": pa.array(posts.month, pa.string()),
            "family_id": pa.array(posts.post_id[origin], pa.string()),
            "origin_post_id": pa.array(posts.post_id[origin], pa.string()),
            "origin_unit_id": pa.array(posts.unit_id[origin], pa.string()),
            "is_origin": pa.array(origin == np.arange(len(origin))),
            "earlier_item_id": pa.array([earlier.get(int(row), (0, None))[1] for row in origin], pa.string()),
            "parameters_hash": pa.array([parameters.hash] * len(origin), pa.string()),
        },
        schema=evidence.FAMILIES,
    ).sort_by("post_id")

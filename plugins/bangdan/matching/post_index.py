"""The posts that items are compared with: their texts, families of near-identical ones, and an index of their grams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.matching import families, gram_index
from bangdan.matching.gram_index import GramIndex
from bangdan.matching.measures import Side
from bangdan.matching.number_tokens import number_tokens
from bangdan.matching.parameters import Parameters
from bangdan.matching.sketch import HashSlices
from bangdan.matching.text import normalise, sums_of


@dataclass
class PostIndex:
    """Posts in the order of (time, post_id): the matcher names a post by its row here."""

    post_id: np.ndarray  # object
    published_second: np.ndarray  # int64: first second in which the post can have been published
    unit_id: np.ndarray  # object
    account_id: np.ndarray  # object
    month: np.ndarray  # object, YYYY-MM in Shanghai
    url: list[str | None]
    forward_of: list[str | None]  # id of the post that this one forwards
    side: Side
    origin: np.ndarray  # int64: row of the earliest post of the family
    distinctive_chars: np.ndarray  # int64, per post: characters outside boilerplate
    grams: GramIndex

    def __len__(self) -> int:
        return len(self.post_id)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each post by its id."""
        return {post_id: row for row, post_id in enumerate(self.post_id)}

    def rows_of(self, post_ids: pa.Array) -> np.ndarray:
        """int64 per id: the row of its post, -1 for an id of none."""
        known = (self.row_of.get(post_id, -1) for post_id in post_ids.to_pylist())
        return np.fromiter(known, np.int64, len(post_ids))

    @cached_property
    def members(self) -> np.ndarray:
        """int64: the rows of all posts, family by family, those of a family ascending in time."""
        return np.argsort(self.origin, kind="stable")

    @cached_property
    def _member_keys(self) -> np.ndarray:
        """int64, ascending: the family and the row of each of `members`, as one number."""
        return self.origin[self.members] * len(self) + self.members

    def members_until(self, families: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where in `members` the posts of each family (row of its origin) begin, and where those end that were published
        up to a second.
        """
        first, rows = families * len(self), np.searchsorted(self.published_second, seconds, "right")
        return np.searchsorted(self._member_keys, first), np.searchsorted(self._member_keys, first + rows)


def build(posts: pa.Table, parameters: Parameters) -> PostIndex:
    """Index posts (post_id, published_at, unit_id, account_id, title, text; url, forward_of and published_month where the
    table has them).
    """
    seconds = posts["published_at"].cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_numpy()
    ids = posts["post_id"].to_numpy(zero_copy_only=False)
    order = np.lexsort((ids.astype(str), seconds)) if len(ids) else np.zeros(0, np.int64)
    if (np.diff(order) != 1).any():  # texts in their order need no copy
        posts = posts.take(pa.array(order))
    texts = normalise(posts["title"], posts["text"])
    posts = posts.drop_columns(["title", "text"])
    pa.default_memory_pool().release_unused()
    side = Side(texts, number_tokens(texts), np.zeros(len(texts.chars), bool))
    slices = HashSlices(texts, parameters.gram_length, parameters.short_sketch_scale)
    origin = families.origins(side, slices, parameters)
    index, is_boilerplate = gram_index.build(
        texts, slices, origin, parameters.max_families_per_gram, parameters.gram_length
    )
    return PostIndex(
        post_id=ids[order],
        published_second=seconds[order],
        unit_id=posts["unit_id"].to_numpy(zero_copy_only=False),
        account_id=posts["account_id"].to_numpy(zero_copy_only=False),
        month=_months(posts),
        url=_texts_of(posts, "url"),
        forward_of=_texts_of(posts, "forward_of"),
        side=side._replace(is_boilerplate=is_boilerplate),
        origin=origin,
        distinctive_chars=sums_of(~is_boilerplate, texts.starts),
        grams=index,
    )


def _texts_of(posts: pa.Table, column: str) -> list[str | None]:
    return posts[column].to_pylist() if column in posts.schema.names else [None] * len(posts)


def _months(posts: pa.Table) -> np.ndarray:
    """The ranking month of each post; without published_month that of its time, which without a zone is Shanghai's."""
    if "published_month" in posts.schema.names:
        return posts["published_month"].to_numpy(zero_copy_only=False)
    published_at = posts["published_at"]
    if published_at.type.tz is not None:
        published_at = published_at.cast(pa.timestamp("us", "Asia/Shanghai"))
    return pc.strftime(published_at, "%Y-%m").to_numpy(zero_copy_only=False)

"""The own side: posts, their families of near-identical texts, and the index of grams that items are joined to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangdan.matching import verify
from bangdan.matching.parameters import Parameters
from bangdan.matching.sketch import Sketch, sketch
from bangdan.matching.text import Texts, normalise

# Pairs of own posts are sought on this sample of grams of long texts; near-identical ones share nearly all of them.
FAMILY_SCALE = 8
# A gram in more posts than this says nothing about who copied whom.
MAX_POSTS_PER_GRAM = 64
FILTER_BITS = 27


@dataclass
class Own:
    """Own posts in the order of (moment, post_id): row numbers are used everywhere else in the matcher."""

    post_id: np.ndarray  # object
    at: np.ndarray  # int64, seconds; first moment the post can have been published
    unit_id: np.ndarray  # object
    account_id: np.ndarray
    month: np.ndarray  # object, YYYY-MM in Shanghai
    order: np.ndarray  # row of the table the posts were read from
    texts: Texts
    numbers: verify.Numbers
    origin: np.ndarray  # int64: row of the earliest post of the family
    boilerplate: np.ndarray  # bool, per character: in a gram of more than max_families_per_gram families
    distinctive: np.ndarray  # int64, per post: characters outside boilerplate
    index: Index

    def __len__(self) -> int:
        return len(self.post_id)

    def column(self, posts: pa.Table, name: str) -> list:
        """Another column of the table the posts were read from, in this order."""
        return posts[name].take(pa.array(self.order)).to_pylist()

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each post by its id."""
        return {post_id: row for row, post_id in enumerate(self.post_id)}

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """Rows of each family, by its origin, ascending in time."""
        found: dict[int, list[int]] = {}
        for row, origin in enumerate(self.origin.tolist()):
            found.setdefault(origin, []).append(row)
        return found


@dataclass
class Index:
    """Sampled grams of family origins: gram g stands in postings bounds[g]:bounds[g + 1]."""

    hash: np.ndarray  # uint64, ascending
    bounds: np.ndarray  # int64
    post: np.ndarray  # int32
    position: np.ndarray  # int32
    is_boilerplate: np.ndarray  # bool, per gram
    filter: np.ndarray  # uint8 bitmap over the low bits of the hashes: most grams of items stop here
    shift: int  # the upper bits of a hash, hash >> shift, name its bucket
    buckets: np.ndarray  # int32: first gram of each bucket

    def find(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of `hashes` are in the index, and at which gram; ascending by the place in `hashes`."""
        nothing = np.zeros(0, np.int64)
        if not len(self.hash):
            return nothing, nothing
        low = hashes & np.uint64(2**FILTER_BITS - 1)
        bit = self.filter[(low >> np.uint64(3)).astype(np.int64)] >> (low & np.uint64(7)).astype(np.uint8)
        left = np.flatnonzero(bit & 1)
        # Hashes are uniform, so a bucket holds about one gram and a few steps along it find any: cheaper than a
        # binary search, whose every step leaves the cache.
        wanted = hashes[left]
        gram = self.buckets[np.minimum(wanted >> np.uint64(self.shift), len(self.buckets) - 1).astype(np.int64)]
        found_at, found_gram = [nothing], [nothing]
        while len(left):
            there = self.hash[gram]
            is_equal = there == wanted
            found_at.append(left[is_equal])
            found_gram.append(gram[is_equal])
            further = np.flatnonzero(there < wanted)
            left, wanted, gram = left[further], wanted[further], gram[further] + 1
            inside = gram < len(self.hash)
            if not inside.all():
                left, wanted, gram = left[inside], wanted[inside], gram[inside]
        at, gram = np.concatenate(found_at), np.concatenate(found_gram)
        order = np.argsort(at)
        return at[order], gram[order].astype(np.int64)


def build(posts: pa.Table, parameters: Parameters) -> Own:
    """Read posts (post_id, published_at, unit_id, account_id, title, text) into families and an index."""
    seconds = posts["published_at"].cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_numpy()
    ids = posts["post_id"].to_numpy(zero_copy_only=False)
    order = np.lexsort((ids.astype(str), seconds)) if len(ids) else np.zeros(0, np.int64)
    posts = posts.take(pa.array(order))
    texts = normalise(posts["title"], posts["text"])
    grams = sketch(texts, parameters.gram_length, parameters.short_sketch_scale, parameters.short_sketch_scale, 0)
    numbers = verify.numbers(texts)
    origin = _families(texts, grams, numbers, parameters)
    index = _index(grams, origin, parameters)
    boilerplate = boilerplate_mask(texts, grams, index, parameters)
    return Own(
        post_id=ids[order],
        at=seconds[order],
        unit_id=posts["unit_id"].to_numpy(zero_copy_only=False),
        account_id=posts["account_id"].to_numpy(zero_copy_only=False),
        month=_months(posts),
        order=order,
        texts=texts,
        numbers=numbers,
        origin=origin,
        boilerplate=boilerplate,
        distinctive=verify.sums_of(~boilerplate, texts.starts),
        index=index,
    )


def _months(posts: pa.Table) -> np.ndarray:
    if "published_month" in posts.schema.names:
        return posts["published_month"].to_numpy(zero_copy_only=False)
    at = posts["published_at"]
    # A time without a zone is Shanghai's.
    if at.type.tz is not None:
        at = at.cast(pa.timestamp("us", "Asia/Shanghai"))
    return pc.strftime(at, "%Y-%m").to_numpy(zero_copy_only=False)


def boilerplate_mask(
    texts: Texts,
    grams: Sketch,
    index: Index,
    parameters: Parameters,
    found: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """Per character of `texts`: does it stand in a gram that too many families share? `found`: index.find(grams.hash)
    where the caller has it.
    """
    at, gram = found or index.find(grams.hash)
    at = at[index.is_boilerplate[gram]]
    begins = texts.starts[grams.text[at]] + grams.position[at]
    size = len(texts.chars) + 1
    steps = np.bincount(begins, minlength=size) - np.bincount(begins + parameters.gram_length, minlength=size)
    return np.cumsum(steps[:-1]) > 0


def _index(grams: Sketch, origin: np.ndarray, parameters: Parameters) -> Index:
    mine = np.flatnonzero(origin[grams.text] == grams.text)
    post, position, hashes = grams.text[mine], grams.position[mine], grams.hash[mine]
    order = np.lexsort((post, hashes))  # stable: within a post the first position comes first
    post, position, hashes = post[order], position[order], hashes[order]
    if len(hashes):
        first = np.ones(len(hashes), bool)
        first[1:] = (hashes[1:] != hashes[:-1]) | (post[1:] != post[:-1])
        post, position, hashes = post[first], position[first], hashes[first]
    new = np.ones(len(hashes), bool)
    new[1:] = hashes[1:] != hashes[:-1]
    at = np.flatnonzero(new)
    bounds = np.append(at, len(hashes))
    unique = hashes[at]
    bitmap = np.zeros(2 ** (FILTER_BITS - 3), np.uint8)
    low = unique & np.uint64(2**FILTER_BITS - 1)
    np.bitwise_or.at(
        bitmap, (low >> np.uint64(3)).astype(np.int64), np.uint8(1) << (low & np.uint64(7)).astype(np.uint8)
    )
    is_boilerplate = np.diff(bounds) > parameters.max_families_per_gram
    shift, buckets = _buckets(unique)
    return Index(unique, bounds, post, position, is_boilerplate, bitmap, shift, buckets)


def _buckets(hashes: np.ndarray) -> tuple[int, np.ndarray]:
    """Shift and starts of about as many buckets as there are hashes (ascending)."""
    if not len(hashes):
        return 63, np.zeros(1, np.int32)
    bits = max(1, len(hashes).bit_length())
    shift = max(0, int(hashes[-1]).bit_length() - bits)
    number = int(hashes[-1] >> np.uint64(shift)) + 1
    counts = np.bincount((hashes >> np.uint64(shift)).astype(np.int64), minlength=number)
    return shift, np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)


def _families(texts: Texts, grams: Sketch, numbers: verify.Numbers, parameters: Parameters) -> np.ndarray:
    """Row of each post's origin. A post joins the earliest post that it is near-identical to, both ways."""
    n = len(texts)
    origin = np.arange(n)
    sparse = np.uint64(2**64 // FAMILY_SCALE - 1)
    is_short = texts.lengths < parameters.short_text_chars
    mine = np.flatnonzero(is_short[grams.text] | (grams.hash <= sparse))
    order = mine[np.lexsort((grams.position[mine], grams.text[mine], grams.hash[mine]))]
    post, position, hashes = grams.text[order], grams.position[order], grams.hash[order]
    new = np.ones(len(hashes), bool)
    new[1:] = hashes[1:] != hashes[:-1]
    group_at = np.flatnonzero(new)
    size = np.diff(np.append(group_at, len(hashes)))
    start = np.repeat(group_at, size)
    in_range = np.repeat((size > 1) & (size <= MAX_POSTS_PER_GRAM), size)
    pairs = []
    # Each post beside the one before it and beside the first of its gram: a family shares nearly all grams, so its
    # later members meet its origin in some of them.
    here = np.flatnonzero(in_range & ~new)
    for other in (here - 1, start[here]):
        pairs.append(np.stack([post[other], post[here], position[other], position[here]]))
    early, late, early_at, late_at = np.concatenate(pairs, axis=1) if pairs else np.zeros((4, 0), np.int32)
    apart = early != late
    early, late, early_at, late_at = early[apart], late[apart], early_at[apart], late_at[apart]
    key = early.astype(np.int64) * n + late
    unique, pair, support = np.unique(key, return_inverse=True, return_counts=True)
    sampled = np.bincount(post, minlength=n)
    left, right = unique % n, unique // n  # the later post is read as a copy of the earlier
    likely = support >= 0.4 * np.minimum(sampled[left], sampled[right])
    shorter, longer = (f(texts.lengths[left], texts.lengths[right]) for f in (np.minimum, np.maximum))
    likely &= shorter >= parameters.family_containment * longer * 0.9
    number = np.cumsum(likely) - 1
    keep = likely[pair]
    pair, shift = number[pair[keep]], (late_at - early_at)[keep].astype(np.int64)
    left, right = left[likely], right[likely]
    nothing = np.zeros(len(texts.chars), bool)
    for begin in range(0, len(left), 20_000):
        part = slice(begin, begin + 20_000)
        seeds = (pair >= begin) & (pair < begin + 20_000)
        seen = verify.measure(
            texts, texts, left[part], right[part], pair[seeds] - begin, shift[seeds],
            min_run=parameters.min_run, post_boilerplate=nothing, item_boilerplate=nothing,
            item_numbers=numbers, post_numbers=numbers,
        )  # fmt: skip
        both = np.minimum(
            seen.item_matched / np.maximum(texts.lengths[left[part]], 1),
            seen.post_matched / np.maximum(texts.lengths[right[part]], 1),
        )
        agree = seen.numbers_equal >= parameters.family_numbers_equal * seen.numbers_aligned
        same = np.flatnonzero((both >= parameters.family_containment) & agree)
        # Ascending by the earlier post, so that the earliest origin is found first.
        for k in same[np.lexsort((left[part][same], right[part][same]))]:
            late_post, early_post = left[part][k], right[part][k]
            if origin[late_post] == late_post:
                origin[late_post] = origin[early_post]
    # An origin found late may itself have an origin by now.
    for _ in range(8):
        origin = origin[origin]
    return origin

"""The index of grams of posts that the grams of items are looked up in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bangdan.matching.sketch import Sketch
from bangdan.matching.text import Texts

# The bitmap has a bit for each value of so many low bits of a hash: 16 MB, which the caches of a processor nearly hold.
FILTER_BITS = 27


class Hits(NamedTuple):
    """Grams of a sketch that are in the index: row in the sketch (ascending), row in the index."""

    at: np.ndarray
    gram: np.ndarray


@dataclass
class GramIndex:
    """Sampled grams of family origins: gram g is in the postings bounds[g]:bounds[g + 1]."""

    hash: np.ndarray  # uint64, ascending
    bounds: np.ndarray  # int64
    post: np.ndarray  # int32
    position: np.ndarray  # int32
    is_boilerplate: np.ndarray  # bool, per gram
    bitmap: np.ndarray  # uint8, over the low bits of the hashes: most grams of items need no further look
    shift: int  # the upper bits of a hash, hash >> shift, are the number of its bucket
    buckets: np.ndarray  # int32: first gram of each bucket

    def find(self, hashes: np.ndarray) -> Hits:
        """Those of `hashes` that are in the index."""
        nothing = np.zeros(0, np.int64)
        if not len(self.hash):
            return Hits(nothing, nothing)
        at = np.flatnonzero(self._is_possible(hashes))
        # Hashes are uniform, so a bucket holds about one gram and a few steps along it find any: cheaper than a
        # binary search, whose every step leaves the cache.
        wanted = hashes[at]
        gram = self.buckets[np.minimum(wanted >> np.uint64(self.shift), len(self.buckets) - 1).astype(np.int64)]
        hits_at, hits_gram = [nothing], [nothing]
        while len(at):
            here = self.hash[gram]
            is_equal = here == wanted
            hits_at.append(at[is_equal])
            hits_gram.append(gram[is_equal])
            further = np.flatnonzero(here < wanted)
            at, wanted, gram = at[further], wanted[further], gram[further] + 1
            inside = gram < len(self.hash)
            if not inside.all():
                at, wanted, gram = at[inside], wanted[inside], gram[inside]
        at, gram = np.concatenate(hits_at), np.concatenate(hits_gram)
        order = np.argsort(at)
        return Hits(at[order], gram[order].astype(np.int64))

    def _is_possible(self, hashes: np.ndarray) -> np.ndarray:
        """bool per hash: is its bit set in the bitmap? Where it is not, the index has no such gram."""
        low = hashes & np.uint64(2**FILTER_BITS - 1)
        bit = self.bitmap[(low >> np.uint64(3)).astype(np.int64)] >> (low & np.uint64(7)).astype(np.uint8)
        return (bit & 1).view(bool)


def boilerplate_mask(texts: Texts, grams: Sketch, hits: Hits, index: GramIndex, gram_length: int) -> np.ndarray:
    """bool per character of `texts`: is it in a gram that too many families share? `hits`: index.find(grams.hash)."""
    at = hits.at[index.is_boilerplate[hits.gram]]
    begins = texts.starts[grams.text[at]] + grams.position[at]
    size = len(texts.chars) + 1
    steps = np.bincount(begins, minlength=size) - np.bincount(begins + gram_length, minlength=size)
    return np.cumsum(steps[:-1]) > 0


def build(grams: Sketch, origin: np.ndarray, max_families: int) -> GramIndex:
    """Index the grams of the posts that are the origin of their family, each gram of a post at its first position;
    grams of more than `max_families` families are boilerplate.
    """
    of_origins = np.flatnonzero(origin[grams.text] == grams.text)
    post, position, hashes = grams.text[of_origins], grams.position[of_origins], grams.hash[of_origins]
    order = np.lexsort((post, hashes))  # stable: within a post the first position comes first
    post, position, hashes = post[order], position[order], hashes[order]
    is_first = np.ones(len(hashes), bool)
    is_first[1:] = (hashes[1:] != hashes[:-1]) | (post[1:] != post[:-1])
    post, position, hashes = post[is_first], position[is_first], hashes[is_first]
    is_new = np.ones(len(hashes), bool)
    is_new[1:] = hashes[1:] != hashes[:-1]
    at = np.flatnonzero(is_new)
    bounds = np.append(at, len(hashes))
    unique = hashes[at]
    shift, buckets = _buckets(unique)
    return GramIndex(unique, bounds, post, position, np.diff(bounds) > max_families, _bitmap(unique), shift, buckets)


def _bitmap(hashes: np.ndarray) -> np.ndarray:
    bitmap = np.zeros(2 ** (FILTER_BITS - 3), np.uint8)
    low = hashes & np.uint64(2**FILTER_BITS - 1)
    bit = np.uint8(1) << (low & np.uint64(7)).astype(np.uint8)
    np.bitwise_or.at(bitmap, (low >> np.uint64(3)).astype(np.int64), bit)
    return bitmap


def _buckets(hashes: np.ndarray) -> tuple[int, np.ndarray]:
    """Shift and starts of about as many buckets as there are hashes (ascending)."""
    if not len(hashes):
        return 63, np.zeros(1, np.int32)
    bits = max(1, len(hashes).bit_length())
    shift = max(0, int(hashes[-1]).bit_length() - bits)
    number = int(hashes[-1] >> np.uint64(shift)) + 1
    counts = np.bincount((hashes >> np.uint64(shift)).astype(np.int64), minlength=number)
    return shift, np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)

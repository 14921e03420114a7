"""Measure pairs of texts exactly, many at once: matched characters, longest run, agreement of numbers.

Shared sampled grams say on which diagonal (position in the item minus position in the post) two texts agree; along
each such diagonal all characters are compared. A run of equal characters counts from `min_run` on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from bangdan.matching.sketch import gram_hashes
from bangdan.matching.text import Texts, ranges

MAX_DIAGONALS = 48
# A number that differs ends the matched stretch it stands in: so much beyond its ends is looked at too.
EDGE_CHARS = 16
ZERO, NINE = ord("0"), ord("9")
SPREAD, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@dataclass
class Numbers:
    """Number tokens of n texts: token j of text i is j in starts[i]:starts[i + 1]."""

    starts: np.ndarray  # int64, n + 1
    context: np.ndarray  # uint64: hash of the three characters before it, where another number is one character
    value: np.ndarray  # uint64: hash of context and digits
    position: np.ndarray  # int64: of the first digit within its text


@dataclass
class Measured:
    """One row per pair; counts in characters."""

    post_matched: np.ndarray  # characters of the post that the item holds
    post_distinctive: np.ndarray  # of those, the ones outside boilerplate
    item_matched: np.ndarray  # characters of the item found in the post
    item_distinctive: np.ndarray
    body_matched: np.ndarray  # characters of the post's body (not its title) that the item holds
    longest_run: np.ndarray
    numbers_aligned: np.ndarray
    numbers_equal: np.ndarray
    item_from: np.ndarray  # first matched position in the item, -1 for none
    item_to: np.ndarray
    post_from: np.ndarray
    post_to: np.ndarray
    item_cover: np.ndarray  # bool, flat over pairs: which characters of the item are matched, outside boilerplate
    item_cover_starts: np.ndarray

    def replaced(self, rows: np.ndarray, other: Measured) -> Measured:
        """The same with `rows` (ascending) measured anew."""
        found = {}
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if one.name not in ("item_cover", "item_cover_starts"):
                mine = mine.copy()
                mine[rows] = theirs
                found[one.name] = mine
        cover = self.item_cover.copy()
        index, _ = ranges(self.item_cover_starts[rows], np.diff(self.item_cover_starts)[rows])
        cover[index] = other.item_cover
        return Measured(**found, item_cover=cover, item_cover_starts=self.item_cover_starts)


def numbers(texts: Texts) -> Numbers:
    """All number tokens with their contexts."""
    chars = texts.chars
    digit = (chars >= ZERO) & (chars <= NINE)
    first = digit.copy()
    first[1:] &= ~digit[:-1]
    inner = texts.starts[1:-1]
    inner = inner[inner < len(chars)]
    first[inner] = digit[inner]  # a text's first character starts a token whatever the text before ends with
    # The text with each number as one sign.
    kept = ~digit | first
    short = np.where(digit, np.uint32(1), chars)[kept].astype(np.uint64)
    seen = np.zeros(len(chars) + 1, np.int64)
    np.cumsum(kept, out=seen[1:])
    starts = seen[texts.starts]
    token = np.flatnonzero(first[kept])
    begin = np.repeat(starts[:-1], np.diff(starts))[token]
    with np.errstate(over="ignore"):
        context = np.zeros(len(token), np.uint64)
        for back in (3, 2, 1):
            at = token - back
            context = (context + np.where(at >= begin, short[np.maximum(at, 0)], np.uint64(0))) * SPREAD
            context ^= context >> np.uint64(32)
        # Digits of each token, folded; leading zeros count, as 05 and 5 are written differently for a reason.
        at = np.flatnonzero(first)
        length = np.diff(np.append(np.cumsum(digit)[at] - 1, digit.sum()))
        index, ends = ranges(at, length)
        power = np.arange(len(index)) - np.repeat(ends[:-1], length)
        folded = (chars[index].astype(np.uint64) + np.uint64(7)) * (
            SPREAD * (power.astype(np.uint64) * MIX | np.uint64(1))
        )
        value = np.add.reduceat(folded, ends[:-1]) if len(at) else np.zeros(0, np.uint64)
        value = (value ^ context) * MIX
    of_text = np.searchsorted(texts.starts, at, "right") - 1
    counts = np.bincount(of_text, minlength=len(texts))
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(counts, out=bounds[1:])
    return Numbers(bounds, context, value, at - texts.starts[of_text])


def agreement(
    a: Numbers, b: Numbers, left: np.ndarray, right: np.ndarray, extents: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Per pair (text left[k] of a, text right[k] of b): number tokens in a context that both have, and how many of
    them are equal; counted on the side where more of them agree (a cut text repeats contexts it has no token for).

    Only tokens between the first and the last matched character (and just beyond) count: what stands around a matched
    passage, as in a digest of several posts, says nothing about it. `extents`: from and to in a, from and to in b.
    """
    n = len(left)
    sides = []
    keys = []
    for side, which, begin, end in ((a, left, extents[0], extents[1]), (b, right, extents[2], extents[3])):
        index, ends = ranges(side.starts[which], np.diff(side.starts)[which])
        pair = np.repeat(np.arange(n), np.diff(ends))
        position = side.position[index]
        inside = (position >= begin[pair] - EDGE_CHARS) & (position < end[pair] + EDGE_CHARS)
        index, pair = index[inside], pair[inside]
        with np.errstate(over="ignore"):
            salt = (pair.astype(np.uint64) + np.uint64(1)) * SPREAD
            keys.append(((side.context[index] ^ salt) * MIX, (side.value[index] ^ salt) * MIX))
        sides.append(pair)
    counted = []
    for this, other in ((0, 1), (1, 0)):
        in_context = np.isin(keys[this][0], keys[other][0])
        is_equal = np.isin(keys[this][1], keys[other][1])
        counted.append(
            (
                np.bincount(sides[this][in_context], minlength=n),
                np.bincount(sides[this][in_context & is_equal], minlength=n),
            )
        )
    (n1, e1), (n2, e2) = counted
    second = e2 * np.maximum(n1, 1) > e1 * np.maximum(n2, 1)
    return np.where(second, n2, n1), np.where(second, e2, e1)


def short_seeds(
    items: Texts, posts: Texts, left: np.ndarray, right: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Seeds (pair, shift) of pairs from every gram of `length` characters that both texts have: what a text that has
    been edited all over still shares with its source. Costs as much as the texts are long: for few pairs only.
    """
    keys, pairs, positions = [], [], []
    for whole, wanted in ((items, left), (posts, right)):
        chosen, which = np.unique(wanted, return_inverse=True)
        texts = whole.take(chosen)
        hashes = gram_hashes(texts.chars, length)
        index, ends = ranges(texts.starts[which], np.maximum(texts.lengths[which] - length + 1, 0))
        pair = np.repeat(np.arange(len(which)), np.diff(ends))
        with np.errstate(over="ignore"):
            keys.append((hashes[index] ^ ((pair.astype(np.uint64) + np.uint64(1)) * SPREAD)) * MIX)
        pairs.append(pair)
        positions.append(index - texts.starts[which][pair])
    # The post's first place of each gram.
    unique, first = np.unique(keys[1], return_index=True)
    at = np.minimum(np.searchsorted(unique, keys[0]), max(len(unique) - 1, 0))
    hit = np.flatnonzero(unique[at] == keys[0]) if len(unique) else np.zeros(0, np.int64)
    return pairs[0][hit], positions[0][hit] - positions[1][first[at[hit]]]


def diagonals(pair: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct (pair, shift), the most supported first within a pair and no more than MAX_DIAGONALS of it."""
    order = np.lexsort((shift, pair))
    pair, shift = pair[order], shift[order]
    new = np.ones(len(pair), bool)
    new[1:] = (pair[1:] != pair[:-1]) | (shift[1:] != shift[:-1])
    at = np.flatnonzero(new)
    support = np.diff(np.append(at, len(pair)))
    pair, shift = pair[at], shift[at]
    order = np.lexsort((shift, -support, pair))
    pair, shift = pair[order], shift[order]
    first = np.searchsorted(pair, pair, "left")
    few = np.arange(len(pair)) - first < MAX_DIAGONALS
    return pair[few], shift[few]


def measure(
    items: Texts,
    posts: Texts,
    left: np.ndarray,
    right: np.ndarray,
    seed_pair: np.ndarray,
    seed_shift: np.ndarray,
    *,
    min_run: int,
    post_boilerplate: np.ndarray,
    item_boilerplate: np.ndarray,
    item_numbers: Numbers,
    post_numbers: Numbers,
) -> Measured:
    """Measure pairs k = (item left[k], post right[k]); seeds are (pair, shift), shift = item − post position.

    The boilerplate masks are bool, one per character of the flat arrays.
    """
    n = len(left)
    item_len, post_len = items.lengths[left], posts.lengths[right]
    item_off, post_off = (np.concatenate([[0], np.cumsum(lengths)]) for lengths in (item_len, post_len))
    item_cover, post_cover = np.zeros(item_off[-1], bool), np.zeros(post_off[-1], bool)
    longest = np.zeros(n, np.int64)

    pair, shift = diagonals(seed_pair, seed_shift)
    begin = np.maximum(0, -shift)
    length = np.maximum(0, np.minimum(post_len[pair], item_len[pair] - shift) - begin)
    at_post, ends = ranges(begin, length)  # position within the post
    diagonal = np.repeat(np.arange(len(pair)), length)
    of_pair = pair[diagonal]
    at_item = at_post + shift[diagonal]
    same = items.chars[items.starts[left][of_pair] + at_item] == posts.chars[posts.starts[right][of_pair] + at_post]
    # Runs of equal characters within a diagonal.
    edge = np.ones(len(same), bool)
    edge[1:] = same[1:] != same[:-1]
    edge[ends[:-1][length > 0]] = True
    run = np.flatnonzero(edge)
    size = np.diff(np.append(run, len(same)))
    good = same[run] & (size >= min_run)
    run, size = run[good], size[good]
    if len(run):
        np.maximum.at(longest, of_pair[run], size)
        index, _ = ranges(run, size)
        item_cover[item_off[of_pair[index]] + at_item[index]] = True
        post_cover[post_off[of_pair[index]] + at_post[index]] = True

    item_flat, _ = ranges(items.starts[left], item_len)
    post_flat, _ = ranges(posts.starts[right], post_len)
    post_body = (np.arange(post_off[-1]) - np.repeat(post_off[:-1], post_len)) >= np.repeat(
        posts.title_chars[right], post_len
    )
    item_own = item_cover & ~item_boilerplate[item_flat]
    item_first, item_last = _extent(item_cover, item_off)
    post_first, post_last = _extent(post_cover, post_off)
    aligned, equal = agreement(post_numbers, item_numbers, right, left, (post_first, post_last, item_first, item_last))
    return Measured(
        post_matched=_sums(post_cover, post_off),
        post_distinctive=_sums(post_cover & ~post_boilerplate[post_flat], post_off),
        item_matched=_sums(item_cover, item_off),
        item_distinctive=_sums(item_own, item_off),
        body_matched=_sums(post_cover & post_body, post_off),
        longest_run=longest,
        numbers_aligned=aligned,
        numbers_equal=equal,
        item_from=item_first,
        item_to=item_last,
        post_from=post_first,
        post_to=post_last,
        item_cover=item_own,
        item_cover_starts=item_off,
    )


def sums_of(mask: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """True values per stretch of a flat mask."""
    return _sums(mask, starts)


def _sums(mask: np.ndarray, starts: np.ndarray) -> np.ndarray:
    total = np.zeros(len(mask) + 1, np.int64)
    np.cumsum(mask, out=total[1:])
    return total[starts[1:]] - total[starts[:-1]]


def _extent(mask: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First true position and one past the last within each stretch; −1 and −1 for none."""
    at = np.flatnonzero(mask)
    first = np.searchsorted(at, starts[:-1], "left")
    last = np.searchsorted(at, starts[1:], "left") - 1
    has = last >= first
    safe_first, safe_last = np.minimum(first, max(len(at) - 1, 0)), np.maximum(last, 0)
    if not len(at):
        return np.full(len(has), -1), np.full(len(has), -1)
    return np.where(has, at[safe_first] - starts[:-1], -1), np.where(has, at[safe_last] + 1 - starts[:-1], -1)

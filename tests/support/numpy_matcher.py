"""The matcher's loops in numpy, as plain arrays without any loop: what the compiled ones are held to, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from bangdan.matching.gram_index import GramIndex, Hits
from bangdan.matching.gram_loops import BASE, MIX, SPREAD
from bangdan.matching.measures import Measures, Pairs, Side
from bangdan.matching.number_tokens import NumberTokens
from bangdan.matching.pair_loops import MAX_DIAGONALS
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex
from bangdan.matching.sketch import Sketch
from bangdan.matching.text import Texts, cumulated, ranges, sums_of

ZERO, NINE = ord("0"), ord("9")
NUMBER = np.uint32(1)


class Seeds(NamedTuple):
    """Where a gram of both texts of a pair lies: `shift` is its position in the item minus that in the post."""

    pair: np.ndarray
    shift: np.ndarray


class Extent(NamedTuple):
    """The matched stretch of each pair in one of its two texts: first position and one past the last."""

    begin: np.ndarray
    end: np.ndarray


# ---- grams ---------------------------------------------------------------------------------------------------------


def gram_hashes(chars: np.ndarray, length: int) -> np.ndarray:
    """uint64, one per starting position: hash of `length` (a power of two) characters, by doubling."""
    with np.errstate(over="ignore"):
        hashes = (chars.astype(np.uint64) + np.uint64(1)) * SPREAD
        base, width = BASE, 1
        while width < length:
            if len(hashes) <= width:
                return np.zeros(0, np.uint64)
            folded = hashes[:-width] * base
            folded += hashes[width:]
            hashes, base, width = folded, base * base, width * 2
        hashes ^= hashes >> np.uint64(31)
        hashes *= MIX
        hashes ^= hashes >> np.uint64(29)
    return hashes


def sketch(texts: Texts, length: int, scale: int, short_scale: int, short_chars: int) -> Sketch:
    """One gram in `scale` of each text, one in `short_scale` of texts under `short_chars` characters.

    short_scale divides scale, so the sparse sample is part of the dense one.
    """
    hashes = gram_hashes(texts.chars, length)
    dense, sparse = (np.uint64(2**64 // s - 1) for s in (min(scale, short_scale), scale))
    at = np.flatnonzero(hashes <= dense)
    hashes = hashes[at]
    text = texts.owner[at]
    # A gram that runs on into the next text is none.
    kept = at + length <= texts.starts[1:][text]
    if short_scale != scale:
        kept &= (texts.lengths < short_chars)[text] | (hashes <= sparse)
    at, text, hashes = at[kept], text[kept], hashes[kept]
    return Sketch(text, (at - texts.starts[text]).astype(np.int32), hashes)


def find(grams: Sketch, index: GramIndex) -> Hits:
    """Those of the grams that are in the index, by binary search."""
    if not len(index.hash):
        return Hits(*(np.zeros(0, np.int64) for _ in Hits._fields))
    gram = np.minimum(np.searchsorted(index.hash, grams.hash), len(index.hash) - 1)
    at = np.flatnonzero(index.hash[gram] == grams.hash)
    return Hits(grams.text[at].astype(np.int64), grams.position[at].astype(np.int64), gram[at])


def boilerplate_mask(texts: Texts, hits: Hits, index: GramIndex, gram_length: int) -> np.ndarray:
    """bool per character of `texts`: is it in a gram that too many families share?."""
    at = np.flatnonzero(index.is_boilerplate[hits.gram])
    begins = texts.starts[hits.text[at]] + hits.position[at]
    size = len(texts.chars) + 1
    steps = np.bincount(begins, minlength=size) - np.bincount(begins + gram_length, minlength=size)
    return np.cumsum(steps[:-1]) > 0


class Occurrences(NamedTuple):
    """One row per gram that an item shares with a post: row of the gram among the hits, item, post, and where the gram
    lies in the item minus where it lies in the post.
    """

    gram: np.ndarray
    item: np.ndarray
    post: np.ndarray
    shift: np.ndarray


def candidates(
    items: Texts, hits: Hits, latest: np.ndarray, posts: PostIndex, parameters: Parameters
) -> tuple[Pairs, Seeds]:
    """Pairs of item and family origin that are worth measuring, and their seeds. `hits`: the items' grams that the
    index of the posts has; `latest`: the last second in which each item can have been published.

    Each sampled gram of an item votes for one post only, the one that most grams of the item are for, so that a phrase
    of many posts does not make candidates of all of them.
    """
    shared = _occurrences(hits, posts)
    # Posts that are younger than the item compete among themselves: they can only show where a text came from.
    is_older = latest[shared.item] < posts.published_second[shared.post] - parameters.skew_minutes * 60
    key = (shared.item * 2 + is_older) * len(posts) + shared.post
    unique, pair, grams_of_pair = np.unique(key, return_inverse=True, return_counts=True)
    # The vote of a gram is for the pair with the most grams; of equal ones, for the first.
    voter = shared.gram.astype(np.int64) * 2 + is_older
    order = np.lexsort((unique[pair], -grams_of_pair[pair], voter))
    is_vote = np.ones(len(order), bool)
    is_vote[1:] = voter[order][1:] != voter[order][:-1]
    votes = np.bincount(pair[order[is_vote]], minlength=len(unique))

    item, post = unique // len(posts) // 2, unique % len(posts)
    rows = _elected(item, post, votes, items.lengths, parameters)
    number = np.full(len(unique), -1)
    number[rows] = np.arange(len(rows))
    kept = number[pair] >= 0
    return Pairs(item[rows], post[rows]), Seeds(number[pair[kept]], shared.shift[kept])


def _occurrences(hits: Hits, posts: PostIndex) -> Occurrences:
    index = posts.grams
    is_usable = ~index.is_boilerplate[hits.gram]
    at, gram = np.flatnonzero(is_usable), hits.gram[is_usable]
    numbers = index.bounds[gram + 1] - index.bounds[gram]
    posting, _ = ranges(index.bounds[gram], numbers)
    at = np.repeat(at, numbers)
    return Occurrences(
        at,
        hits.text[at],
        index.post[posting].astype(np.int64),
        hits.position[at] - index.position[posting],
    )


def _elected(
    item: np.ndarray, post: np.ndarray, votes: np.ndarray, lengths: np.ndarray, parameters: Parameters
) -> np.ndarray:
    """Rows of the pairs with enough votes, and of those the strongest few of each item; ascending."""
    least = np.where(lengths[item] < parameters.one_vote_chars, 1, parameters.min_votes)
    rows = np.flatnonzero(votes >= least)
    rows = rows[np.lexsort((post[rows], -votes[rows], item[rows]))]
    place = np.arange(len(rows)) - np.searchsorted(item[rows], item[rows], "left")
    return np.sort(rows[place < parameters.max_candidates])


# ---- number tokens -------------------------------------------------------------------------------------------------


def number_tokens(texts: Texts) -> NumberTokens:
    """All number tokens with their contexts."""
    is_digit = (texts.chars >= ZERO) & (texts.chars <= NINE)
    is_first = is_digit.copy()
    is_first[1:] &= ~is_digit[:-1]
    inner_starts = texts.starts[1:-1]
    inner_starts = inner_starts[inner_starts < len(texts.chars)]
    is_first[inner_starts] = is_digit[inner_starts]  # no token runs on from one text to the next
    at = np.flatnonzero(is_first)
    context = _contexts(texts, is_digit, is_first)
    with np.errstate(over="ignore"):
        value = (_digits(texts.chars, is_digit, at) ^ context) * MIX
    text = np.searchsorted(texts.starts, at, "right") - 1
    return NumberTokens(cumulated(np.bincount(text, minlength=len(texts))), context, value, at - texts.starts[text])


def _contexts(texts: Texts, is_digit: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """uint64 per token: hash of the three symbols before it within its text; a number is one symbol."""
    is_symbol = ~is_digit | is_first
    symbols = np.where(is_digit, NUMBER, texts.chars)[is_symbol].astype(np.uint64)
    starts = cumulated(is_symbol)[texts.starts]
    token = np.flatnonzero(is_first[is_symbol])
    text_start = np.repeat(starts[:-1], np.diff(starts))[token]
    context = np.zeros(len(token), np.uint64)
    with np.errstate(over="ignore"):
        for back in (3, 2, 1):
            at = token - back
            symbol = np.where(at >= text_start, symbols[np.maximum(at, 0)], np.uint64(0))
            context = (context + symbol) * SPREAD
            context ^= context >> np.uint64(32)
    return context


def _digits(chars: np.ndarray, is_digit: np.ndarray, first: np.ndarray) -> np.ndarray:
    """uint64 per token: hash of its digits. Leading zeros count: who writes 05 does not write 5."""
    length = np.diff(np.append(np.cumsum(is_digit)[first] - 1, is_digit.sum()))
    index, ends = ranges(first, length)
    place = np.arange(len(index)) - np.repeat(ends[:-1], length)
    with np.errstate(over="ignore"):
        weight = SPREAD * (place.astype(np.uint64) * MIX | np.uint64(1))
        weighted = (chars[index].astype(np.uint64) + np.uint64(7)) * weight
        return np.add.reduceat(weighted, ends[:-1]) if len(first) else np.zeros(0, np.uint64)


class _PairTokens(NamedTuple):
    """Tokens of one side of the pairs: their pair, and hashes of pair and context, and of pair, context and digits."""

    pair: np.ndarray
    context: np.ndarray
    value: np.ndarray


def agreement(
    left: NumberTokens,
    right: NumberTokens,
    left_row: np.ndarray,
    right_row: np.ndarray,
    left_extent: Extent,
    right_extent: Extent,
    edge_chars: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Per pair (text left_row[k] of left, text right_row[k] of right): the number tokens in a context that both have,
    and how many of them are equal; both counted on the side where the larger share agrees (a cut text repeats contexts
    it has no token for).

    Only tokens within the extents, and up to `edge_chars` beyond, count: a number that differs ends the matched stretch
    it lies in, and what lies far from a matched passage, as in a digest of several posts, is not about it.
    """
    pairs = len(left_row)
    sides = (
        _tokens_within(left, left_row, left_extent, edge_chars),
        _tokens_within(right, right_row, right_extent, edge_chars),
    )
    (aligned, equal), (aligned_right, equal_right) = (
        _counts(tokens, others, pairs) for tokens, others in (sides, sides[::-1])
    )
    # equal / aligned compared as fractions, without dividing by zero.
    take_right = equal_right * np.maximum(aligned, 1) > equal * np.maximum(aligned_right, 1)
    return np.where(take_right, aligned_right, aligned), np.where(take_right, equal_right, equal)


def _tokens_within(tokens: NumberTokens, row: np.ndarray, extent: Extent, edge_chars: int) -> _PairTokens:
    index, ends = ranges(tokens.starts[row], np.diff(tokens.starts)[row])
    pair = np.repeat(np.arange(len(row)), np.diff(ends))
    position = tokens.position[index]
    inside = (position >= extent.begin[pair] - edge_chars) & (position < extent.end[pair] + edge_chars)
    index, pair = index[inside], pair[inside]
    with np.errstate(over="ignore"):
        salt = (pair.astype(np.uint64) + np.uint64(1)) * SPREAD
        return _PairTokens(pair, (tokens.context[index] ^ salt) * MIX, (tokens.value[index] ^ salt) * MIX)


def _counts(tokens: _PairTokens, others: _PairTokens, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Per pair: the tokens whose context the other side has, and those of them whose digits it has there too."""
    in_context = np.isin(tokens.context, others.context)
    is_equal = in_context & np.isin(tokens.value, others.value)
    return (
        np.bincount(tokens.pair[in_context], minlength=pairs),
        np.bincount(tokens.pair[is_equal], minlength=pairs),
    )


# ---- pairs ---------------------------------------------------------------------------------------------------------


def short_gram_seeds(items: Texts, posts: Texts, pairs: Pairs, length: int) -> Seeds:
    """Seeds of pairs from every gram of `length` characters that both texts have: what a text that has been edited all
    over still shares with its source. Costs as much as the texts are long: for few pairs only.
    """
    of_items, of_posts = _gram_places(items, pairs.item, length), _gram_places(posts, pairs.post, length)
    # Each gram of an item meets its first place in the post.
    unique, first = np.unique(of_posts.key, return_index=True)
    if not len(unique):
        return Seeds(np.zeros(0, np.int64), np.zeros(0, np.int64))
    at = np.minimum(np.searchsorted(unique, of_items.key), len(unique) - 1)
    hit = np.flatnonzero(unique[at] == of_items.key)
    return Seeds(of_items.pair[hit], of_items.position[hit] - of_posts.position[first[at[hit]]])


class _GramPlaces(NamedTuple):
    """Grams of one side of the pairs; `key` is a hash of pair and gram."""

    pair: np.ndarray
    position: np.ndarray
    key: np.ndarray


def _gram_places(texts: Texts, rows: np.ndarray, length: int) -> _GramPlaces:
    chosen, row = np.unique(rows, return_inverse=True)
    few = texts.take(chosen)
    hashes = gram_hashes(few.chars, length)
    index, ends = ranges(few.starts[row], np.maximum(few.lengths[row] - length + 1, 0))
    pair = np.repeat(np.arange(len(row)), np.diff(ends))
    with np.errstate(over="ignore"):
        key = (hashes[index] ^ ((pair.astype(np.uint64) + np.uint64(1)) * SPREAD)) * MIX
    return _GramPlaces(pair, index - few.starts[row][pair], key)


def diagonals(seeds: Seeds) -> Seeds:
    """Distinct seeds, the most frequent first within a pair and no more than MAX_DIAGONALS of it."""
    order = np.lexsort((seeds.shift, seeds.pair))
    pair, shift = seeds.pair[order], seeds.shift[order]
    is_new = np.ones(len(pair), bool)
    is_new[1:] = (pair[1:] != pair[:-1]) | (shift[1:] != shift[:-1])
    at = np.flatnonzero(is_new)
    frequency = np.diff(np.append(at, len(pair)))
    pair, shift = pair[at], shift[at]
    order = np.lexsort((shift, -frequency, pair))
    pair, shift = pair[order], shift[order]
    number_in_pair = np.arange(len(pair)) - np.searchsorted(pair, pair, "left")
    kept = number_in_pair < MAX_DIAGONALS
    return Seeds(pair[kept], shift[kept])


def measure(items: Side, posts: Side, pairs: Pairs, seeds: Seeds, *, min_run: int, number_edge_chars: int) -> Measures:
    """Measure pairs along the diagonals of their seeds. A run of equal characters counts from `min_run` characters on;
    numbers are compared within the matched stretch and `number_edge_chars` beyond its ends.
    """
    covers = _covers(items.texts, posts.texts, pairs, seeds, min_run)
    item_flat, _ = ranges(items.texts.starts[pairs.item], covers.item_lengths)
    post_flat, _ = ranges(posts.texts.starts[pairs.post], covers.post_lengths)
    item_starts, post_starts = covers.item_starts, covers.post_starts
    position = np.arange(post_starts[-1]) - np.repeat(post_starts[:-1], covers.post_lengths)
    is_body = position >= np.repeat(posts.texts.title_chars[pairs.post], covers.post_lengths)
    item_distinctive = covers.item & ~items.is_boilerplate[item_flat]
    item_extent, post_extent = _extent(covers.item, item_starts), _extent(covers.post, post_starts)
    aligned, equal = agreement(
        posts.numbers, items.numbers, pairs.post, pairs.item, post_extent, item_extent, number_edge_chars
    )
    return Measures(
        post_matched=sums_of(covers.post, post_starts),
        post_distinctive=sums_of(covers.post & ~posts.is_boilerplate[post_flat], post_starts),
        item_matched=sums_of(covers.item, item_starts),
        item_distinctive=sums_of(item_distinctive, item_starts),
        body_matched=sums_of(covers.post & is_body, post_starts),
        longest_run=covers.longest_run,
        numbers_aligned=aligned,
        numbers_equal=equal,
        item_from=item_extent.begin,
        item_to=item_extent.end,
        post_from=post_extent.begin,
        post_to=post_extent.end,
        item_cover=item_distinctive,
        item_cover_starts=item_starts,
    )


@dataclass
class _Covers:
    """Which characters of the two texts of each pair are matched: bool, flat over pairs."""

    item: np.ndarray
    post: np.ndarray
    item_lengths: np.ndarray  # per pair
    post_lengths: np.ndarray
    longest_run: np.ndarray

    @cached_property
    def item_starts(self) -> np.ndarray:
        return cumulated(self.item_lengths)

    @cached_property
    def post_starts(self) -> np.ndarray:
        return cumulated(self.post_lengths)


def _covers(items: Texts, posts: Texts, pairs: Pairs, seeds: Seeds, min_run: int) -> _Covers:
    """Compare all characters along the diagonals; runs of equal ones from `min_run` on are matched."""
    item_lengths, post_lengths = items.lengths[pairs.item], posts.lengths[pairs.post]
    covers = _Covers(
        np.zeros(item_lengths.sum(), bool), np.zeros(post_lengths.sum(), bool), item_lengths, post_lengths,
        np.zeros(len(pairs.item), np.int64),
    )  # fmt: skip
    pair, shift = diagonals(seeds)
    begin = np.maximum(0, -shift)
    length = np.maximum(0, np.minimum(post_lengths[pair], item_lengths[pair] - shift) - begin)
    post_position, ends = ranges(begin, length)
    diagonal = np.repeat(np.arange(len(pair)), length)
    of_pair = pair[diagonal]
    item_position = post_position + shift[diagonal]
    is_equal = (
        items.chars[items.starts[pairs.item][of_pair] + item_position]
        == posts.chars[posts.starts[pairs.post][of_pair] + post_position]
    )
    # Runs of equal characters within a diagonal.
    is_edge = np.ones(len(is_equal), bool)
    is_edge[1:] = is_equal[1:] != is_equal[:-1]
    is_edge[ends[:-1][length > 0]] = True
    run = np.flatnonzero(is_edge)
    size = np.diff(np.append(run, len(is_equal)))
    is_matched = is_equal[run] & (size >= min_run)
    run, size = run[is_matched], size[is_matched]
    if len(run):
        np.maximum.at(covers.longest_run, of_pair[run], size)
        index, _ = ranges(run, size)
        covers.item[covers.item_starts[of_pair[index]] + item_position[index]] = True
        covers.post[covers.post_starts[of_pair[index]] + post_position[index]] = True
    return covers


def _extent(mask: np.ndarray, starts: np.ndarray) -> Extent:
    """First true position and one past the last within each stretch of a flat mask; −1 and −1 for none."""
    at = np.flatnonzero(mask)
    if not len(at):
        return Extent(np.full(len(starts) - 1, -1), np.full(len(starts) - 1, -1))
    first = np.searchsorted(at, starts[:-1], "left")
    last = np.searchsorted(at, starts[1:], "left") - 1
    is_some = last >= first
    begin = at[np.minimum(first, len(at) - 1)] - starts[:-1]
    end = at[np.maximum(last, 0)] + 1 - starts[:-1]
    return Extent(np.where(is_some, begin, -1), np.where(is_some, end, -1))

"""Compiled loops over pairs of texts: characters along diagonals, number tokens, and what several posts explain together.

Compiled by numba when this module is first imported, and kept on disk from then on; `make env` imports it. Threads run
these loops side by side.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

# Diagonals of one pair that are compared: bounds the cost of a pair of texts that repeat themselves.
MAX_DIAGONALS = 48
# Number tokens of a pair of texts that are compared each with each; more are sorted first.
FEW_TOKENS = 32
ZERO_DIGIT, NINE_DIGIT = np.uint32(ord("0")), np.uint32(ord("9"))
# Any character that is no letter: it takes the place of a number in the context of another.
NUMBER = np.uint64(1)
# Odd constants of splitmix64 (Steele, Lea, Flood 2014), here to spread and to mix hashes.
SPREAD, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
NONE, ONE, SEVEN, HALF = np.uint64(0), np.uint64(1), np.uint64(7), np.uint64(32)
# Rows of what `measure` returns.
MEASURES = (
    "post_matched", "post_distinctive", "item_matched", "item_distinctive", "body_matched", "longest_run",
    "numbers_aligned", "numbers_equal", "item_from", "item_to", "post_from", "post_to",
)  # fmt: skip

CHARS, HASHES, NUMBERS, FLAGS = types.uint32[::1], types.uint64[::1], types.int64[::1], types.boolean[::1]
# Numbers of texts: starts, contexts, values, positions. A side: characters, starts, title_chars, is_boilerplate.
TOKENS = (NUMBERS, HASHES, HASHES, NUMBERS)
SIDE = (CHARS, NUMBERS, NUMBERS, FLAGS)


@njit(nogil=True)
def _diagonals(shifts, best, support):
    """Write the distinct shifts to `best`, the most frequent first and of equally frequent ones the lowest; how many they
    are, as many as it holds at most. `support`: of the same size, for the frequencies.
    """
    shifts = np.sort(shifts)
    number, at = 0, 0
    while at < len(shifts):
        after = at + 1
        while after < len(shifts) and shifts[after] == shifts[at]:
            after += 1
        place = number
        while place > 0 and support[place - 1] < after - at:
            place -= 1
        if place < len(best):
            number = min(number + 1, len(best))
            for later in range(number - 1, place, -1):
                best[later], support[later] = best[later - 1], support[later - 1]
            best[place], support[place] = shifts[at], after - at
        at = after
    return number


@njit(nogil=True)
def _follow(item, post, shift, min_run, in_item, in_post):
    """Mark the runs of equal characters from `min_run` on of one diagonal; the length of the longest of them, or 0."""
    longest, run = 0, 0
    begin, end = max(0, -shift), min(len(post), len(item) - shift)
    for at in range(begin, end + 1):
        if at < end and item[at + shift] == post[at]:
            run += 1
            continue
        if run >= min_run:
            longest = max(longest, run)
            in_post[at - run : at] = True
            in_item[at + shift - run : at + shift] = True
        run = 0
    return longest


@njit(nogil=True)
def _counts(is_matched, is_boilerplate):
    """Of the characters of a text: how many are matched, how many of those are no boilerplate, the first matched one and
    one past the last (-1 and -1 for none).
    """
    matched, distinctive, first, end = 0, 0, -1, -1
    for at in range(len(is_matched)):
        if is_matched[at]:
            matched += 1
            distinctive += not is_boilerplate[at]
            first = at if first < 0 else first
            end = at + 1
    return matched, distinctive, first, end


@njit(nogil=True)
def _within(tokens, text, begin, end):
    """First number token of a text from position `begin` on, and the first from `end` on."""
    starts, _, _, position = tokens
    first = starts[text]
    while first < starts[text + 1] and position[first] < begin:
        first += 1
    last = first
    while last < starts[text + 1] and position[last] < end:
        last += 1
    return first, last


@njit(nogil=True)
def _held(wanted, hashes):
    """How many of `wanted` are among `hashes`."""
    held = 0
    if len(wanted) * len(hashes) <= FEW_TOKENS * FEW_TOKENS:
        for value in wanted:
            for other in hashes:
                if value == other:
                    held += 1
                    break
        return held
    hashes = np.sort(hashes)
    for value in wanted:
        at = np.searchsorted(hashes, value)
        held += at < len(hashes) and hashes[at] == value
    return held


@njit(nogil=True)
def agreement(posts, post, post_from, post_to, items, item, item_from, item_to):
    """(aligned, equal): the number tokens of one pair in a context that both texts have, and those of them that are equal
    (see `measures.measure`). Counted are tokens from position `post_from` on and before `post_to`, and likewise of the
    item.
    """
    first, last = _within(posts, post, post_from, post_to)
    other_first, other_last = _within(items, item, item_from, item_to)
    if first == last or other_first == other_last:
        return 0, 0
    context, value = posts[1][first:last], posts[2][first:last]
    other_context, other_value = items[1][other_first:other_last], items[2][other_first:other_last]
    aligned, equal = _held(context, other_context), _held(value, other_value)
    other_aligned, other_equal = _held(other_context, context), _held(other_value, value)
    # equal / aligned compared as fractions, without dividing by zero.
    if other_equal * max(aligned, 1) > equal * max(other_aligned, 1):
        return other_aligned, other_equal
    return aligned, equal


@njit(
    (types.Tuple(SIDE), types.Tuple(TOKENS), types.Tuple(SIDE), types.Tuple(TOKENS), NUMBERS, NUMBERS, NUMBERS, NUMBERS,
     types.int64, types.int64),
    nogil=True, cache=True,
)  # fmt: skip
def measure(items, item_tokens, posts, post_tokens, item, post, seed_starts, shift, min_run, edge_chars):
    """(counts, cover, cover_starts): int64[MEASURES, pairs]; bool per character of each pair's item, flat over pairs: is
    it matched and no boilerplate; where the characters of each pair begin.
    """
    item_chars, item_starts, _, item_boilerplate = items
    post_chars, post_starts, title_chars, post_boilerplate = posts
    counts = np.zeros((12, len(item)), np.int64)
    cover_starts, longest_post = np.zeros(len(item) + 1, np.int64), 0
    for pair in range(len(item)):
        cover_starts[pair + 1] = cover_starts[pair] + item_starts[item[pair] + 1] - item_starts[item[pair]]
        longest_post = max(longest_post, post_starts[post[pair] + 1] - post_starts[post[pair]])
    cover, in_post_buffer = np.zeros(cover_starts[-1], np.bool_), np.empty(longest_post, np.bool_)
    best, support = np.empty(MAX_DIAGONALS, np.int64), np.empty(MAX_DIAGONALS, np.int64)
    for pair in range(len(item)):
        begin, end = item_starts[item[pair]], item_starts[item[pair] + 1]
        post_begin, post_end = post_starts[post[pair]], post_starts[post[pair] + 1]
        in_item = cover[cover_starts[pair] : cover_starts[pair + 1]]
        in_post = in_post_buffer[: post_end - post_begin]
        in_post[:] = False
        longest = 0
        for at in range(_diagonals(shift[seed_starts[pair] : seed_starts[pair + 1]], best, support)):
            run = _follow(item_chars[begin:end], post_chars[post_begin:post_end], best[at], min_run, in_item, in_post)
            longest = max(longest, run)
        matched, distinctive, item_from, item_to = _counts(in_item, item_boilerplate[begin:end])
        post_matched, post_distinctive, post_from, post_to = _counts(in_post, post_boilerplate[post_begin:post_end])
        aligned, equal = agreement(
            post_tokens, post[pair], post_from - edge_chars, post_to + edge_chars,
            item_tokens, item[pair], item_from - edge_chars, item_to + edge_chars,
        )  # fmt: skip
        body_matched = np.sum(in_post[title_chars[post[pair]] :])
        counts[:, pair] = (
            post_matched, post_distinctive, matched, distinctive, body_matched, longest,
            aligned, equal, item_from, item_to, post_from, post_to,
        )  # fmt: skip
        in_item &= ~item_boilerplate[begin:end]
    return counts, cover, cover_starts


@njit((NUMBERS, FLAGS, FLAGS, NUMBERS, NUMBERS), nogil=True, cache=True)
def explained(item, is_counted, cover, cover_starts, starts):
    """int64 per text of `starts`: its characters that the covers of the counted pairs hold together."""
    together = np.zeros(starts[-1], np.bool_)
    for pair in range(len(item)):
        if is_counted[pair]:
            together[starts[item[pair]] : starts[item[pair] + 1]] |= cover[cover_starts[pair] : cover_starts[pair + 1]]
    sums = np.zeros(len(starts) - 1, np.int64)
    for text in range(len(starts) - 1):
        sums[text] = np.sum(together[starts[text] : starts[text + 1]])
    return sums


@njit((CHARS, NUMBERS), nogil=True, cache=True)
def number_tokens(chars, starts):
    """(starts, context, value, position) of NumberTokens."""
    tokens = 0
    for text in range(len(starts) - 1):
        for at in range(starts[text], starts[text + 1]):
            tokens += ZERO_DIGIT <= chars[at] <= NINE_DIGIT and (
                at == starts[text] or not ZERO_DIGIT <= chars[at - 1] <= NINE_DIGIT
            )
    token_starts, position = np.zeros(len(starts), np.int64), np.empty(tokens, np.int64)
    contexts, values = np.empty(tokens, np.uint64), np.empty(tokens, np.uint64)
    token = 0
    for text in range(len(starts) - 1):
        third, second, last = NONE, NONE, NONE
        at = starts[text]
        while at < starts[text + 1]:
            symbol, first = np.uint64(chars[at]), at
            if ZERO_DIGIT <= chars[at] <= NINE_DIGIT:
                context, digits, place = NONE, NONE, NONE
                for part in (third, second, last):
                    context = (context + part) * SPREAD
                    context ^= context >> HALF
                while at < starts[text + 1] and ZERO_DIGIT <= chars[at] <= NINE_DIGIT:
                    digits += (np.uint64(chars[at]) + SEVEN) * (SPREAD * (place * MIX | ONE))
                    place += ONE
                    at += 1
                contexts[token], values[token] = context, (digits ^ context) * MIX
                position[token] = first - starts[text]
                token += 1
                symbol = NUMBER
            else:
                at += 1
            third, second, last = second, last, symbol
        token_starts[text + 1] = token
    return token_starts, contexts, values, position

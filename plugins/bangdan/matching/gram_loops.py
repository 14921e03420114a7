"""Compiled loops over grams: hashes of a text, samples of them, look-up in the index of posts, votes for candidates.

Compiled by numba when this module is first imported, and kept on disk from then on; `make env` imports it. Threads run
these loops side by side.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

# Odd constants of splitmix64 (Steele, Lea, Flood 2014) and a base for the rolling polynomial modulo 2^64.
SPREAD, BASE, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(0xBF58476D1CE4E5B9)
ZERO, ONE, THREE, SEVEN = np.uint64(0), np.uint64(1), np.uint64(3), np.uint64(7)
LONG_SHIFT, SHORT_SHIFT = np.uint64(31), np.uint64(29)
# The bitmap of an index has a bit for each value of so many low bits of a hash: 16 MB, which the caches of a processor
# nearly hold.
FILTER_BITS = 27
FILTER = np.uint64(2**FILTER_BITS - 1)
# Hashes of a bucket that are sorted by insertion.
FEW = 24

CHARS, BYTES, HASHES = types.uint32[::1], types.uint8[::1], types.uint64[::1]
SMALL, NUMBERS, FLAGS = types.int32[::1], types.int64[::1], types.boolean[::1]
GIVEN = types.Array(types.int64, 1, "C", readonly=True)


@njit(nogil=True)
def _grown(values):
    """The same values at the beginning of an array of twice the size."""
    larger = np.empty(2 * len(values) + 16, values.dtype)
    larger[: len(values)] = values
    return larger


@njit(nogil=True)
def _hash_grams(chars, begin, end, length, hashes):
    """Write the hash of each gram of chars[begin:end] to the beginning of `hashes`; the number of grams. The hash is a
    polynomial of the characters modulo 2^64, mixed.
    """
    grams = max(end - begin - length + 1, 0)
    leading = ONE
    for _ in range(length - 1):
        leading *= BASE
    value = ZERO
    for at in range(begin, begin + length if grams else begin):
        value = value * BASE + (np.uint64(chars[at]) + ONE) * SPREAD
    for gram in range(grams):
        mixed = (value ^ (value >> LONG_SHIFT)) * MIX
        hashes[gram] = mixed ^ (mixed >> SHORT_SHIFT)
        if gram + 1 < grams:
            leaving = (np.uint64(chars[begin + gram]) + ONE) * SPREAD
            entering = (np.uint64(chars[begin + gram + length]) + ONE) * SPREAD
            value = (value - leaving * leading) * BASE + entering
    return grams


@njit(nogil=True)
def _longest(starts):
    longest = 0
    for text in range(len(starts) - 1):
        longest = max(longest, starts[text + 1] - starts[text])
    return longest


@njit((CHARS, NUMBERS, types.int64, types.int64, types.uint64, types.uint64, types.uint64), nogil=True, cache=True)
def sample(chars, starts, length, short_chars, short_limit, limit, least):
    """(text, position, hash) of the grams of `length` characters whose hash is at least `least` and at most `limit`, or
    `short_limit` in texts under `short_chars` characters; ascending by text and position.
    """
    hashes = np.empty(_longest(starts), np.uint64)
    total = 0
    for text in range(len(starts) - 1):
        most = short_limit if starts[text + 1] - starts[text] < short_chars else limit
        for gram in range(_hash_grams(chars, starts[text], starts[text + 1], length, hashes)):
            total += least <= hashes[gram] <= most
    # One more than there are: without branches, which no processor can foresee here, a gram that is not sampled is
    # written as well and then replaced.
    text_of, position_of = np.empty(total + 1, np.int32), np.empty(total + 1, np.int32)
    hash_of, number = np.empty(total + 1, np.uint64), 0
    for text in range(len(starts) - 1):
        most = short_limit if starts[text + 1] - starts[text] < short_chars else limit
        for position in range(_hash_grams(chars, starts[text], starts[text + 1], length, hashes)):
            text_of[number], position_of[number], hash_of[number] = text, position, hashes[position]
            number += least <= hashes[position] <= most
    return text_of[:total], position_of[:total], hash_of[:total]


@njit(nogil=True)
def _possible(hashes, grams, most, bitmap, positions):
    """Write the positions of those of the first `grams` hashes that are at most `most` and whose bit is set in the bitmap to
    `positions`; how many they are. Without branches: a processor then has many bits of memory on their way at a time.
    """
    sampled = 0
    for gram in range(grams):
        positions[sampled] = gram
        sampled += hashes[gram] <= most
    possible = 0
    for at in range(sampled):
        gram = positions[at]
        low = hashes[gram] & FILTER
        positions[possible] = gram
        possible += (np.uint64(bitmap[low >> THREE]) >> (low & SEVEN)) & ONE != ZERO
    return possible


@njit(nogil=True)
def _first_rows(hashes, positions, possible, shift, buckets, rows):
    """Write the first row of the bucket of each possible gram to `rows`."""
    last = np.uint64(len(buckets) - 1)
    for at in range(possible):
        rows[at] = buckets[min(hashes[positions[at]] >> np.uint64(shift), last)]


@njit(
    (CHARS, NUMBERS, types.int64, types.int64, types.uint64, types.uint64, HASHES, BYTES, types.int64, SMALL),
    nogil=True, cache=True,
)  # fmt: skip
def find(chars, starts, length, short_chars, short_limit, limit, index, bitmap, shift, buckets):
    """(text, position, row in the index) of those sampled grams (see `sample`) that the index has; ascending by text and
    position.
    """
    longest = _longest(starts)
    hashes, positions, rows = np.empty(longest, np.uint64), np.empty(longest + 1, np.int32), np.empty(longest, np.int32)
    capacity = len(chars) // 64 + 16
    text_of, position_of = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    row_of = np.empty(capacity, np.int64)
    number = 0
    for text in range(len(starts) - 1 if len(index) else 0):
        most = short_limit if starts[text + 1] - starts[text] < short_chars else limit
        grams = _hash_grams(chars, starts[text], starts[text + 1], length, hashes)
        possible = _possible(hashes, grams, most, bitmap, positions)
        _first_rows(hashes, positions, possible, shift, buckets, rows)
        for at in range(possible):
            # Hashes are uniform, so a bucket holds about one and a few steps along it find any: cheaper than a binary
            # search, whose every step leaves the cache.
            row, value = np.int64(rows[at]), hashes[positions[at]]
            while row < len(index) and index[row] < value:
                row += 1
            if row < len(index) and index[row] == value:
                if number == len(text_of):
                    text_of, position_of, row_of = _grown(text_of), _grown(position_of), _grown(row_of)
                text_of[number], position_of[number], row_of[number] = text, positions[at], row
                number += 1
    return text_of[:number].copy(), position_of[:number].copy(), row_of[:number].copy()


@njit(nogil=True)
def _bucket_shift(hashes):
    """The bits of a hash, hash >> shift, that number about as many buckets as there are hashes."""
    most, bits = ZERO, 1
    for value in hashes:
        most = max(most, value)
    while (len(hashes) >> bits) and bits < 30:
        bits += 1
    shift = 0
    while most >> np.uint64(shift) >> np.uint64(bits):
        shift += 1
    return shift, np.int64(most >> np.uint64(shift)) + 1


@njit((HASHES,), nogil=True, cache=True)
def order(hashes):
    """The rows of hashes in ascending order, equal ones in their order: as np.argsort(hashes, kind="stable"), in a time that
    grows with their number only, because hashes are uniform.
    """
    shift, buckets = _bucket_shift(hashes)
    starts = np.zeros(buckets + 1, np.int64)
    for value in hashes:
        starts[np.int64(value >> np.uint64(shift)) + 1] += 1
    starts = np.cumsum(starts)
    rows = np.empty(len(hashes), np.int32)
    for row in range(len(hashes)):
        bucket = np.int64(hashes[row] >> np.uint64(shift))
        rows[starts[bucket]] = row
        starts[bucket] += 1
    # `starts` has moved on: each bucket now begins where the one before it ends.
    begin = np.int64(0)
    for end in starts[:buckets]:
        if end - begin > FEW:
            rows[begin:end] = rows[begin:end][np.argsort(hashes[rows[begin:end]], kind="mergesort")]
        for at in range(begin + 1, end if end - begin <= FEW else begin):
            row, place = rows[at], at
            while place > begin and hashes[rows[place - 1]] > hashes[row]:
                rows[place] = rows[place - 1]
                place -= 1
            rows[place] = row
        begin = end
    return rows


@njit((SMALL, SMALL, HASHES, FLAGS), nogil=True, cache=True)
def postings(text, position, hashes, is_indexed):
    """(hash, number, text, position): the grams of the indexed texts, given ascending by hash, text and position. Each
    distinct hash has so many postings, in its order, each text at its first position.
    """
    size = len(hashes)
    distinct, number_of = np.empty(size, np.uint64), np.zeros(size, np.int32)
    text_of, position_of = np.empty(size, np.int32), np.empty(size, np.int32)
    grams, number = 0, 0
    for row in range(size):
        if not is_indexed[text[row]]:
            continue
        if grams == 0 or distinct[grams - 1] != hashes[row]:
            distinct[grams] = hashes[row]
            grams += 1
        elif text_of[number - 1] == text[row]:
            continue
        text_of[number], position_of[number] = text[row], position[row]
        number_of[grams - 1] += 1
        number += 1
    return distinct[:grams].copy(), number_of[:grams].copy(), text_of[:number].copy(), position_of[:number].copy()


@njit((HASHES,), nogil=True, cache=True)
def tables(hashes):
    """(bitmap, shift, buckets) of an index of hashes, ascending and distinct: see GramIndex."""
    bitmap = np.zeros(2 ** (FILTER_BITS - 3), np.uint8)
    shift, number = _bucket_shift(hashes)
    buckets = np.zeros(number, np.int32)
    for row in range(len(hashes) - 1, -1, -1):
        low = hashes[row] & FILTER
        bitmap[low >> THREE] |= np.uint8(ONE << (low & SEVEN))
    row = 0
    for bucket in range(number):
        buckets[bucket] = row
        while row < len(hashes) and np.int64(hashes[row] >> np.uint64(shift)) == bucket:
            row += 1
    return bitmap, shift, buckets


@njit((NUMBERS, NUMBERS, NUMBERS, NUMBERS, FLAGS, NUMBERS, types.int64), nogil=True, cache=True)
def mark(text, position, row, text_rows, is_marked_row, starts, length):
    """bool per character of the texts that `text_rows` keeps (their new number, -1 for those that are left out): is it in
    a gram whose row in the index is marked? `starts`: of the kept texts.
    """
    is_marked = np.zeros(starts[-1], np.bool_)
    for hit in range(len(text)):
        kept = text_rows[text[hit]]
        if kept >= 0 and is_marked_row[row[hit]]:
            begin = starts[kept] + position[hit]
            is_marked[begin : begin + length] = True
    return is_marked


@njit((NUMBERS, NUMBERS, NUMBERS, types.int64, FLAGS), nogil=True, cache=True)
def mark_grams(text, position, starts, length, is_marked):
    """Set the flags of the characters of these grams."""
    for gram in range(len(text)):
        begin = starts[text[gram]] + position[gram]
        is_marked[begin : begin + length] = True


@njit(nogil=True)
def _elect(votes, is_older, post, number, least, elected):
    """Write the strongest of `number` posts with at least `least` votes to `elected`, at most as many as it holds, in the
    order of (is_older, post); how many they are. Of equally strong ones the first posts are taken.
    """
    chosen = 0
    for at in range(number):
        if votes[at] < least:
            continue
        place = chosen
        while place > 0 and (
            votes[elected[place - 1]] < votes[at]
            or (votes[elected[place - 1]] == votes[at] and post[elected[place - 1]] > post[at])
        ):
            place -= 1
        if place < len(elected):
            chosen = min(chosen + 1, len(elected))
            for later in range(chosen - 1, place, -1):
                elected[later] = elected[later - 1]
            elected[place] = at
    for one in range(1, chosen):
        at, place = elected[one], one
        while place > 0 and (is_older[elected[place - 1]], post[elected[place - 1]]) > (is_older[at], post[at]):
            elected[place] = elected[place - 1]
            place -= 1
        elected[place] = at
    return chosen


@njit(nogil=True)
def _vote(begin, ends, post_of, is_older, shared, post, votes):
    """Each gram votes for one post among those that are older than the item and one among the others: the post with which the
    item shares most grams; of equal ones, the first. The posts of gram g are post_of[ends[g - 1]:ends[g]], those
    of the first begin at `begin`.
    """
    for end in ends:
        best, best_older = -1, -1
        for at in range(begin, end):
            other = post_of[at]
            rival = best_older if is_older[other] else best
            if (
                rival < 0
                or shared[other] > shared[rival]
                or (shared[other] == shared[rival] and post[other] < post[rival])
            ):
                if is_older[other]:
                    best_older = other
                else:
                    best = other
        if best >= 0:
            votes[best] += 1
        if best_older >= 0:
            votes[best_older] += 1
        begin = end


@njit(nogil=True)
def _occurrences(text, position, row, bounds, posting_post, posting_position, is_boilerplate):
    """(text, end, post, shift): of each hit that is no boilerplate its text, and where its postings end; of each posting its
    post, and the position in the text minus that in the post. In loops of one access each: a processor then has many
    of them on their way at a time.
    """
    usable = np.flatnonzero(~is_boilerplate[row])
    first, ends = bounds[row[usable]], bounds[row[usable] + 1].astype(np.int64)
    total = np.sum(ends - first)
    posting, shift = np.empty(total, np.int64), np.empty(total, np.int64)
    number = 0
    for hit in range(len(usable)):
        for at in range(first[hit], ends[hit]):
            posting[number], shift[number] = at, position[usable[hit]]
            number += 1
        ends[hit] = number
    shift -= posting_position[posting]
    return text[usable], ends, posting_post[posting], shift


@njit(
    (NUMBERS, NUMBERS, NUMBERS, NUMBERS, SMALL, SMALL, SMALL, FLAGS, GIVEN, NUMBERS,
     types.int64, types.int64, types.int64),
    nogil=True, cache=True,
)  # fmt: skip
def candidates(
    text, position, row, starts, bounds, posting_post, posting_position, is_boilerplate, latest, eligible_from,
    one_vote_chars, min_votes, max_candidates,
):  # fmt: skip
    """(item, post, seed_starts, shift): pairs that are worth measuring, ascending by item, and their seeds (see Seeds).
    The hits `text`, `position`, `row` are those of `find`; an item is older than a post where `latest` of the item is
    below `eligible_from` of the post.
    """
    text, ends, post_of, shift_of = _occurrences(
        text, position, row, bounds, posting_post, posting_position, is_boilerplate
    )
    # Of the posts of an item, by their number among them; `number_of` has that number, -1 for all other posts.
    number_of = np.full(len(eligible_from), -1, np.int32)
    post, shared, votes = np.empty(16, np.int64), np.empty(16, np.int64), np.empty(16, np.int64)
    is_older, elected = np.empty(16, np.bool_), np.empty(max_candidates, np.int64)
    items, posts, seed_starts = np.empty(256, np.int64), np.empty(256, np.int64), np.zeros(257, np.int64)
    shifts, pairs, hit, end = np.empty(len(shift_of), np.int64), 0, 0, 0
    while hit < len(text):
        item, number, first_hit, begin = text[hit], 0, hit, end
        while hit < len(text) and text[hit] == item:
            hit += 1
        end = ends[hit - 1]
        for at in range(begin, end):
            other = post_of[at]
            if number_of[other] < 0:
                if number == len(post):
                    post, shared, votes, is_older = _grown(post), _grown(shared), _grown(votes), _grown(is_older)
                number_of[other] = number
                post[number], shared[number], votes[number] = other, 0, 0
                is_older[number] = latest[item] < eligible_from[other]
                number += 1
            # From here on a post is named by its number.
            post_of[at] = number_of[other]
            shared[post_of[at]] += 1
        _vote(begin, ends[first_hit:hit], post_of, is_older, shared, post, votes)
        least = 1 if starts[item + 1] - starts[item] < one_vote_chars else min_votes
        chosen = _elect(votes, is_older, post, number, least, elected)
        # From here on `votes` says where the next seed of a post goes, -1 for posts that are not elected.
        for at in range(number):
            number_of[post[at]] = -1
            votes[at] = -1
        for at in range(chosen):
            if pairs + 1 == len(items):
                items, posts, seed_starts = _grown(items), _grown(posts), _grown(seed_starts)
            items[pairs], posts[pairs] = item, post[elected[at]]
            votes[elected[at]] = seed_starts[pairs]
            seed_starts[pairs + 1] = seed_starts[pairs] + shared[elected[at]]
            pairs += 1
        for at in range(begin, end):
            place = votes[post_of[at]]
            if place >= 0:
                shifts[place] = shift_of[at]
                votes[post_of[at]] += 1
    return (
        items[:pairs].copy(),
        posts[:pairs].copy(),
        seed_starts[: pairs + 1].copy(),
        shifts[: seed_starts[pairs]].copy(),
    )


@njit(nogil=True)
def _empty_places(grams):
    """A table of places by hash, of a power of two and at least twice as many as there are grams; -1 is empty."""
    size = 16
    while size < 2 * grams:
        size *= 2
    return np.full(size, -1, np.int64)


@njit((CHARS, NUMBERS, CHARS, NUMBERS, NUMBERS, NUMBERS, types.int64), nogil=True, cache=True)
def common_grams(item_chars, item_starts, post_chars, post_starts, item, post, length):
    """(seed_starts, shift) of pairs (see Seeds): one seed for every gram of an item that its post has too, by the first
    place of the gram in the post.
    """
    of_item, of_post = np.empty(_longest(item_starts), np.uint64), np.empty(_longest(post_starts), np.uint64)
    seed_starts, shifts, number = np.zeros(len(item) + 1, np.int64), np.empty(1024, np.int64), 0
    for pair in range(len(item)):
        grams = _hash_grams(post_chars, post_starts[post[pair]], post_starts[post[pair] + 1], length, of_post)
        places = _empty_places(grams)
        last_place = len(places) - 1
        for position in range(grams):
            place = np.int64(of_post[position]) & last_place
            while places[place] >= 0 and of_post[places[place]] != of_post[position]:
                place = (place + 1) & last_place
            if places[place] < 0:
                places[place] = position
        grams = _hash_grams(item_chars, item_starts[item[pair]], item_starts[item[pair] + 1], length, of_item)
        for position in range(grams):
            place = np.int64(of_item[position]) & last_place
            while places[place] >= 0 and of_post[places[place]] != of_item[position]:
                place = (place + 1) & last_place
            if places[place] >= 0:
                if number == len(shifts):
                    shifts = _grown(shifts)
                shifts[number] = position - places[place]
                number += 1
        seed_starts[pair + 1] = number
    return seed_starts, shifts[:number].copy()

"""The matcher on arrays: a batch of items against the own side → judged pairs of item and family.

Steps: sketch, candidates by votes, exact measures, decision. Credit within a family comes after (credit.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bangdan.matching import verify
from bangdan.matching.own import Own, boilerplate_mask
from bangdan.matching.parameters import Parameters
from bangdan.matching.sketch import Sketch, sketch
from bangdan.matching.text import Texts, normalise, ranges


@dataclass
class Judged:
    """One row per pair of item (row of the batch) and family origin (row of Own) that was measured."""

    item: np.ndarray
    post: np.ndarray
    containment: np.ndarray
    item_containment: np.ndarray
    item_chars: np.ndarray
    post_containment: np.ndarray
    measured: verify.Measured
    digest_share: np.ndarray  # of the item, explained by own posts together
    is_older: np.ndarray  # the item is older than the post by more than the skew
    verdict: np.ndarray  # object: full | partial | summary | digest | quote | review | '' (no reprint)
    why_not: np.ndarray  # object: reason of a verdict ''
    confidence: np.ndarray  # object: A | B | C | review | ''


def judge(titles, texts, latest: np.ndarray, own: Own, parameters: Parameters) -> Judged:
    """Judge a batch of items (strings, and the last second each can have been published) by their text."""
    items = normalise(titles, texts)
    grams = sketch(
        items,
        parameters.gram_length,
        parameters.sketch_scale,
        parameters.short_sketch_scale,
        parameters.short_text_chars,
    )
    found = own.index.find(grams.hash)
    left, right, seed_pair, seed_shift = candidates(items, grams, found, latest, own, parameters)
    # Only items with candidates are looked at more closely.
    chosen, left_row = np.unique(left, return_inverse=True)
    few = items.take(chosen)
    in_few = np.full(len(items), -1)
    in_few[chosen] = np.arange(len(chosen))
    at, gram = found
    mine = in_few[grams.text[at]] >= 0
    at, gram = at[mine], gram[mine]
    few_grams = Sketch(in_few[grams.text[at]], grams.position[at], grams.hash[at])
    item_boilerplate = boilerplate_mask(few, few_grams, own.index, parameters, (np.arange(len(at)), gram))
    item_numbers = verify.numbers(few)
    item_chars = verify.sums_of(~item_boilerplate, few.starts)[left_row]

    def measure(rows: np.ndarray, seeds: tuple[np.ndarray, np.ndarray]) -> verify.Measured:
        return verify.measure(
            few, own.texts, left_row[rows], right[rows], *seeds, min_run=parameters.min_run,
            post_boilerplate=own.boilerplate, item_boilerplate=item_boilerplate,
            item_numbers=item_numbers, post_numbers=own.numbers,
        )  # fmt: skip

    measured = measure(np.arange(len(left)), (seed_pair, seed_shift))
    # Texts edited all over share few long grams: where the first look leaves it open, look again at shorter ones.
    open_rows = np.flatnonzero(_is_open(measured, item_chars, own.distinctive[right], parameters))
    if len(open_rows):
        seeds = verify.short_seeds(few, own.texts, left_row[open_rows], right[open_rows], parameters.second_look_gram)
        measured = measured.replaced(open_rows, measure(open_rows, seeds))
    post_containment = measured.post_distinctive / np.maximum(own.distinctive[right], 1)
    item_containment = measured.item_distinctive / np.maximum(item_chars, 1)
    is_older = latest[left] < own.at[right] - parameters.skew_minutes * 60
    judged = Judged(
        item=left,
        post=right,
        containment=np.maximum(post_containment, item_containment),
        item_containment=item_containment,
        item_chars=item_chars,
        post_containment=post_containment,
        measured=measured,
        digest_share=_digest_share(few, left_row, measured, item_boilerplate, is_older, parameters),
        is_older=is_older,
        verdict=np.full(len(left), "", object),
        why_not=np.full(len(left), "", object),
        confidence=np.full(len(left), "", object),
    )
    decide(judged, own, parameters)
    return judged


def _is_open(
    measured: verify.Measured, item_chars: np.ndarray, post_chars: np.ndarray, parameters: Parameters
) -> np.ndarray:
    """Pairs that share something scattered, too little to be a match and too much to be none."""
    share = np.maximum(
        measured.post_distinctive / np.maximum(post_chars, 1), measured.item_distinctive / np.maximum(item_chars, 1)
    )
    # One long run is a quote, and a second look finds no more of it.
    scattered = measured.longest_run < 2 * parameters.min_matched_chars
    return (
        (share >= parameters.second_look_containment)
        & (share < parameters.min_containment)
        & scattered
        & numbers_agree(measured, parameters)
    )


def candidates(
    items: Texts,
    grams: Sketch,
    found: tuple[np.ndarray, np.ndarray],
    latest: np.ndarray,
    own: Own,
    parameters: Parameters,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (item, family origin) worth measuring, and their seeds (pair, position in item − position in post);
    `found` are the items' grams that the index knows.

    Each sampled gram of an item votes for one own text only, the one that most of the item's grams speak for, so
    that a phrase of many posts does not make candidates of all of them.
    """
    index = own.index
    at, gram = found
    usable = ~index.is_boilerplate[gram]
    at, gram = at[usable], gram[usable]
    begins, lengths = index.bounds[gram], index.bounds[gram + 1] - index.bounds[gram]
    posting, _ = ranges(begins, lengths)
    hit = np.repeat(at, lengths)  # the gram of the item
    item, post = grams.text[hit].astype(np.int64), index.post[posting].astype(np.int64)
    shift = grams.position[hit].astype(np.int64) - index.position[posting]
    # Posts that are younger than the item compete among themselves: they can only say where a text came from.
    older = latest[item] < own.at[post] - parameters.skew_minutes * 60
    key = (item * 2 + older) * len(own) + post
    unique, pair, votes = np.unique(key, return_inverse=True, return_counts=True)
    side = hit.astype(np.int64) * 2 + older
    order = np.lexsort((unique[pair], -votes[pair], side))
    best = np.ones(len(order), bool)
    best[1:] = side[order][1:] != side[order][:-1]
    won = np.bincount(pair[order[best]], minlength=len(unique))
    item_of, post_of = unique // len(own) // 2, unique % len(own)
    enough = won >= np.where(items.lengths[item_of] < 150, 1, 2)
    # The strongest few of each item.
    rows = np.flatnonzero(enough)
    rows = rows[np.lexsort((post_of[rows], -won[rows], item_of[rows]))]
    first = np.searchsorted(item_of[rows], item_of[rows], "left")
    rows = np.sort(rows[np.arange(len(rows)) - first < parameters.max_candidates])
    number = np.full(len(unique), -1)
    number[rows] = np.arange(len(rows))
    keep = number[pair] >= 0
    return item_of[rows], post_of[rows], number[pair[keep]], shift[keep]


def _digest_share(
    items: Texts,
    left: np.ndarray,
    measured: verify.Measured,
    boilerplate: np.ndarray,
    is_older: np.ndarray,
    parameters: Parameters,
) -> np.ndarray:
    """Per pair: share of its item's own characters that all eligible posts explain together."""
    fits = (measured.body_matched >= parameters.min_matched_chars) & ~is_older & numbers_agree(measured, parameters)
    begins = measured.item_cover_starts
    lengths = np.diff(begins)
    flat, _ = ranges(items.starts[left], lengths)
    union = np.zeros(len(items.chars), bool)
    union[flat[measured.item_cover & np.repeat(fits, lengths)]] = True
    explained = verify.sums_of(union, items.starts)
    total = verify.sums_of(~boilerplate, items.starts)
    return (explained / np.maximum(total, 1))[left]


def numbers_agree(measured: verify.Measured, parameters: Parameters, least: float | None = None) -> np.ndarray:
    """Do numbers that stand in the same context agree well enough? No such numbers: nothing speaks against it."""
    share = parameters.min_numbers_equal if least is None else least
    # A bulletin full of numbers is a template: what stays the same in it every day outweighs what is news.
    many = measured.numbers_aligned >= parameters.many_numbers
    wanted = np.where(many, max(share, parameters.many_numbers_equal), share)
    return measured.numbers_equal >= wanted * measured.numbers_aligned


def decide(judged: Judged, own: Own, parameters: Parameters) -> None:
    """Fill in verdict, reason and confidence. The rules: docs/methodology/README.en.md, "What a reprint is"."""
    m = judged.measured
    agree = numbers_agree(m, parameters)
    # A title that many use is no reprint, but a title that runs on into the body is.
    long_enough = (m.body_matched >= parameters.min_matched_chars) | (
        (m.post_matched >= parameters.min_matched_chars) & (m.body_matched >= parameters.min_body_chars)
    )
    contained = judged.containment >= parameters.min_containment
    is_digest = (judged.digest_share >= parameters.digest_item_containment) & ~contained
    half = judged.containment >= parameters.review_containment
    eligible = ~judged.is_older & (own.texts.lengths[judged.post] >= parameters.min_post_chars)

    # Phrases that all such texts use lie scattered; a copy, however edited, lies together.
    together = (m.longest_run >= 2 * parameters.min_matched_chars) | (
        m.item_matched >= parameters.min_density * (m.item_to - m.item_from)
    )
    matched = eligible & long_enough & contained & agree & together
    in_one_piece = m.longest_run >= parameters.min_matched_chars
    digest = eligible & long_enough & agree & is_digest & in_one_piece & ~matched
    review = eligible & long_enough & agree & half & ~matched & ~digest
    quote = eligible & agree & (m.longest_run >= parameters.min_matched_chars) & ~matched & ~digest & ~review
    verdict, why = judged.verdict, judged.why_not
    verdict[matched] = "partial"
    verdict[matched & (judged.post_containment >= 0.9)] = "full"
    verdict[matched & (judged.post_containment < 0.5)] = "summary"
    verdict[digest] = "digest"
    verdict[review] = "review"
    verdict[quote] = "quote"
    none = verdict == ""
    why[none] = "low_containment"
    why[none & ~long_enough] = "too_few_characters"
    why[none & long_enough & half & ~agree] = "numbers_differ"
    why[none & (own.texts.lengths[judged.post] < parameters.min_post_chars)] = "post_too_short"
    why[judged.is_older] = "item_older_than_post"
    # Confidence: of what is counted.
    strong = numbers_agree(m, parameters, parameters.a_numbers_equal)
    grade = np.full(len(verdict), "C", object)
    grade[digest | (m.post_distinctive >= parameters.b_matched_chars)] = "B"
    best = (
        (judged.containment >= parameters.a_containment) & (m.post_distinctive >= parameters.a_matched_chars) & strong
    )
    grade[matched & best] = "A"
    counted = matched | digest
    judged.confidence[counted] = grade[counted]
    judged.confidence[review | quote] = "review"

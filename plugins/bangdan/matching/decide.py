"""The rules by which a measured pair is a reprint or not: docs/methodology/README.en.md, "What a reprint is"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bangdan.matching.measures import Measures
from bangdan.matching.parameters import Parameters


@dataclass
class Comparison:
    """Measured pairs set against the lengths of their texts; one row per pair, shares 0 to 1."""

    measures: Measures
    containment: np.ndarray  # the larger of the two below
    item_containment: np.ndarray  # share of the item's distinctive characters that the post holds
    post_containment: np.ndarray  # share of the post's distinctive characters that the item holds
    digest_share: np.ndarray  # share of the item that all posts explain together
    is_older: np.ndarray  # the item is older than the post by more than the skew


class Verdicts(NamedTuple):
    """Object arrays, one row per pair: verdict, reason of a verdict '', confidence (see Judgements)."""

    verdict: np.ndarray
    rejected_reason: np.ndarray
    confidence: np.ndarray


@dataclass
class Rules:
    """What holds of each pair (bool); of the classes a pair is in one at most."""

    is_long_enough: np.ndarray
    is_half: np.ndarray  # contained enough to be looked at by a person
    do_numbers_agree: np.ndarray
    is_match: np.ndarray
    is_digest: np.ndarray
    is_review: np.ndarray
    is_quote: np.ndarray


def numbers_agree(measures: Measures, parameters: Parameters, least: float | None = None) -> np.ndarray:
    """bool per pair: are at least `least` (by default min_numbers_equal) of the numbers in a common context equal? True
    where there are no such numbers.
    """
    share = parameters.min_numbers_equal if least is None else least
    # A bulletin full of numbers is a template: what stays the same in it every day outweighs what is news.
    is_many = measures.numbers_aligned >= parameters.many_numbers
    required = np.where(is_many, max(share, parameters.many_numbers_equal), share)
    return measures.numbers_equal >= required * measures.numbers_aligned


def is_open(measures: Measures, containment: np.ndarray, parameters: Parameters) -> np.ndarray:
    """bool per pair: does it share something scattered, too little to be a match and too much to be none?"""
    # One long run is a quote, and a second look finds no more of it.
    is_scattered = measures.longest_run < parameters.long_run_chars
    return (
        (containment >= parameters.second_look_containment)
        & (containment < parameters.min_containment)
        & is_scattered
        & numbers_agree(measures, parameters)
    )


def decide(comparison: Comparison, post_chars: np.ndarray, parameters: Parameters) -> Verdicts:
    """Verdict, reason and confidence of each pair; `post_chars` are the lengths of the pairs' posts."""
    rules = _rules(comparison, post_chars, parameters)
    verdict = np.full(len(post_chars), "", object)
    verdict[rules.is_match] = "partial"
    verdict[rules.is_match & (comparison.post_containment >= parameters.full_containment)] = "full"
    verdict[rules.is_match & (comparison.post_containment < parameters.summary_containment)] = "summary"
    verdict[rules.is_digest] = "digest"
    verdict[rules.is_review] = "review"
    verdict[rules.is_quote] = "quote"

    is_none = verdict == ""
    reason = np.full(len(post_chars), "", object)
    reason[is_none] = "low_containment"
    reason[is_none & ~rules.is_long_enough] = "too_few_characters"
    reason[is_none & rules.is_long_enough & rules.is_half & ~rules.do_numbers_agree] = "numbers_differ"
    reason[is_none & (post_chars < parameters.min_post_chars)] = "post_too_short"
    reason[comparison.is_older] = "item_older_than_post"
    return Verdicts(verdict, reason, _confidence(comparison, rules, parameters))


def _rules(comparison: Comparison, post_chars: np.ndarray, parameters: Parameters) -> Rules:
    measures = comparison.measures
    agree = numbers_agree(measures, parameters)
    # A title that many use is no reprint, but a title that runs on into the body is.
    is_long_enough = (measures.body_matched >= parameters.min_matched_chars) | (
        (measures.post_matched >= parameters.min_matched_chars) & (measures.body_matched >= parameters.min_body_chars)
    )
    is_contained = comparison.containment >= parameters.min_containment
    is_half = comparison.containment >= parameters.review_containment
    is_eligible = ~comparison.is_older & (post_chars >= parameters.min_post_chars)
    is_in_one_piece = measures.longest_run >= parameters.min_matched_chars
    # Phrases that all such texts use are scattered; a copy, however edited, keeps its characters together.
    is_dense = (measures.longest_run >= parameters.long_run_chars) | (
        measures.item_matched >= parameters.min_density * (measures.item_to - measures.item_from)
    )
    is_explained = (comparison.digest_share >= parameters.digest_item_containment) & ~is_contained

    is_match = is_eligible & is_long_enough & is_contained & agree & is_dense
    is_digest = is_eligible & is_long_enough & agree & is_explained & is_in_one_piece & ~is_match
    is_review = is_eligible & is_long_enough & agree & is_half & ~is_match & ~is_digest
    is_quote = is_eligible & agree & is_in_one_piece & ~is_match & ~is_digest & ~is_review
    return Rules(is_long_enough, is_half, agree, is_match, is_digest, is_review, is_quote)


def _confidence(comparison: Comparison, rules: Rules, parameters: Parameters) -> np.ndarray:
    """A, B or C of what counts, review of what a person is to look at, '' of the rest."""
    measures = comparison.measures
    confidence = np.full(len(rules.is_match), "", object)
    confidence[rules.is_match | rules.is_digest] = "C"
    is_long = measures.post_distinctive >= parameters.b_matched_chars
    confidence[rules.is_digest | (rules.is_match & is_long)] = "B"
    is_certain = (
        (comparison.containment >= parameters.a_containment)
        & (measures.post_distinctive >= parameters.a_matched_chars)
        & numbers_agree(measures, parameters, parameters.a_numbers_equal)
    )
    confidence[rules.is_match & is_certain] = "A"
    confidence[rules.is_review | rules.is_quote] = "review"
    return confidence

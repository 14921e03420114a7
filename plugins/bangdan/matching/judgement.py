"""Judge a batch of items by their text: sketch, candidates, exact measures, verdict. Credit within a family comes after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bangdan.matching import decide, pair_loops
from bangdan.matching.candidates import candidates
from bangdan.matching.decide import Comparison
from bangdan.matching.gram_index import Hits, boilerplate_mask
from bangdan.matching.measures import Measures, Pairs, Seeds, Side, measure, short_gram_seeds
from bangdan.matching.number_tokens import number_tokens
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex
from bangdan.matching.sketch import Sampling
from bangdan.matching.text import Texts, normalise, sums_of


@dataclass
class Judgements:
    """One row per pair of item (row of the batch) and family origin (row of the posts) that was measured."""

    item: np.ndarray
    post: np.ndarray
    comparison: Comparison
    verdict: np.ndarray  # object: full | partial | summary | digest | quote | review | '' (no reprint)
    rejected_reason: np.ndarray  # object: why a verdict is ''
    confidence: np.ndarray  # object: A | B | C | review | ''


def judge(
    titles: pa.Array, texts: pa.Array, latest: np.ndarray, posts: PostIndex, parameters: Parameters
) -> Judgements:
    """Judge items by title and text; `latest` is the last second in which each can have been published."""
    items = normalise(titles, texts)
    sampling = Sampling(
        parameters.gram_length, parameters.sketch_scale, parameters.short_sketch_scale, parameters.short_text_chars
    )
    hits = posts.grams.find(items, sampling)
    pairs, seeds = candidates(items, hits, latest, posts, parameters)
    # Only items with candidates are looked at more closely.
    chosen, few_row = np.unique(pairs.item, return_inverse=True)
    few = _side(items, chosen, hits, posts, parameters)
    is_older = latest[pairs.item] < posts.published_second[pairs.post] - parameters.skew_minutes * 60
    comparison = _compare(few, posts, Pairs(few_row, pairs.post), seeds, is_older, parameters)
    verdicts = decide.decide(comparison, posts.side.texts.lengths[pairs.post], parameters)
    return Judgements(pairs.item, pairs.post, comparison, *verdicts)


def _side(items: Texts, chosen: np.ndarray, hits: Hits, posts: PostIndex, parameters: Parameters) -> Side:
    """The chosen items, their numbers, and which of their characters are boilerplate of the posts."""
    texts = items.take(chosen)
    row = np.full(len(items), -1)
    row[chosen] = np.arange(len(chosen))
    mask = boilerplate_mask(texts, row, hits, posts.grams, parameters.gram_length)
    return Side(texts, number_tokens(texts), mask)


def _compare(
    items: Side, posts: PostIndex, pairs: Pairs, seeds: Seeds, is_older: np.ndarray, parameters: Parameters
) -> Comparison:
    """Measure the pairs, those a second time that the first look leaves open, and set them against both texts."""
    limits = {"min_run": parameters.min_run, "number_edge_chars": parameters.number_edge_chars}
    item_chars = sums_of(~items.is_boilerplate, items.texts.starts)
    of_item, of_post = np.maximum(item_chars[pairs.item], 1), np.maximum(posts.distinctive_chars[pairs.post], 1)
    measures = measure(items, posts.side, pairs, seeds, **limits)
    # Texts edited all over share few long grams: where the first look leaves it open, look again at shorter ones.
    rows = np.flatnonzero(decide.is_open(measures, _larger_share(measures, of_item, of_post), parameters))
    if len(rows):
        open_pairs = Pairs(pairs.item[rows], pairs.post[rows])
        short_seeds = short_gram_seeds(items.texts, posts.side.texts, open_pairs, parameters.second_look_gram)
        measures = measures.replaced(rows, measure(items, posts.side, open_pairs, short_seeds, **limits))
    return Comparison(
        measures=measures,
        containment=_larger_share(measures, of_item, of_post),
        item_containment=measures.item_distinctive / of_item,
        post_containment=measures.post_distinctive / of_post,
        digest_share=_digest_share(items, item_chars, pairs.item, measures, is_older, parameters),
        is_older=is_older,
    )


def _larger_share(measures: Measures, item_chars: np.ndarray, post_chars: np.ndarray) -> np.ndarray:
    return np.maximum(measures.post_distinctive / post_chars, measures.item_distinctive / item_chars)


def _digest_share(
    items: Side,
    item_chars: np.ndarray,
    row: np.ndarray,
    measures: Measures,
    is_older: np.ndarray,
    parameters: Parameters,
) -> np.ndarray:
    """Per pair: share of its item's distinctive characters that all eligible posts explain together."""
    explains = (
        (measures.body_matched >= parameters.min_matched_chars) & ~is_older & decide.numbers_agree(measures, parameters)
    )
    explained = pair_loops.explained(row, explains, measures.item_cover, measures.item_cover_starts, items.texts.starts)
    return (explained / np.maximum(item_chars, 1))[row]

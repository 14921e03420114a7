"""Candidates: which posts are worth comparing with an item, by the votes of its grams."""

from __future__ import annotations

import numpy as np

from bangdan.matching import gram_loops
from bangdan.matching.gram_index import Hits
from bangdan.matching.measures import Pairs, Seeds
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex
from bangdan.matching.text import Texts


def candidates(
    items: Texts, hits: Hits, latest: np.ndarray, posts: PostIndex, parameters: Parameters
) -> tuple[Pairs, Seeds]:
    """Pairs of item and family origin that are worth measuring, ascending by item, and their seeds. `hits`: the items'
    grams that the index of the posts has; `latest`: the last second in which each item can have been published.

    Each sampled gram of an item votes for one post only, the one that most grams of the item are for, so that a phrase
    of many posts does not make candidates of all of them. Posts that are younger than the item compete among themselves:
    they can only show where a text came from. Of the posts with enough votes the strongest few are taken.
    """
    index = posts.grams
    item, post, seed_starts, shift = gram_loops.candidates(
        *hits, items.starts, index.bounds, index.post, index.position, index.is_boilerplate,
        latest, posts.published_second - parameters.skew_minutes * 60,
        parameters.one_vote_chars, parameters.min_votes, parameters.max_candidates,
    )  # fmt: skip
    return Pairs(item, post), Seeds(seed_starts, shift)

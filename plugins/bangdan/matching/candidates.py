"""Candidates: which posts are worth comparing with an item, by the votes of its grams."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bangdan.matching.gram_index import Hits
from bangdan.matching.measures import Pairs, Seeds
from bangdan.matching.parameters import Parameters
from bangdan.matching.post_index import PostIndex
from bangdan.matching.sketch import Sketch
from bangdan.matching.text import Texts, ranges


class Occurrences(NamedTuple):
    """One row per gram that an item shares with a post: row of the gram in the sketch, item, post, and where the gram
    lies in the item minus where it lies in the post.
    """

    gram: np.ndarray
    item: np.ndarray
    post: np.ndarray
    shift: np.ndarray


def candidates(
    items: Texts, grams: Sketch, hits: Hits, latest: np.ndarray, posts: PostIndex, parameters: Parameters
) -> tuple[Pairs, Seeds]:
    """Pairs of item and family origin that are worth measuring, and their seeds. `hits`: the items' grams that the
    index of the posts has; `latest`: the last second in which each item can have been published.

    Each sampled gram of an item votes for one post only, the one that most grams of the item are for, so that a phrase
    of many posts does not make candidates of all of them.
    """
    shared = _occurrences(grams, hits, posts)
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


def _occurrences(grams: Sketch, hits: Hits, posts: PostIndex) -> Occurrences:
    index = posts.grams
    is_usable = ~index.is_boilerplate[hits.gram]
    at, gram = hits.at[is_usable], hits.gram[is_usable]
    numbers = index.bounds[gram + 1] - index.bounds[gram]
    posting, _ = ranges(index.bounds[gram], numbers)
    at = np.repeat(at, numbers)
    return Occurrences(
        at,
        grams.text[at].astype(np.int64),
        index.post[posting].astype(np.int64),
        grams.position[at].astype(np.int64) - index.position[posting],
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

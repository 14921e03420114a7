"""Number tokens of texts, each with its context, and how many of them agree between two texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bangdan.matching.text import Texts, cumulated, ranges

ZERO, NINE = ord("0"), ord("9")
# Any character that is no letter: it takes the place of a number in the context of another.
NUMBER = np.uint32(1)
# Odd constants of splitmix64 (Steele, Lea, Flood 2014), here to spread and to mix hashes.
SPREAD, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@dataclass
class NumberTokens:
    """Number tokens of n texts: those of text i are the rows starts[i]:starts[i + 1]."""

    starts: np.ndarray  # int64, n + 1
    context: np.ndarray  # uint64: hash of the three characters before it, where another number is one character
    value: np.ndarray  # uint64: hash of context and digits
    position: np.ndarray  # int64: of the first digit within its text


class Extent(NamedTuple):
    """The matched stretch of each pair in one of its two texts: first position and one past the last."""

    begin: np.ndarray
    end: np.ndarray


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

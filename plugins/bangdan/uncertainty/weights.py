"""The weight of each post in each replicate: Poisson(1) by a hash of replicate, month and post.

No random generator: the same post has the same weight for any thread count, row order or split over exports.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np

# MD5 (RFC 1321): shifts per round, constants floor(2^32 · |sin(i)|), and the state it starts from.
SHIFTS = (7, 12, 17, 22) * 4 + (5, 9, 14, 20) * 4 + (4, 11, 16, 23) * 4 + (6, 10, 15, 21) * 4
SINES = [int(abs(np.sin(i + 1)) * 2**32) for i in range(64)]
START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
BLOCK_BYTES = 64
# Beyond this weight the rest of the distribution is below 2^-60.
MAX_WEIGHT = 19


class PostWeights:
    """Weights of the posts of a month. MD5 is computed for many posts at once: hashlib takes one message at a time, and
    a month has 30 million (a test holds the two equal).
    """

    def __init__(self, month: str, post_keys: list[str]) -> None:
        """`post_keys`: the MD5 of each post id, in hex."""
        self._blocks = _blocks(month, post_keys)
        self._steps = poisson_steps()

    def of_replicate(self, replicate: int) -> np.ndarray:
        """int64 per post."""
        return by_inversion(self.first_60_bits(replicate), self._steps)

    def first_60_bits(self, replicate: int) -> np.ndarray:
        """uint64 per post: the first 15 hex digits of md5(message)."""
        # The replicate is the first word of the message; all other words are the same in every replicate.
        first = np.frombuffer(f"{replicate:04d}".encode(), "<u4")[0]
        a, b = _md5_half(self._blocks, first)
        return (a.byteswap().astype(np.uint64) << np.uint64(32) | b.byteswap()) >> np.uint64(4)


def message(replicate: int, month: str, post_key: str) -> bytes:
    """What is hashed for one post and replicate: 45 bytes, so that one block of MD5 holds it."""
    return f"{replicate:04d}|{month}|{post_key}".encode()


def poisson_steps() -> np.ndarray:
    """uint64: where the distribution function of Poisson(1) steps from k to k + 1, in units of 2^-60."""
    with localcontext() as context:
        context.prec = 40
        probability = Decimal(1) / Decimal(1).exp()
        steps, total = [], Decimal(0)
        for k in range(1, MAX_WEIGHT + 1):
            total += probability
            steps.append(int(total * 2**60))
            probability /= k
    return np.array(steps, np.uint64)


def by_inversion(bits: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """int64 per post: how many of the steps its 60 bits reach."""
    weights = np.zeros(len(bits), np.int64)
    for step in steps:
        is_reached = bits >= step
        if not is_reached.any():
            break
        weights += is_reached
    return weights


def _blocks(month: str, post_keys: list[str]) -> np.ndarray:
    """uint32[16, n]: the padded block of each post's message, for replicate 0."""
    padded = b"".join(message(0, month, key).ljust(BLOCK_BYTES, b"\0") for key in post_keys)
    blocks = np.frombuffer(padded, np.uint8).reshape(len(post_keys), BLOCK_BYTES).copy()
    size = len(message(0, month, "0" * 32))
    blocks[:, size] = 0x80
    words = np.ascontiguousarray(blocks.view("<u4").T)
    words[14] = size * 8
    return words


def _md5_half(words: np.ndarray, first: np.uint32) -> tuple[np.ndarray, np.ndarray]:
    """uint32 per block: the first two words of its MD5, `first` in the place of its first word."""
    n = words.shape[1]
    a, b, c, d = (np.full(n, value, np.uint32) for value in START)
    f, rotated = np.empty(n, np.uint32), np.empty(n, np.uint32)
    for i in range(64):
        if i < 16:  # d ^ (b & (c ^ d))
            np.bitwise_xor(c, d, out=f)
            f &= b
            f ^= d
            word = i
        elif i < 32:  # c ^ (d & (b ^ c))
            np.bitwise_xor(b, c, out=f)
            f &= d
            f ^= c
            word = (5 * i + 1) % 16
        elif i < 48:  # b ^ c ^ d
            np.bitwise_xor(b, c, out=f)
            f ^= d
            word = (3 * i + 5) % 16
        else:  # c ^ (b | ~d)
            np.invert(d, out=f)
            f |= b
            f ^= c
            word = (7 * i) % 16
        f += a
        f += np.uint32(SINES[i])
        f += first if word == 0 else words[word]
        np.left_shift(f, np.uint32(SHIFTS[i]), out=rotated)
        np.right_shift(f, np.uint32(32 - SHIFTS[i]), out=f)
        f |= rotated
        f += b
        a, d, c, b, f = d, c, b, f, a
    a += np.uint32(START[0])
    b += np.uint32(START[1])
    return a, b

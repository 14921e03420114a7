"""Number tokens of texts, each with its context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bangdan.matching import pair_loops
from bangdan.matching.text import Texts


@dataclass
class NumberTokens:
    """Number tokens of n texts: those of text i are the rows starts[i]:starts[i + 1]."""

    starts: np.ndarray  # int64, n + 1
    context: np.ndarray  # uint64: hash of the three characters before it, where another number is one character
    value: np.ndarray  # uint64: hash of context and digits
    position: np.ndarray  # int64: of the first digit within its text

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The columns as compiled loops take them."""
        return self.starts, self.context, self.value, self.position


def number_tokens(texts: Texts) -> NumberTokens:
    """All number tokens with their contexts."""
    return NumberTokens(*pair_loops.number_tokens(texts.chars, texts.starts))

"""What is wrong with the rows of a batch: the first problem of each row decides its reason code."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.ingestion.columns import vectors
from bangdan.ingestion.readers.text_table import Problem

SHOWN_CHARS = 200


class BatchProblems:
    """The first problem of each row, by the row's place in the batch."""

    def __init__(self, found_by_reader: dict[int, Problem]) -> None:
        self._by_place = dict(found_by_reader)

    def __contains__(self, place: int) -> bool:
        return place in self._by_place

    def __len__(self) -> int:
        return len(self._by_place)

    def __iter__(self) -> Iterator[tuple[int, Problem]]:
        """Places and problems, in the order of the rows."""
        return iter(sorted(self._by_place.items()))

    def add(self, place: int, code: str, column: str, value: str | None) -> None:
        self._by_place.setdefault(place, Problem(code, column, (value or "")[:SHOWN_CHARS]))

    def add_where(self, mask: pa.Array, code: str, column: str, texts: pa.Array | None = None) -> None:
        """The same problem for every row at which the mask is true."""
        for place in vectors.places_where(mask):
            self.add(place, code, column, None if texts is None else texts[place].as_py())

    def add_codes(self, codes: pa.Array, column: str, texts: pa.Array, ignored: str | None = None) -> None:
        """Every reason code that is not NULL is the problem of its row, except `ignored`."""
        if codes.null_count == len(codes):
            return
        for place in vectors.places_where(pc.is_valid(codes)):
            if (code := codes[place].as_py()) != ignored:
                self.add(place, code, column, texts[place].as_py())

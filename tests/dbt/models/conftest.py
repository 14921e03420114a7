"""A town of few rows: what the models make of it is known by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.models_in_memory import Town


@pytest.fixture
def town() -> Iterator[Town]:
    """August 2021 is in hand; a registry export of July and a delivery of records of September are received."""
    entry = Town()
    yield entry
    entry.close()

"""A small sample of what `make fuzz` does: damaged exports break nothing and lose no row."""

from __future__ import annotations

import pytest

from tests.fuzz.run import run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(4))
def test_no_damage_to_an_export_breaks_the_program_or_loses_a_row(seed: int) -> None:
    outcome = run(150, seed)
    assert outcome.findings == []
    assert outcome.mutations == 150
    assert outcome.rows["accepted"] > 100  # most rows of a damaged file are good
    assert outcome.rows["rejected"] > 20
    assert outcome.refused.total() > 10


def test_the_same_seed_makes_the_same_damage() -> None:
    first, second = run(40, 7), run(40, 7)
    assert (first.rows, first.refused) == (second.rows, second.refused)


@pytest.mark.parametrize(
    ("place", "name"),
    [("bangdan.ingestion.columns.values.parse_time", "row(s)"), ("bangdan.ingestion.recognise.check_header", "KeyError"),
     ("bangdan.ingestion.readers.encodings.of_file", "KeyError")],
)  # fmt: skip
def test_what_breaks_is_found(monkeypatch: pytest.MonkeyPatch, place: str, name: str) -> None:
    def breaking(*_: object, **__: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(place, breaking)
    findings = run(20, 1).findings
    assert findings
    assert all(finding.startswith("seed 1, mutation ") for finding in findings)
    assert any(name in finding for finding in findings)

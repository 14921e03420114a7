"""A month next to the twelve before it: sources that bring far more or less than they used to, and figures of all frames."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd  # noqa: TID253
import pytest

from bangdan import gates
from tests.support import gate_frames

LIMITS = {"history_months_least": 6.0, "history_band_k": 5.0, "history_spread_least": 0.1}
MONTHS = ["2020-08", "2020-09", "2020-10", "2020-11", "2020-12", "2021-01", "2021-02"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_frames.build(tmp_path_factory.mktemp("history") / "home")


def rows(month: str, count: int, connector: str = "steady") -> str:
    """Rows of news sites that a source brought in a month."""
    return (
        "insert into raw.records (connector, export_sha256, channel_type, record_id, published_at, month)"
        f" select '{connector}', 'sha', 'news_site', '{connector}' || '{month}' || i,"
        f" timestamptz '{month}-05 00:00:00+08' + to_days((i % 25)::int), '{month}' from range({count}) t(i)"
    )


def warned(home: Path, target: Path, current: int, earlier: Iterable[int]) -> list[str]:
    """Messages about the source in 2021-08, which brought `earlier` rows in the months before."""
    months = [rows(month, count) for month, count in zip(MONTHS, earlier, strict=False)]
    settings = gate_frames.copy(home, target, *months, rows("2021-08", current))
    verdict = gates.check(settings, gate_frames.MONTH, "raw_exports")
    return [finding.message for finding in verdict.warnings if finding.frame == "history"]


@pytest.mark.parametrize(("current", "word"), [(499, "fewer"), (500, ""), (1500, ""), (1501, "more")])
def test_a_source_that_brings_half_as_many_rows_again_as_it_always_did_is_warned_of(
    home: Path, tmp_path: Path, current: int, word: str
) -> None:
    """All months alike: the least spread is a tenth of the median, so the band is a half of it to either side."""
    expected = [f"{word} rows of news_site from steady than in the twelve months before"] if word else []
    assert warned(home, tmp_path / "home", current, [1000] * 6) == expected


def test_a_source_that_swings_has_a_wider_band(home: Path, tmp_path: Path) -> None:
    assert warned(home, tmp_path / "home", 1900, [600, 800, 1000, 1200, 1400, 1000, 700]) == []


def test_a_source_with_five_months_is_compared_with_nothing(home: Path, tmp_path: Path) -> None:
    assert warned(home, tmp_path / "home", 1, [1000] * 5) == []


def test_a_source_that_is_gone_is_warned_of(home: Path, tmp_path: Path) -> None:
    assert warned(home, tmp_path / "home", 0, [1000] * 6) == [
        "fewer rows of news_site from steady than in the twelve months before"
    ]


def test_figures_are_rows_and_medians_by_source_where_a_frame_has_sources() -> None:
    units = pd.DataFrame({"unit_id": ["a", "b", "c"], "post_count": [1, 2, 9]})
    sources = pd.DataFrame({"connector": ["x", "y"], "share": [0.5, 0.25], "days": ["01", ""]})
    assert gates.figures({"units": units, "sources": sources}) == {
        "units.rows": 3, "units.post_count": 2, "sources.rows": 2, "sources[x].share": 0.5, "sources[y].share": 0.25,
    }  # fmt: skip


def test_a_figure_outside_its_band_comes_first_and_one_with_few_months_has_none() -> None:
    earlier = [{"a": 10.0, "b": 1.0}] * 6 + [{"a": 10.0, "c": 5.0}]
    first, second, third = gates.compare({"a": 10.0, "b": 2.0, "c": 9.0}, earlier, LIMITS)
    assert (first.name, first.is_outside, first.median, first.low, first.high) == ("b", True, 1.0, 0.5, 1.5)
    assert first.earlier == [1.0] * 6 + [None]
    assert (second.name, second.is_outside, second.low, second.high) == ("a", False, 5.0, 15.0)
    assert (third.name, third.is_outside, third.median, third.low) == ("c", False, None, None)


def test_the_page_of_a_gate_shows_the_months_before_and_building_again_takes_its_figures_away(
    home: Path, tmp_path: Path
) -> None:
    settings = gate_frames.copy(home, tmp_path / "home")
    before = gates.figures_path(settings, gate_frames.MONTH - 1, "post_facts")
    before.parent.mkdir(parents=True)
    before.write_text(json.dumps({"units.post_count": 1234.0}), "utf-8")
    gates.check(settings, gate_frames.MONTH, "post_facts")
    page = gates.page_path(settings, gate_frames.MONTH, "post_facts").read_text("utf-8")
    row = page.partition('<th scope="row">units.post_count</th>')[2].partition("</tr>")[0]
    assert "<td>20</td>" in row
    assert "1,234" in row
    current = gates.figures_path(settings, gate_frames.MONTH, "post_facts")
    assert json.loads(current.read_text("utf-8"))["units.post_count"] == 20
    gates.withdraw(settings, gate_frames.MONTH)
    assert not current.exists()

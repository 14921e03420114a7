"""The tutorial's own commands, run as they are written, end at the page of a city in which nothing of the demo is in force."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import tutorials
from tests.support.homes import PROJECT

TUTORIAL = PROJECT / "docs" / "first-city.md"


@pytest.mark.timeout(600)
def test_the_commands_of_the_tutorial_print_what_it_says_and_end_at_the_page(tmp_path: Path) -> None:
    tutorials.run(TUTORIAL, tmp_path)
    release = tmp_path / "bay" / "data" / "releases" / "2021-08" / "latest"
    page = (release / "index.html").read_text("utf-8")
    assert "湾城观察室" in page
    assert "滨海夜市" in page
    assert "未监测" in page
    rows = json.loads((release / "ranking.json").read_text("utf-8"))["rows"]
    assert {row["ranking_list"] for row in rows} == {"departments"}
    assert len(rows) == 5 * 2
    assert {row["unit_id"] for row in rows if float(row["bonus_points"]) > 0} == {"bay-tour"}
    demo = re.compile("申城|江畔|疫情防控|Epidemic control|Districts")
    assert [file.name for file in release.glob("*.*ml") if demo.search(file.read_text("utf-8")) and "method" not in file.name] == []  # fmt: skip
    first = json.loads((release.parent / "r1" / "manifest.json").read_text("utf-8"))
    second = json.loads((release.parent / "r2" / "manifest.json").read_text("utf-8"))
    changed = {name for name, sha256 in second["seeds"].items() if first["seeds"].get(name) != sha256}
    assert changed == {
        "city.yml", "methodology/issuers.csv", "methodology/themes.csv", "methodology/theme_terms.csv",
    }  # fmt: skip

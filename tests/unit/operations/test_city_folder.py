"""A new city's folder is whole, commented and empty: every table is read, and nothing of the demo is in force."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bangdan.core import city
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion import built_in_mappings
from bangdan.operations import city_folder
from tests.support.homes import BANGDAN

TABLES = [
    f"{folder}/{name.rpartition('/')[2]}.csv" for folder in ("rules", "corrections") for name in city.FOLDERS[folder]
]


def make(folder: Path, **changes: object) -> list[str]:
    values = {
        "name": "湾城",
        "name_en": "Bay: City",
        "lists": ["towns", "departments"],
        "channels": ["weibo"],
    } | changes
    return city_folder.make(folder, **values)  # type: ignore[arg-type]


def test_names_lists_and_channels_are_those_that_were_given(tmp_path: Path) -> None:
    make(tmp_path)
    own = city.load(Settings(tmp_path, 1, "1GB"))
    assert (own.name, own.name_en, own.channels, own.issuers) == ("湾城", "Bay: City", ("weibo",), ())
    assert [(ranking_list.id, ranking_list.name, ranking_list.short_name) for ranking_list in own.ranking_lists] == [
        ("towns", "街镇榜单", "街镇"), ("departments", "部门榜单", "部门"),
    ]  # fmt: skip


def test_every_table_is_there_with_an_explanation_and_without_a_row(tmp_path: Path) -> None:
    written = make(tmp_path)
    # Limits, closed registries and what sources may say hold as they are shipped.
    shipped = {"quality_floors", "closed_registries", "source_authority"}
    assert set(TABLES) - set(written) == {f"rules/{name}.csv" for name in shipped}
    for path in set(TABLES) & set(written):
        assert (tmp_path / path).read_text("utf-8").startswith("# One row is one "), path
    settings = Settings(tmp_path, 1, "1GB")
    for folder in ("rules", "corrections"):
        for name in city.FOLDERS[folder]:
            assert bool(city.rows(settings, name)) == (name.rpartition("/")[2] in shipped), name


def test_an_example_becomes_a_row_when_its_mark_is_taken_away(tmp_path: Path) -> None:
    make(tmp_path)
    file = tmp_path / "rules" / "themes.csv"
    lines = file.read_text("utf-8").splitlines()
    (example,) = [line.removeprefix("# For example: ") for line in lines if line.startswith("# For example: ")]
    file.write_text("\n".join([*lines, example]) + "\n", "utf-8")
    assert len(city.rows(Settings(tmp_path, 1, "1GB"), "methodology/themes")) == 1


@pytest.mark.parametrize(("file", "mapping"), [("units", "registry_units"), ("accounts", "registry_accounts"), ("outlets", "registry_channels")])  # fmt: skip
def test_the_registry_has_the_headers_that_its_mapping_reads(tmp_path: Path, file: str, mapping: str) -> None:
    make(tmp_path)
    header = (tmp_path / "registry" / f"{file}.csv").read_text("utf-8").strip().split(",")
    assert set(header) == set(built_in_mappings.named(mapping).sources)


def test_data_and_exports_are_kept_out_of_version_control(tmp_path: Path) -> None:
    make(tmp_path)
    assert {"data/", "inbox/"} <= set((tmp_path / ".gitignore").read_text("utf-8").split())


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "units.csv").write_text("mine\n", "utf-8")
    assert "registry/units.csv" not in make(tmp_path)
    assert (tmp_path / "registry" / "units.csv").read_text("utf-8") == "mine\n"


def test_a_city_is_made_once(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(UsageError, match="is a city already"):
        make(tmp_path)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lists": ["ministries"]}, "'ministries' is no ranking list"),
        ({"lists": []}, "no ranking list is named"),
        ({"channels": ["douyin"]}, "'douyin' is no channel type"),
    ],
)
def test_an_unknown_list_or_channel_is_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        make(tmp_path / "new", **changes)
    assert not (tmp_path / "new").exists()


def test_the_command_writes_the_folder_and_asks_nothing_without_a_terminal(tmp_path: Path) -> None:
    def init(*words: str) -> subprocess.CompletedProcess:
        command = [*BANGDAN, "init", str(tmp_path / "bay"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    missing = init("--name", "湾城")
    assert (missing.returncode, "--name-en is missing" in missing.stderr) == (2, True)
    done = init("--name", "湾城", "--name-en", "Bay City", "--lists", "departments", "--channels", "weibo, news_site")
    assert done.returncode == 0, done.stderr
    own = yaml.safe_load((tmp_path / "bay" / "city.yml").read_text("utf-8"))
    assert own["channels"] == ["weibo", "news_site"]
    status = [*BANGDAN, "status", "--city", str(tmp_path / "bay"), "--json"]
    assert subprocess.run(status, capture_output=True, text=True, check=False).returncode == 0, sys.executable

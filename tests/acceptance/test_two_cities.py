"""Two cities side by side, from one installation and at the same time: neither sees the other, and the program's own
folder is as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.homes import BANGDAN, PROJECT

PROGRAM = ("plugins", "dags", "dbt_project", "expectations", "docs")
SAMPLE = "raw_exports,is_sample,,1,2021-08-01,2021-09-01,评议组,2021-09-02,样例\n"
CITIES = {"bay": ("湾城", "departments", "部门榜单"), "harbour": ("港城", "towns", "街镇榜单")}


def contents(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file of the program, without what Python compiles."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for name in PROGRAM
        for path in (root / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def make(folder: Path, name: str, ranking_list: str, environment: dict[str, str]) -> None:
    """A city with the tutorial's registry and exports, in a list of its own."""
    words = [
        "init",
        folder,
        "--name",
        name,
        "--name-en",
        folder.name,
        "--lists",
        ranking_list,
        "--channels",
        "news_site,wechat,weibo",
    ]
    subprocess.run([*BANGDAN, *words], env=environment, check=True, capture_output=True)
    subprocess.run([sys.executable, "docs/examples/first_city.py", folder, "2021-08"], cwd=PROJECT, check=True)
    units = folder / "registry" / "units.csv"
    units.write_text(units.read_text("utf-8-sig").replace("departments", ranking_list), "utf-8")
    limits = folder / "rules" / "quality_floors.csv"
    shutil.copy(PROJECT / "dbt_project" / "seeds" / "methodology" / "quality_floors.csv", limits)
    limits.write_text(limits.read_text("utf-8") + SAMPLE, "utf-8")


@pytest.mark.timeout(600)
def test_two_cities_run_at_the_same_time_and_the_program_s_folder_stays_clean(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BANGDAN_")}
    initial, had_data = contents(PROJECT), (PROJECT / "data").exists()
    for folder, (name, ranking_list, _title) in CITIES.items():
        make(tmp_path / folder, name, ranking_list, environment)
    runs = {
        folder: subprocess.Popen(
            [*BANGDAN, "run", "--city", tmp_path / folder, "--month", "2021-08", "--inbox", tmp_path / folder / "inbox"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for folder in CITIES
    }  # fmt: skip
    for folder, process in runs.items():
        printed, _ = process.communicate()
        assert process.returncode == 0, f"{folder}\n{printed[-3000:]}"
    assert contents(PROJECT) == initial
    assert (PROJECT / "data").exists() == had_data
    seeds = {}
    for folder, (name, ranking_list, title) in CITIES.items():
        release = tmp_path / folder / "data" / "releases" / "2021-08" / "r1"
        page = (release / "index.html").read_text("utf-8")
        others = [words for other, words in CITIES.items() if other != folder]
        assert title in page
        assert not any(word in page for words in others for word in (words[2], words[0] + "观察"))
        rows = json.loads((release / "ranking.json").read_text("utf-8"))["rows"]
        assert {row["ranking_list"] for row in rows} == {ranking_list}, name
        seeds[folder] = json.loads((release / "manifest.json").read_text("utf-8"))["seeds"]
    differing = {name for name in seeds["bay"] if seeds["bay"][name] != seeds["harbour"][name]}
    assert differing == {"city.yml", "reference/ranking_lists.csv"}
    for folder in CITIES:
        subprocess.run(
            [*BANGDAN, "verify", "--city", tmp_path / folder], env=environment, check=True, capture_output=True
        )

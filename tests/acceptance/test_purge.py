"""Purging: bytes and rows go, hashes and releases stay, and everyone says that the month can't be built again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import purge
from bangdan.pipeline import intake
from tests.support.homes import bangdan, ranking

AUGUST = Month.parse("2021-08")


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def manifests(home: Path) -> dict[str, dict]:
    return {p.stem: pq.read_table(p).to_pylist()[0] for p in (home / "raw/export_manifest").glob("[0-9a-f]*.parquet")}


def test_july_is_purged_and_said_to_be_so_everywhere(copy_of_city: Path) -> None:
    home = copy_of_city
    releases, before = tree(home / "releases"), manifests(home)
    listed = json.loads(bangdan(home, "purge", "--before", "2021-08", "--dry-run", "--json").stdout)
    assert manifests(home) == before
    assert all((home / file).exists() for file in listed["files"])
    payload = json.loads(bangdan(home, "purge", "--before", "2021-08", "--json").stdout)
    assert {**payload, "dry_run": True} == listed
    assert (payload["months"], payload["without_history"]) == (["2021-07"], ["2021-08", "2021-09", "2021-10"])
    # Bytes, rows, names are gone; accounting, hashes and everything of August are there.
    assert not any((home / file).exists() for file in payload["files"])
    for export_id, row in manifests(home).items():
        old = before[export_id]
        stays = old["table_name"] not in ("records", None) or (old["months"] or ["2021-08"])[-1] >= "2021-08"
        assert any((home / "landing").glob(f"{old['export_sha256']}.*")) is stays, old["source_file"]
        forgotten = {"source_file": 0, "path_key": 0, "files": 0}
        assert {**row, **forgotten} == {**old, **forgotten}
        assert (row["source_file"] == old["source_file"]) is stays
    assert tree(home / "releases") == releases
    bangdan(home, "verify")
    # Again: nothing left to do.
    assert json.loads(bangdan(home, "purge", "--before", "2021-08", "--json").stdout)["exports"] == 0
    # The month is refused, and named where months are listed.
    failed = bangdan(home, "run", "--month", "2021-07", "--inbox", home / "inbox", code=2)
    assert "2021-07" in failed.stderr
    assert "can no longer be rebuilt" in failed.stderr
    assert not any((home / file).exists() for file in payload["files"])  # the inbox has not brought it back
    plan = json.loads(bangdan(home, "backfill", "2021-07..2021-08", "--json").stdout)
    assert [row["action"] for row in plan["months"]] == ["purged", "keep"]
    compared = json.loads(bangdan(home, "backfill", "2021-07..2021-08", "--diff", "--json", code=4).stdout)
    assert compared["purged"] == ["2021-07"]
    status = bangdan(home, "status").stdout
    assert "2021-07: exports purged" in status
    assert "2021-08: a rebuild would lack the posts of 2021-07" in status
    assert tree(home / "releases") == releases
    refused = json.loads(bangdan(home, "ingest", home / "inbox/synthetic-2021-07", "--json", code=1).stdout)
    purged = [file for file in refused["files"] if file["status"] == "refused"]
    assert {code for file in purged for code in file["reasons"]} == {"PURGED"}
    # August is there to be built; what it lacks stands in its report.
    bangdan(home, "run", "--month", "2021-08")
    report = json.loads((home / "runs/2021-08/run_report.json").read_text("utf-8"))
    assert [stage["history_purged"] for stage in report["stages"] if "history_purged" in stage] == [["2021-07"]]
    assert ranking(home, "2021-08", "r1") == ranking(home, "2021-08")
    assert manifests(home).keys() == before.keys()  # rows that are gone on purpose are no damage


def test_a_purge_that_broke_off_is_finished_by_the_next(city: Path, tmp_path: Path, monkeypatch) -> None:
    """Killed before each of its steps on the first export: a mark may stand alone, never bytes without their mark."""
    for name in ("landing", "raw"):
        shutil.copytree(city / name, tmp_path / name)
    settings = Settings(tmp_path, 1, "1GB")
    wanted = intake.purge(settings, AUGUST, dry_run=True)
    for step in ("_mark", "_forget_names"):
        with monkeypatch.context() as patch:
            patch.setattr(purge, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                intake.purge(settings, AUGUST)
        assert intake.purge(settings, AUGUST, dry_run=True).files == wanted.files
    removed: list[Path] = []
    unlink = Path.unlink

    def failing(path: Path, missing_ok: bool = False) -> None:
        if "landing" in path.parts or "raw" in path.parts:
            if len(removed) == 3 and path.suffix != ".partial" and not path.name.startswith("."):
                raise OSError("no more")
            if not path.name.startswith("."):
                removed.append(path)
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", failing)
        with pytest.raises(OSError, match="no more"):
            intake.purge(settings, AUGUST)
    assert "2021-07" in purge.months(settings)
    rest = intake.purge(settings, AUGUST)
    assert sorted([*rest.files, *(p.relative_to(tmp_path).as_posix() for p in removed)]) == wanted.files
    assert intake.purge(settings, AUGUST).files == []

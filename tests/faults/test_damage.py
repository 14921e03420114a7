"""Files that rot: the warehouse, a release, landed bytes, the analysts' database. Each is named, none is believed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.homes import bangdan
from tests.support.loading import ingest_inbox
from tests.support.promises import promise
from tests.support.publishing import FOLDERS, MONTH, publish, verified


@pytest.fixture
def home(city: Path, tmp_path: Path) -> Path:
    """Both months released; what publishing and verifying touch."""
    return faults.copy(city, tmp_path / "home", *FOLDERS)


def spoil(file: Path, at: int | None = None) -> None:
    """Turn over one byte, in the middle unless another place is given."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 0xFF
    file.write_bytes(bytes(data))


@promise(
    "A changed, missing or added file of a release is named by `bangdan verify`; the next run of the month writes it"
    " again, byte for byte, and says so.",
    "one byte turned over in page, table and workbook; a unit's page taken away",
)
def test_damaged_release_is_named_and_mended(home: Path, tmp_path: Path) -> None:
    folder = home / "releases" / MONTH / "r1"
    before = faults.tree(home / "releases")
    names = ("index.html", "ranking.xlsx", "tables/posts.parquet")
    for name in names:
        spoil(folder / name)
    gone = sorted((folder / "units").glob("*.html"))[0]
    gone.unlink()
    output = bangdan(home, "verify", code=1).stdout
    assert all(f"{MONTH} r1: {name} has changed" in output for name in names)
    assert f"units/{gone.name} is missing" in output
    done = faults.run(publish, tmp_path / "again", BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    assert all(name in done.output for name in (*names, gone.name))
    assert faults.tree(home / "releases") == before
    assert verified(home, tmp_path / "look") == ""


@promise(
    "What can't be made again as it was is not made up: the run ends and asks for the backup.",
    "a file that is in no manifest lies in a release",
)
def test_unknown_file_in_a_release_is_told(home: Path, tmp_path: Path) -> None:
    (home / "releases" / MONTH / "r1" / "remarks.txt").write_text("?", "utf-8")
    done = faults.run(publish, tmp_path / "again", BANGDAN_HOME=str(home))
    assert done.code == 1
    assert "remarks.txt is not in the manifest" in done.output
    assert "remedy" in done.output
    assert "Traceback" not in done.output


@promise(
    "Nothing is computed from a damaged release: neither the next month's movement nor the analysts' database.",
    "a table of 2021-07 r1 damaged, then 2021-08 published",
)
def test_damaged_release_is_read_by_nothing(home: Path, tmp_path: Path) -> None:
    shutil.rmtree(home / "releases" / MONTH)
    database = faults.tree(home / "published")
    spoil(home / "releases" / "2021-07" / "r1" / "tables" / "ranking.parquet")
    done = faults.run(publish, tmp_path / "again", BANGDAN_HOME=str(home))
    assert done.code == 1
    assert "2021-07 r1: tables/ranking.parquet has changed" in done.output
    assert "remedy: run `bangdan run --month 2021-07`" in done.output
    assert not (home / "releases" / MONTH / "r1").exists()
    assert faults.tree(home / "published") == database


@promise("A manifest that can't be read is named with its release; nothing is published over it.", "manifest.json cut")
def test_damaged_manifest_is_named(home: Path, tmp_path: Path) -> None:
    file = home / "releases" / MONTH / "r1" / "manifest.json"
    file.write_bytes(file.read_bytes()[:100])
    assert f"{MONTH} r1: manifest.json is damaged" in bangdan(home, "verify", code=1).stdout
    done = faults.run(publish, tmp_path / "again", BANGDAN_HOME=str(home))
    assert (done.code, "Traceback" in done.output) == (1, False)
    assert f"{MONTH} r1: manifest.json is damaged" in done.output
    assert sorted(path.name for path in file.parent.parent.glob("r*")) == ["r1"]


@promise(
    "A lost or damaged analysts' database is named by `bangdan verify` and made again by the next publication.",
    "the file is removed, cut, overwritten with garbage",
)
@pytest.mark.parametrize("how", ["removed", "cut", "garbage"])
def test_damaged_database_is_made_again(home: Path, tmp_path: Path, how: str) -> None:
    file = home / "published" / "bangdan.duckdb"
    if how == "removed":
        file.unlink()
    elif how == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    else:
        file.write_bytes(b"no database" * 1000)
    assert "published/bangdan.duckdb" in verified(home, tmp_path / "look")
    done = faults.run(publish, tmp_path / "again", BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    assert verified(home, tmp_path / "look") == ""


@promise(
    "A damaged warehouse is named with the remedy, which is to remove it: it is made again from raw.",
    "the warehouse overwritten with garbage, then cut",
)
@pytest.mark.parametrize("how", ["garbage", "cut"])
def test_damaged_warehouse_is_told_with_its_remedy(home: Path, tmp_path: Path, how: str) -> None:
    file = home / "warehouse" / "bangdan.duckdb"
    data = file.read_bytes()
    file.write_bytes(b"no database" * 1000 if how == "garbage" else data[: len(data) // 3])
    before = faults.tree(home / "releases")
    done = faults.run(publish, tmp_path / "again", BANGDAN_HOME=str(home))
    assert (done.code, "Traceback" in done.output) == (1, False), done.output
    assert "warehouse/bangdan.duckdb" in done.output
    assert "remove" in done.output
    assert faults.tree(home / "releases") == before


@pytest.fixture
def loaded(city: Path, tmp_path: Path) -> Path:
    """A home with a few exports landed and loaded."""
    home = tmp_path / "loaded"
    for name in ("synthetic-registry", "synthetic-2021-08-late"):
        shutil.copytree(city / "inbox" / name, home / "inbox" / name)
    done = faults.run(ingest_inbox, tmp_path / "printed", BANGDAN_HOME=str(home), BANGDAN_THREADS="1")
    assert done.code == 0, done.output
    return home


def load() -> None:
    from bangdan.core.settings import Settings
    from bangdan.pipeline import intake

    print(json.dumps(intake.load(Settings.load(), progress=print).to_json()))


@promise(
    "A damaged or missing file of the raw layer is named by the next run and made again from the landed bytes, the same.",
    "one byte turned over in a Parquet file of records, another file taken away, a manifest row cut",
)
def test_damaged_raw_file_is_loaded_again(loaded: Path, tmp_path: Path) -> None:
    before = faults.tree(loaded / "raw")
    records = sorted(path for path in loaded.glob("raw/records/month=20*/*.parquet"))
    spoil(records[0])
    units = next(path for path in sorted(loaded.glob("raw/units/*.parquet")) if path.name != "schema.parquet")
    units.unlink()
    done = faults.run(load, tmp_path / "printed", BANGDAN_HOME=str(loaded), BANGDAN_THREADS="1")
    assert done.code == 0, done.output
    assert f"{records[0].relative_to(loaded / 'raw')} is damaged" in done.output
    assert f"{units.relative_to(loaded / 'raw')} is missing" in done.output
    assert faults.tree(loaded / "raw") == before
    row = next(path for path in sorted(loaded.glob("raw/export_manifest/*.parquet")) if path.name != "schema.parquet")
    row.write_bytes(row.read_bytes()[:50])
    done = faults.run(load, tmp_path / "printed", BANGDAN_HOME=str(loaded), BANGDAN_THREADS="1")
    assert done.code == 0, done.output
    assert f"export_manifest/{row.name} is damaged" in done.output
    assert faults.tree(loaded / "raw") == before


@promise(
    "A landed file that is no longer what was received is refused by name (FILE_CHANGED) and never loaded; delivered"
    " again, all is as before.",
    "one byte turned over in a landed export, the raw layer lost",
)
def test_damaged_landed_file_is_refused(loaded: Path, tmp_path: Path) -> None:
    before = faults.tree(loaded / "raw", loaded / "landing")
    landed = max(loaded.glob("landing/*.*"), key=lambda path: path.stat().st_size)
    spoil(landed)
    shutil.rmtree(loaded / "raw")
    done = faults.run(load, tmp_path / "printed", BANGDAN_HOME=str(loaded), BANGDAN_THREADS="1")
    assert done.code == 0, done.output
    (refused,) = json.loads(done.output.splitlines()[-1])["refused"]
    assert loaded / refused == landed
    landed.unlink()
    done = faults.run(ingest_inbox, tmp_path / "printed", BANGDAN_HOME=str(loaded), BANGDAN_THREADS="1")
    assert done.code == 0, done.output
    assert faults.tree(loaded / "raw", loaded / "landing") == before

"""Which exports a purge takes, in homes of a few rows: by their months, else by when they came; bytes that another holds stay."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangdan.core.errors import UsageError
from bangdan.core.months import SHANGHAI, Month
from bangdan.core.settings import Settings
from bangdan.ingestion import landing, loading, purge, raw
from bangdan.pipeline import intake

HEAD = "id,bid,正文,点赞数,评论数,转发数,完整日期\n"
AUGUST = Month.parse("2021-08")


def post(number: int, at: str) -> str:
    return f"100000000000000{number},,正文,3,1,0,{at}\n"


class Home:
    """A data home, with exports landed and loaded as they are named."""

    def __init__(self, base: Path) -> None:
        self.base, self.settings = base, Settings(base / "home", 1, "1GB")

    def put(self, name: str, text: str, received: str) -> str:
        """The export's id, after landing and loading it."""
        (entry,) = self.land(name, text, received)
        loading.ensure_layout(self.settings)
        loading.prepare_privacy(self.settings)
        raw.load_export(entry, self.settings)
        return entry.export_id

    def land(self, name: str, text: str, received: str) -> list[landing.LandedExport]:
        file = self.base / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return landing.land([file], self.settings, datetime.fromisoformat(received).replace(tzinfo=SHANGHAI))

    def purge(self, before: Month = AUGUST, **options: Any) -> dict[str, Any]:
        return intake.purge(self.settings, before, **options).to_json()

    def names(self) -> set[str]:
        """Names under which exports came, of those that stand."""
        return {landed_export.source_file for landed_export in landing.landed_exports(self.settings)}

    def manifests(self) -> dict[str, dict[str, Any]]:
        files = (self.settings.raw / "export_manifest").glob("[0-9a-f]*.parquet")
        return {file.stem: pq.read_table(file, partitioning=None).to_pylist()[0] for file in files}

    def files(self) -> set[str]:
        return {p.relative_to(self.settings.home).as_posix() for p in self.settings.home.rglob("*") if p.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("text", "received", "goes"),
    [
        (HEAD + post(1, "2021-07-31 23:59:59"), "2021-09-10", True),
        (HEAD + post(1, "2021-08-01 00:00:00"), "2021-09-10", False),
        (HEAD + post(1, "2021-06-01") + post(2, "2021-07-01"), "2021-09-10", True),
        (HEAD + post(1, "2021-07-01") + post(2, "2021-08-01"), "2021-09-10", False),  # one month of it is to stay
        (HEAD + post(1, "2021-07-01") + post(2, ""), "2021-09-10", True),  # a row without a time is of no month
        (HEAD + post(1, ""), "2021-07-31 23:59:59", True),
        (HEAD + post(1, ""), "2021-08-01 00:00:00", False),
        (HEAD, "2021-07-31 23:59:59", True),
        ("no table at all", "2021-07-31 23:59:59", True),
        ("no table at all", "2021-08-01 00:00:00", False),
        ("unit_id,unit_name,unit_type,ranking_list\n1,甲,district,\n", "2021-01-01", False),  # registries stay
    ],
)
def test_an_export_goes_when_all_its_months_are_before_else_when_it_came_before(
    home: Home, text: str, received: str, goes: bool
) -> None:
    home.put("演示/5200100000.csv", text, received)
    before = home.files()
    listed = home.purge(dry_run=True)
    assert home.files() - {"warehouse/.lock"} == before
    report = home.purge()
    assert report["exports"] == listed["exports"] == (1 if goes else 0)
    assert (home.names() == set()) is goes
    assert (set(report["files"]) == before - home.files()) is True
    bytes_left = [path for path in home.settings.landing.iterdir() if path.is_file()]
    assert (bytes_left == []) is goes


def test_what_goes_and_what_stays_of_an_export(home: Home) -> None:
    export_id = home.put(
        "甄实名/5200100000.csv", HEAD + post(1, "2021-07-02") + post(2, "x") + post(3, "2021-06-02"), "2021-09-10"
    )
    (old,) = home.manifests().values()
    report = home.purge()
    sha256 = old["export_sha256"]
    assert report == {
        "before": "2021-08", "dry_run": False, "exports": 1, "months": ["2021-06", "2021-07"], "without_history": ["2021-08", "2021-09", "2021-10"],
        "files": sorted([
            f"landing/{sha256}.csv", f"landing/deliveries/{sha256[:2]}/{export_id}.json", f"raw/rejects/{old['load_key']}.parquet",
            *(f"raw/records/month=2021-0{n}/{old['load_key']}.parquet" for n in (6, 7)),
        ]),
    }  # fmt: skip
    (new,) = home.manifests().values()
    assert new == {**old, "source_file": sha256, "path_key": "", "files": "{}"}
    mark = json.loads((home.settings.landing / "purged" / f"{export_id}.json").read_text("utf-8"))
    assert mark == {
        "export_id": export_id, "export_sha256": sha256, "months": ["2021-06", "2021-07"], "accepted": 2, "status": "partial",
    }  # fmt: skip
    assert home.purge()["exports"] == 0


def test_the_same_bytes_under_two_names_go_together_when_both_are_to_go(home: Home) -> None:
    text = HEAD + post(1, "2021-07-02")
    for name in ("甲/5200100000.csv", "乙/5200100001.csv"):
        home.put(name, text, "2021-09-10")
    assert home.purge()["exports"] == 2
    assert home.names() == set()
    assert [path for path in home.settings.landing.iterdir() if path.is_file()] == []
    assert {row["source_file"] for row in home.manifests().values()} == {purge.hashes(home.settings).pop()}


def test_bytes_that_an_export_of_august_still_has_stay_and_only_the_name_of_july_goes(home: Home) -> None:
    """Rows without times: the same bytes came under one name in July, under another in August."""
    text = HEAD + post(1, "")
    july = home.put("甲/5200100000.csv", text, "2021-07-10")
    august = home.put("乙/5200100001.csv", text, "2021-08-10")
    before = home.manifests()
    report = home.purge()
    assert report["exports"] == 1
    assert home.names() == {"乙/5200100001.csv"}
    assert home.manifests()[august] == before[august]
    (bytes_,) = [path for path in home.settings.landing.iterdir() if path.is_file()]
    # Nothing loads the purged one again; under its old name it is refused, and the bytes stay for the other.
    assert intake.load(home.settings).rows_read == 0
    (again,) = home.land("甲/5200100000.csv", text, "2021-08-20")
    assert (again.export_id, again.problem) == (july, "PURGED")
    (other,) = home.land("乙/5200100001.csv", text, "2021-08-20")
    assert (other.export_id, other.problem) == (august, None)
    assert bytes_.read_text("utf-8") == text
    assert home.manifests()[july]["source_file"] == bytes_.name[:64]
    # In its own time the other goes too, and the bytes with it.
    home.purge(AUGUST + 1)
    assert not bytes_.exists()
    (again,) = home.land("乙/5200100001.csv", text, "2021-08-20")
    assert again.problem == "PURGED"
    assert not bytes_.exists()


def test_purged_bytes_are_refused_under_any_name(home: Home) -> None:
    home.put("甲/5200100000.csv", HEAD + post(1, "2021-07-02"), "2021-09-10")
    home.purge()
    (again,) = home.land("丙/5200100009.csv", HEAD + post(1, "2021-07-02"), "2021-09-10")
    assert again.problem == "PURGED"
    assert home.names() == set()


def test_rows_of_an_earlier_parse_go_with_the_bytes_and_those_of_others_stay(home: Home) -> None:
    home.put("甲/5200100000.csv", HEAD + post(1, "2021-07-02"), "2021-09-10")
    home.put("乙/5200100001.csv", HEAD + post(2, "2021-07-03") + post(3, "2021-08-03"), "2021-09-10")
    july = home.settings.raw / "records" / "month=2021-07"
    by_account = {
        pq.read_table(file, partitioning=None)["account_key"][0].as_py(): file for file in july.glob("*.parquet")
    }
    orphans = {}
    for account, file in by_account.items():
        orphans[account] = july / f"{'0' * 63}{account[-1]}.parquet"
        orphans[account].write_bytes(file.read_bytes())
    home.purge()
    assert not orphans["5200100000"].exists()
    assert orphans["5200100001"].exists()


def test_purged_months_are_known_their_history_too_and_a_range_that_holds_one_is_refused(home: Home) -> None:
    home.put("甲/5200100000.csv", HEAD + post(1, "2021-07-02") + post(2, ""), "2021-09-10")
    home.purge()
    assert purge.months(home.settings) == {"2021-07"}
    month = Month.parse
    lacking = {
        str(entry): purge.history_of(home.settings, entry)
        for entry in map(month, ("2021-07", "2021-08", "2021-10", "2021-11"))
    }
    assert lacking == {"2021-07": [], "2021-08": ["2021-07"], "2021-10": ["2021-07"], "2021-11": []}
    for first, last in (("2021-07", "2021-07"), ("2021-06", "2021-07"), ("2021-07", "2021-09")):
        with pytest.raises(UsageError, match="2021-07: exports have been purged"):
            purge.refuse(home.settings, month(first), month(last))
    purge.refuse(home.settings, month("2021-08"), month("2021-12"))
    purge.refuse(home.settings, month("2021-01"), month("2021-06"))

"""Attacks through what is landed: a run that names a folder of its own choice, large files, notes from outside."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from bangdan.bridge import inboxes
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion import landing
from bangdan.ingestion.columns import values
from bangdan.operations import overview
from tests.support import loading
from tests.support.attacks import attack


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose runs may name a folder and a prefix besides the inbox; a secret beside all of them."""
    for name in ("home/inbox/weekly", "exports/2021", "exports-private", "secret"):
        (tmp_path / name).mkdir(parents=True)
    return Settings(tmp_path / "home", 1, "1GB", inboxes=f"{tmp_path}/exports, s3://city/exports")


@attack("a run in Airflow that names a folder of the machine as its inbox", "folders that the settings permit")
@pytest.mark.parametrize(
    "source",
    ["/", "/etc", "{tmp}", "{tmp}/secret", "{tmp}/exports-private", "{tmp}/exports/../secret", "{tmp}/home", "..", "{tmp}/exports/out", "{tmp}/exports\0/x"],
)  # fmt: skip
def test_a_run_lands_no_folder_that_is_not_permitted(settings: Settings, tmp_path: Path, source: str) -> None:
    (tmp_path / "exports" / "out").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="is not one that a run may land"):
        inboxes.permitted(settings, source.format(tmp=tmp_path))


@attack("a run in Airflow that names another store, or a prefix beside its own", "prefixes that the settings permit")
@pytest.mark.parametrize(
    "source", ["s3://other/exports", "s3://city", "s3://city/exports-private", "s3://city/exports/../secret", "s3://city.other/exports"]
)  # fmt: skip
def test_a_run_lands_no_store_that_is_not_permitted(settings: Settings, source: str) -> None:
    with pytest.raises(UsageError, match="is not one that a run may land"):
        inboxes.permitted(settings, source)


@pytest.mark.parametrize(
    "source", ["{tmp}/exports", "{tmp}/exports/2021", "{tmp}/home/inbox/weekly", "{tmp}/exports/./2021/"]
)
def test_a_run_lands_what_is_below_a_permitted_folder(settings: Settings, tmp_path: Path, source: str) -> None:
    assert inboxes.permitted(settings, source.format(tmp=tmp_path)) == Path(source.format(tmp=tmp_path))
    assert inboxes.permitted(settings, None) == settings.inbox
    assert inboxes.permitted(settings, "s3://city/exports/2021/") == "s3://city/exports/2021"


@attack("an address of the page of months with a NUL, or too long for a file", "such an address names no file: 404")
@pytest.mark.parametrize("path", ["\0", "2021-08/\0/index.html", 300 * "x", 5000 * "x/"])
def test_an_address_that_no_file_can_have_is_not_found(settings: Settings, path: str) -> None:
    assert overview.served(settings, "releases", path) is None


@attack("a file of any size put into the inbox", "a limit on the size of a file; the others of the delivery load")
def test_a_file_over_the_limit_is_refused_and_its_bytes_are_not_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "MAX_FILE", 1_000)
    monkeypatch.setattr(landing, "BEGINNING", 100)
    loading.put(tmp_path / "in" / "large.csv", "a,b\n" * 1_000)
    loading.put(tmp_path / "in" / "large.zip", b"PK" + bytes(2_000))
    loading.put(tmp_path / "in" / "small.csv", "a,b\n1,2\n")
    reports = {report.file: report for report in loading.load(tmp_path / "home", tmp_path / "in")}
    assert {name: list(report.reasons) for name, report in reports.items()} == {
        "large.csv": ["FILE_LARGE"], "large.zip": ["FILE_LARGE"], "small.csv": ["HDR_UNKNOWN"],
    }  # fmt: skip
    assert max(path.stat().st_size for path in (tmp_path / "home" / "landing").glob("*.*")) == 100


@attack(
    "a delivery note above the delivery, which makes exports synthetic or old",
    "only notes of the delivery's own folders count",
)
def test_a_note_above_the_delivery_is_not_read(tmp_path: Path) -> None:
    loading.put(tmp_path / "_delivery.json", '{"received_at": "2010-01-01T00:00:00+08:00", "synthetic": true}')
    file = loading.put(tmp_path / "in" / "a.csv", "a,b\n1,2\n")
    settings = loading.settings(tmp_path / "home")
    for root in (file, tmp_path / "in"):
        [export] = landing.land([root], settings)
        assert (export.is_synthetic, export.received_at.year > 2010) == (False, True)


@attack("a name with a suffix so long that no file can bear it", "a suffix is landed where it is plain and short")
def test_a_long_suffix_does_not_end_a_delivery(tmp_path: Path) -> None:
    file = tmp_path / "in" / "a.zip"
    file.parent.mkdir()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("b." + "x" * 300, "a,b\n1,2\n")
        archive.writestr("c.csv", "a,b\n1,3\n")
    landed = landing.land([file], loading.settings(tmp_path / "home"))
    assert sorted(export.path.suffix for export in landed) == [".bin", ".csv"]


@attack(
    "an export in JSON with two counts under one key, of which readers take different ones",
    "it is refused, a line of it rejected",
)
def test_two_counts_under_one_key_are_not_read(tmp_path: Path) -> None:
    row = '{"url": "https://a.example/1", "title": "t", "read": 1, "read": 20000000}'
    whole = loading.put(tmp_path / "in" / "whole.json", f"[{row}]")
    reports = loading.load(tmp_path / "home", whole)
    assert [list(report.reasons) for report in reports] == [["JSON_KEY_TWICE"]]


@attack("a thousand rows with 9,000,000,000,000,000 reads each, whose sum no table holds, so that no month is built", "COUNT_RANGE: a count has a limit, and sums of millions of rows are below what a column holds")  # fmt: skip
def test_a_count_that_no_item_can_have_is_rejected() -> None:
    assert values.parse_count("9000000000000000") == (None, "missing", "COUNT_RANGE")
    assert values.parse_count(str(values.MAX_COUNT)).number == values.MAX_COUNT
    assert values.MAX_COUNT * 9_000_000 < 2**63

"""What loads again and what does not: new deliveries, another key, another parser, damage; and what the manifest row says."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangdan.ingestion import built_in_mappings, contract, integrity, landing, raw
from bangdan.ingestion.file_report import ROW_COUNTS
from bangdan.ingestion.landing import LandedExport
from bangdan.ingestion.loading import ensure_layout, prepare_privacy
from bangdan.ingestion.readers import delimited
from bangdan.ingestion.reasons import REASONS
from bangdan.pipeline import intake
from tests.support import loading

SHANGHAI = timezone(timedelta(hours=8))
HEAD = "id,bid,正文,点赞数,评论数,转发数,完整日期\n"
GOOD = "4660000000000001,,今天开放接种点,3,1,0,2021-08-02 09:00:00\n"
VENDOR = "渠道类型,媒体名称,媒体ID,标题,正文,链接,发布时间\n微博,甲,5,标题,x,https://weibo.com/1,2021-08-02\n"


class Home:
    def __init__(self, base: Path) -> None:
        self.base, self.settings = base, loading.settings(base / "home")

    def land(self, name: str, data: str, received: str = "2021-09-10") -> LandedExport:
        at = datetime.fromisoformat(received).replace(tzinfo=SHANGHAI)
        (entry,) = landing.land([loading.put(self.base / "in" / name, data)], self.settings, at)
        return entry

    def load(self) -> dict[str, Any]:
        return intake.load(self.settings).to_json()

    def manifests(self) -> list[dict[str, Any]]:
        return loading.rows(self.settings.home, "export_manifest")

    def files(self) -> dict[str, bytes]:
        folder = self.settings.raw
        return {
            p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(folder.rglob("*.parquet"))
            if p.stem != "schema"
        }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


# ---- what waits --------------------------------------------------------------------------------------------------


def test_what_is_loaded_does_not_load_again(home: Home) -> None:
    home.land("甲/5200100000.csv", HEAD + GOOD)
    home.land("乙/5200100001.csv", "城市,人口\n1,2\n")
    home.land("v.csv", VENDOR)
    report = home.load()
    assert (report["exports"], report["already_loaded"], report["rows_read"], report["accepted"]) == (3, 0, 2, 2)
    assert [name.rpartition(".")[2] for name in report["refused"]] == ["csv"]
    before = home.files()
    report = home.load()
    assert (report["exports"], report["already_loaded"], report["rows_read"], report["refused"]) == (3, 3, 0, [])
    assert home.files() == before


def test_the_first_real_export_replaces_the_key_that_is_no_secret_and_everything_loads_under_the_new_one(
    home: Home,
) -> None:
    loading.put(home.base / "in" / "synthetic" / "_delivery.json", '{"synthetic": true}')
    home.land("synthetic/5200100000.csv", HEAD + GOOD)
    home.land("synthetic/v.csv", VENDOR)
    home.load()
    public = hashlib.sha256(b"bangdan: synthetic accounts").digest()
    assert {row["privacy_key"] for row in home.manifests()} == {fingerprint(public)}
    old = {row["account_pseudonym"] for row in loading.rows(home.settings.home)}
    home.land("真/5200100009.csv", HEAD + GOOD)
    report = home.load()
    assert (report["already_loaded"], report["accepted"]) == (0, 3)
    secret = bytes.fromhex((home.settings.home / "secrets/privacy.key").read_text("ascii"))
    assert secret != public
    assert {row["privacy_key"] for row in home.manifests()} == {fingerprint(secret)}
    keys = {row["load_key"] for row in home.manifests()}
    rows = [row for row in loading.rows(home.settings.home) if row["load_key"] in keys]
    assert len(rows) == 3
    assert not {row["account_pseudonym"] for row in rows} & old
    assert home.load()["already_loaded"] == 3


def fingerprint(secret: bytes) -> str:
    return hmac.new(secret, b"fingerprint", "sha256").hexdigest()[:12]


def test_another_version_of_a_connector_loads_its_exports_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade: the mapping that read the export is no longer among the built-in ones."""
    home.land("甲/5200100000.csv", HEAD + GOOD)
    home.land("v.csv", VENDOR)
    home.load()
    changed = tuple(
        entry.model_copy(update={"version": "2"}) if entry.name == "monitoring_vendor" else entry
        for entry in built_in_mappings.most_specific_first()
    )
    monkeypatch.setattr(built_in_mappings, "most_specific_first", lambda: changed)
    report = home.load()
    assert (report["already_loaded"], report["accepted"]) == (1, 1)
    assert sorted(row["connector_version"] for row in home.manifests()) == ["1", "2"]
    assert home.load()["already_loaded"] == 2


def test_another_version_of_the_parser_loads_every_export_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.land("甲/5200100000.csv", HEAD + GOOD)
    home.land("v.csv", VENDOR)
    home.land("x.csv", "城市,人口\n1,2\n")
    home.load()
    monkeypatch.setattr(raw, "PARSER_VERSION", "test")
    report = home.load()
    assert (report["already_loaded"], report["accepted"], len(report["refused"])) == (0, 2, 1)


def test_an_export_given_with_a_mapping_of_its_own_stays_as_it_was_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = home.land("x.csv", "城市,人口\n上海,2487\n")
    home.load()
    assert [row["status"] for row in home.manifests()] == ["refused"]
    own = loading.put(
        home.base / "own.yml",
        "name: own\ncolumns:\n  channel_type: {value: news_site}\n  title: 城市\n  published_at: {value: 2021-08-02 09:00}\n",
    )
    assert raw.load_export(entry, home.settings, mapping_file=own).accepted == 1
    (row,) = home.manifests()  # the refusal is gone
    assert (row["status"], row["connector"], row["export_id"]) == ("loaded", "own", entry.sha256)
    assert home.load()["already_loaded"] == 1
    own.unlink()
    monkeypatch.setattr(raw, "PARSER_VERSION", "test")
    again = home.load()  # by the mapping that was given, which is kept with the bytes
    assert (again["already_loaded"], again["accepted"], again["refused"]) == (0, 1, [])
    assert [(row["connector"], row["status"]) for row in home.manifests()] == [("own", "loaded")]


def test_a_connector_may_be_named(home: Home) -> None:
    entry = home.land(
        "x.csv",
        "title,text,publish_date,url,hostname,date,fingerprint\nt,x,2021-08-02,https://a.example/1,a.example,2021-08-02,f\n",
    )
    prepare_privacy(home.settings)
    assert raw.load_export(entry, home.settings).connector == "trafilatura_jsonl"
    assert raw.load_export(entry, home.settings, connector="newspaper4k_jsonl").connector == "newspaper4k_jsonl"
    assert raw.load_export(entry, home.settings).connector == "newspaper4k_jsonl"  # it is kept with the bytes


# ---- the same bytes ----------------------------------------------------------------------------------------------


def test_the_same_bytes_are_one_export_where_the_path_means_nothing(home: Home) -> None:
    home.land("b/v.csv", VENDOR, "2021-09-10")
    home.land("a/v.csv", VENDOR, "2021-09-11")
    report = home.load()
    assert (report["rows_read"], report["accepted"], report["duplicate"]) == (2, 1, 1)
    (row,) = home.manifests()
    assert (row["source_file"], row["accepted"], row["duplicate"]) == ("b/v.csv", 1, 0)
    assert row["export_id"] == row["export_sha256"]


def test_the_same_bytes_are_two_exports_where_the_path_names_the_account(home: Home) -> None:
    home.land("甲/5200100000.csv", HEAD + GOOD)
    home.land("甲/5200100001.csv", HEAD + GOOD)
    assert home.load()["accepted"] == 2
    rows = home.manifests()
    assert {row["path_key"] for row in rows} == {"甲/5200100000", "甲/5200100001"}
    assert len({row["export_id"] for row in rows}) == len({row["load_key"] for row in rows}) == 2


def test_an_earlier_delivery_that_comes_later_gives_the_export_its_time(home: Home) -> None:
    home.land("b/v.csv", VENDOR, "2021-09-10")
    home.load()
    rows = home.files()
    home.land("a/v.csv", VENDOR, "2021-09-01")
    assert home.load()["already_loaded"] == 1
    (row,) = home.manifests()
    assert row["received_at"] == datetime(2021, 9, 1, tzinfo=SHANGHAI)
    assert {name for name in home.files() if name.startswith("records")} == {
        name for name in rows if name.startswith("records")
    }
    assert home.load()["already_loaded"] == 2


# ---- the manifest row --------------------------------------------------------------------------------------------


def test_a_manifest_row_says_all_of_its_export(home: Home) -> None:
    loading.put(home.base / "in" / "synthetic-甲" / "_delivery.json", '{"synthetic": true}')
    entry = home.land(
        "synthetic-甲/5200100000.csv", HEAD + GOOD + GOOD.replace("0001,", "0002,").replace(",3,", ",-3,")
    )
    home.load()
    (row,) = home.manifests()
    named = built_in_mappings.named("weibo_crawler_csv")
    files = json.loads(row["files"])
    assert {key: row[key] for key in row if key not in ("load_key", "files", "privacy_key")} == {
        "export_id": entry.export_id, "export_sha256": entry.sha256, "source_file": "synthetic-甲/5200100000.csv", "path_key": "synthetic-甲/5200100000",
        "connector": "weibo_crawler_csv", "connector_version": "1", "mapping_sha256": named.sha256, "table_name": "records", "status": "partial",
        "is_synthetic": True, "received_at": datetime(2021, 9, 10, tzinfo=SHANGHAI), "encoding": "utf-8", "replaced_chars": 0, "dialect": "delimiter=','",
        "header_fingerprint": hashlib.sha256("\x1f".join(HEAD.strip().split(",")).encode()).hexdigest()[:16],
        "rows_read": 2, "accepted": 1, "rejected": 1, "duplicate": 0, "reasons": '{"COUNT_NA": 1, "COUNT_NEGATIVE": 1}',
        "metric_sums": json.dumps({metric: {"like": 3, "comment": 1}.get(metric, 0) for metric in sorted(contract.METRICS)}),
        "months": ["2021-08"],
    }  # fmt: skip
    assert set(files) == {f"records/month=2021-08/{row['load_key']}.parquet", f"rejects/{row['load_key']}.parquet"}
    for name, sha256 in files.items():
        assert hashlib.sha256((home.settings.raw / name).read_bytes()).hexdigest() == sha256
    (record,) = loading.rows(home.settings.home)
    assert (record["load_key"], record["export_sha256"], record["source_file"], record["connector"], record["connector_version"]) == (
        row["load_key"], entry.sha256, entry.source_file, "weibo_crawler_csv", "1",
    )  # fmt: skip


def test_the_row_of_a_refused_export_says_why_and_names_no_table(home: Home) -> None:
    entry = home.land("x.csv", "城市,人口\n1,2\n")
    home.load()
    (row,) = home.manifests()
    assert (row["export_id"], row["status"], row["reasons"], row["files"]) == (
        entry.export_id,
        "refused",
        '{"HDR_UNKNOWN": 1}',
        "{}",
    )
    for name in ("connector", "table_name", "mapping_sha256", "privacy_key", "encoding", "connector_version"):
        assert row[name] is None, name
    assert [row[key] for key in ROW_COUNTS] == [0, 0, 0, 0]


def test_a_registry_goes_into_one_file_of_its_table_and_has_no_months(home: Home) -> None:
    home.land("u.csv", "unit_id,unit_name,unit_type,ranking_list\n1,甲,district,districts\n")
    home.load()
    (row,) = home.manifests()
    assert (row["table_name"], row["months"], row["metric_sums"]) == ("units", [], "{}")
    assert list(json.loads(row["files"])) == [f"units/{row['load_key']}.parquet"]


def test_twenty_rejects_are_shown_and_all_are_kept(home: Home) -> None:
    entry = home.land(
        "甲/5200100000.csv",
        HEAD + "".join(GOOD.replace("0001,", f"{i:04d},").replace(",3,", ",x,") for i in range(1, 25)) + GOOD,
    )
    prepare_privacy(home.settings)
    for _ in range(2):  # the second time told from the manifest row
        report = raw.load_export(entry, home.settings)
        assert [reject.row for reject in report.rejects] == list(range(1, 21))
        assert report.to_json()["rejects"][0] == {
            "row": 1, "code": "COUNT_INVALID", "column": "like_count", "value": "x",
            "remedy": REASONS["COUNT_INVALID"].remedy,
        }  # fmt: skip
        assert (report.status, report.rejected) == ("partial", 24)
    assert len(loading.rows(home.settings.home, "rejects")) == 24


def test_every_table_has_an_empty_file_of_its_shape_and_one_that_is_there_stays(home: Home) -> None:
    ensure_layout(home.settings)
    for name, schema in contract.SCHEMAS.items():
        file = home.settings.raw / name / ("month=0000-00" if name == "records" else "") / "schema.parquet"
        table = pq.read_table(file, partitioning=None)
        assert (len(table), table.schema.names) == (0, schema.names)
        file.write_bytes(b"x")
    ensure_layout(home.settings)
    assert file.read_bytes() == b"x"


# ---- damage ------------------------------------------------------------------------------------------------------


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


@pytest.mark.parametrize("harm", [changed, Path.unlink], ids=["damaged", "missing"])
@pytest.mark.parametrize("kind", ["records", "rejects"])
def test_an_export_whose_files_are_not_what_was_loaded_loads_again(
    home: Home, harm: Callable[[Path], None], kind: str
) -> None:
    home.land("甲/5200100000.csv", HEAD + GOOD + GOOD.replace(",3,", ",x,"))
    home.land("v.csv", VENDOR)
    home.load()
    before = home.files()
    key = next(row["load_key"] for row in home.manifests() if row["connector"] == "weibo_crawler_csv")
    (file,) = (home.settings.raw / kind).rglob(f"{key}.parquet")
    harm(file)
    report = home.load()
    word = "damaged" if harm is changed else "missing"
    assert report["damaged"] == [f"{file.relative_to(home.settings.raw).as_posix()} is {word}"]
    assert report["already_loaded"] == 1
    assert home.files() == before
    assert home.load()["damaged"] == []


def test_a_damaged_manifest_row_is_made_again(home: Home) -> None:
    home.land("v.csv", VENDOR)
    home.load()
    before = home.files()
    (file,) = (home.settings.raw / "export_manifest").glob("[0-9a-f]*.parquet")
    file.write_bytes(b"PAR1 no")
    assert home.load()["damaged"] == [f"export_manifest/{file.name} is damaged"]
    assert home.files() == before


def test_damage_is_looked_for_among_the_wanted_exports_only(home: Home) -> None:
    entry, other = home.land("v.csv", VENDOR), home.land("甲/5200100000.csv", HEAD + GOOD)
    home.load()
    for file in (home.settings.raw / "records").rglob("*.parquet"):
        file.unlink()
    assert len(intake.load(home.settings, [other.export_id]).damaged) == 1
    assert len(integrity.forget_damaged(home.settings, {entry.sha256})) == 1
    assert integrity.forget_damaged(home.settings) == []


def test_without_the_landed_bytes_what_stands_stays_and_only_wrong_bytes_are_told(home: Home) -> None:
    entry = home.land("甲/5200100000.csv", HEAD + GOOD + GOOD.replace(",3,", ",x,"))
    home.load()
    entry.path.unlink()
    (rejects,) = (home.settings.raw / "rejects").glob("[0-9a-f]*.parquet")
    rejects.unlink()
    assert integrity.forget_damaged(home.settings) == []
    (records,) = (home.settings.raw / "records").glob("month=2*/*.parquet")
    changed(records)
    assert [result.rpartition(" ")[2] for result in integrity.forget_damaged(home.settings)] == ["damaged"]
    assert len(home.manifests()) == 1


# ---- rows read = accepted + rejected + duplicate -------------------------------------------------------------------

BAD = {
    "csv": GOOD.replace("0001,", "0002,").replace(",3,", ",x,"),
    "wide": GOOD.replace("\n", ",x\n").replace("0001,", "0003,"),
}
NEWS = {"host": "a.example", "title": "t", "content": "x", "publish_time": "2021-08-02", "url": "https://a.example/1"}
LINES = [NEWS, NEWS, {**NEWS, "url": "https://a.example/2", "publish_time": "2021-13-01"}]


def sheet(file: Path) -> None:
    import xlsxwriter

    file.parent.mkdir(parents=True)
    book = xlsxwriter.Workbook(str(file))
    page = book.add_worksheet()
    for at, row in enumerate([list(NEWS), *(list(line.values()) for line in LINES)]):
        page.write_row(at, 0, row)
    book.close()


FEED_ITEM = "<item><guid>{}</guid><title>t</title><pubDate>Mon, 02 Aug {} 01:30:15 GMT</pubDate></item>"
FEED = f"<rss version='2.0'><channel><link>https://a.example/</link>{FEED_ITEM.format(1, 2021) * 2}{FEED_ITEM.format(2, 2031)}</channel></rss>"
READERS: dict[str, tuple[str, str | Callable[[Path], None], tuple[int, int, int, int]]] = {
    "csv": ("甲/5200100000.csv", HEAD + GOOD * 2 + BAD["csv"] + BAD["wide"], (4, 1, 2, 1)),
    "json": ("a.json", json.dumps([*LINES, 7]), (4, 1, 2, 1)),
    "jsonl": ("a.jsonl", loading.lines(LINES) + "oops\n", (4, 1, 2, 1)),
    "xlsx": ("a.xlsx", sheet, (3, 1, 1, 1)),
    "xml": ("a.xml", FEED, (3, 1, 1, 1)),
}


@pytest.mark.parametrize("fast_from", [0, 10**9], ids=["fast", "tolerant"])
@pytest.mark.parametrize("reader", READERS)
def test_every_row_that_is_read_is_accepted_rejected_or_a_duplicate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, fast_from: int
) -> None:
    monkeypatch.setattr(delimited, "FAST_BYTES", fast_from)
    name, data, wanted = READERS[reader]
    file = tmp_path / "in" / name
    data(file) if callable(data) else loading.put(file, data)
    (report,) = loading.load(tmp_path / "home", file)
    assert (report.rows_read, report.accepted, report.rejected, report.duplicate) == wanted
    stored = loading.rows(tmp_path / "home", "records", "source_row") + loading.rows(
        tmp_path / "home", "rejects", "source_row"
    )
    assert len(stored) == len(set(stored)) == report.accepted + report.rejected
    assert set(stored) < set(range(1, report.rows_read + 1))

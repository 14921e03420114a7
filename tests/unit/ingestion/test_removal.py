"""A wrong delivery can be taken out again, whole and with a record; what did not load is listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bangdan.cli import cli
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.ingestion import landing, raw, rejected, removal
from bangdan.operations import review
from bangdan.operations.forget import forget
from bangdan.pipeline import intake
from tests.support import loading

HEAD = "id,bid,正文,点赞数,评论数,转发数,完整日期\n"
AUGUST = Month.parse("2021-08")


def post(number: int, likes: str = "3", at: str = "2021-08-02 09:00:00") -> str:
    return f"466000000000000{number},,正文,{likes},1,0,{at}\n"


def home(tmp_path: Path) -> Path:
    """A home with two exports, one of them with a rejected row, and one that is refused."""
    loading.put(tmp_path / "in" / "演示" / "5200100000.csv", HEAD + post(1) + post(2, likes="x"))
    loading.put(tmp_path / "in" / "演示" / "5200100001.csv", HEAD + post(3))
    loading.put(tmp_path / "in" / "网页.csv", "<html>log in</html>")
    loading.load(tmp_path / "home", tmp_path / "in")
    return tmp_path / "home"


def everything(folder: Path) -> dict[str, bytes]:
    """Every file but the record of what was forgotten and the writer's lock."""
    kept = (file for file in folder.rglob("*") if file.is_file() and file.parent.name not in ("forgotten", "warehouse"))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in kept}


def release(folder: Path, *hashes: str) -> None:
    manifest = {"files": {}, "inputs": [{"export_sha256": sha256} for sha256 in hashes]}
    loading.put(folder / "releases" / "2021-08" / "r1" / "manifest.json", json.dumps(manifest))


def sha256_of(folder: Path, name: str) -> str:
    exports = landing.landed_exports(loading.settings(folder))
    return next(export.sha256 for export in exports if export.source_file == name)


def test_what_is_forgotten_leaves_a_home_as_if_it_had_never_come(tmp_path: Path) -> None:
    folder = home(tmp_path)
    complete = everything(folder)
    wrong = loading.put(
        tmp_path / "wrong" / "演示" / "5200100002.csv", HEAD + post(4, at="2021-07-02") + post(5) + post(6, "x")
    )
    mapping = loading.put(tmp_path / "own.yml", "name: own\ncolumns:\n  channel_type: {value: weibo}\n  record_id: id\n  published_at: 完整日期\n  like_count: 点赞数\n")  # fmt: skip
    loading.load(folder, wrong)
    loading.load(folder, wrong, mapping=mapping)  # parsed twice: the first rows are of no manifest row
    assert len(everything(folder)) > len(complete) + 4
    result = forget(loading.settings(folder), str(wrong), reason="of another city")
    assert everything(folder) == complete
    assert (result.paths, result.releases) == (["演示/5200100002.csv"], [])
    # The bytes, their note and mapping, the manifest row; July, August and rejects, by either mapping.
    assert len(result.files) == 4 + 2 * 3


@pytest.mark.parametrize("name", ["演示/5200100000.csv", "5200100000.csv", "hash", "start of the hash", "file"])
def test_an_export_is_named_by_file_path_or_hash(tmp_path: Path, name: str) -> None:
    folder = home(tmp_path)
    sha256 = sha256_of(folder, "演示/5200100000.csv")
    names = {"hash": sha256, "start of the hash": sha256[:8], "file": str(tmp_path / "in/演示/5200100000.csv")}
    assert removal.find(names.get(name, name), loading.settings(folder)) == (sha256, ["演示/5200100000.csv"])


def test_a_name_of_none_or_of_several_is_wrong_usage(tmp_path: Path) -> None:
    folder = home(tmp_path)
    loading.load(folder, loading.put(tmp_path / "other" / "x" / "演示" / "5200100000.csv", HEAD + post(7)))
    for name in ("nothing.csv", "abcdef0123", "00100000.csv", "a" * 7):
        with pytest.raises(UsageError, match="no export is called"):
            removal.find(name, loading.settings(folder))
    with pytest.raises(UsageError, match=r"2 exports are called(?s:.)*SHA-256"):
        removal.find("演示/5200100000.csv", loading.settings(folder))


def test_a_refused_export_can_be_forgotten(tmp_path: Path) -> None:
    folder = home(tmp_path)
    forget(loading.settings(folder), "网页.csv")
    assert rejected.refused_exports(loading.settings(folder)) == []


def test_an_export_of_a_release_stays_unless_it_is_forced_with_a_reason(tmp_path: Path) -> None:
    folder = home(tmp_path)
    settings = loading.settings(folder)
    release(folder, "0" * 64, sha256_of(folder, "演示/5200100000.csv"))
    complete = everything(folder)
    with pytest.raises(BangdanError, match="2021-08 r1 was made from it"):
        forget(settings, "演示/5200100000.csv", reason="wrong")
    with pytest.raises(UsageError, match="--force needs a reason"):
        forget(settings, "演示/5200100000.csv", force=True, reason=" ")
    assert everything(folder) == complete
    forget(settings, "演示/5200100001.csv")  # no release was made from that one
    assert forget(settings, "演示/5200100000.csv", force=True, reason="wrong").releases == ["2021-08 r1"]
    assert loading.rows(folder) == []


def test_every_removal_is_written_down(tmp_path: Path) -> None:
    folder = home(tmp_path)
    sha256 = sha256_of(folder, "演示/5200100000.csv")
    for reason in ("first", None):
        forget(loading.settings(folder), sha256, reason=reason)
        loading.load(folder, tmp_path / "in" / "演示")
    record = json.loads((folder / "landing" / "forgotten" / f"{sha256}.json").read_text("utf-8"))
    assert [(entry["paths"], entry["reason"], entry["releases"]) for entry in record] == [
        (["演示/5200100000.csv"], "first", []), (["5200100000.csv"], None, []),
    ]  # fmt: skip
    assert all(entry["at"].endswith("+08:00") for entry in record)


@pytest.mark.parametrize("nth", range(1, 7))
def test_a_removal_that_broke_off_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    folder = home(tmp_path)
    settings = loading.settings(folder)
    sha256 = sha256_of(folder, "演示/5200100000.csv")
    whole, left = Path.unlink, iter([False] * (nth - 1) + [True])

    def failing(path: Path, missing_ok: bool = False) -> None:
        if path.name.startswith(sha256) and next(left, False):
            raise OSError(5, "Input/output error")
        whole(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", failing)
        try:
            forget(settings, sha256)
        except OSError:
            forget(settings, sha256)
    assert [name for name in everything(folder) if sha256 in name] == []
    assert [row["source_file"] for row in loading.rows(folder)] == ["演示/5200100001.csv"]


# ---- what did not load -------------------------------------------------------------------------------------------


def test_refused_exports_are_listed_with_reason_and_remedy(tmp_path: Path) -> None:
    (export,) = rejected.refused_exports(loading.settings(home(tmp_path)))
    assert (export.file, export.code) == ("网页.csv", "FILE_NOT_TABULAR")
    assert export.remedy == "log in to the tool and export again"


def test_rejected_rows_of_a_month_are_listed(tmp_path: Path) -> None:
    folder = home(tmp_path)
    settings = loading.settings(folder)
    loading.load(
        folder, loading.put(tmp_path / "in2" / "甲" / "5200100005.csv", HEAD + post(1, "y") + post(8, at="2021-06-02"))
    )
    assert [(row["source_file"], row["source_row"], row["reason_code"]) for row in rejected.rejected_rows(settings, AUGUST)] == [
        ("演示/5200100000.csv", 2, "COUNT_INVALID"),
    ]  # fmt: skip
    listed: dict[str, Any] = review.lists(settings, AUGUST, "rejects")["lists"]["rejects"]
    assert (listed["count"], listed["rows"][0]["value_raw"], listed["rows"][0]["column_name"]) == (1, "x", "like_count")


def test_rejected_rows_of_a_month_without_exports_are_an_error_and_not_none(tmp_path: Path) -> None:
    settings = loading.settings(home(tmp_path))
    with pytest.raises(BangdanError, match="no export that has been loaded holds rows of 2031-01"):
        review.lists(settings, Month.parse("2031-01"), "rejects")


def test_the_commands_show_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home(tmp_path)
    monkeypatch.setenv("BANGDAN_HOME", str(folder))

    def output_of(*words: str) -> str:
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    assert (
        "refused: 网页.csv: FILE_NOT_TABULAR: no table: a web page or text; log in to the tool and export again"
        in output_of("status")
    )
    assert json.loads(output_of("status", "--json"))["refused"][0]["file"] == "网页.csv"
    assert "COUNT_INVALID" in output_of("review", "--month", "2021-08", "--list", "rejects")
    assert "网页.csv: forgotten, 3 file(s) removed" in output_of("forget", "网页.csv")
    assert json.loads(output_of("forget", "5200100001.csv", "--json"))["paths"] == ["演示/5200100001.csv"]
    assert "refused" not in output_of("status")


def test_a_mapping_that_was_given_is_kept_until_the_bytes_go(tmp_path: Path) -> None:
    folder = home(tmp_path)
    settings = loading.settings(folder)
    file = loading.put(tmp_path / "x" / "t.csv", "甲,乙\n标题,2021-08-02\n")
    mapping = loading.put(tmp_path / "own.yml", "name: own\nrecognise: [甲]\ncolumns:\n  channel_type: {value: news_site}\n  title: 甲\n  published_at: 乙\n")  # fmt: skip
    assert loading.load(folder, file)[0].reasons == {"HDR_UNKNOWN": 1}
    assert loading.load(folder, file, mapping=mapping)[0].connector == "own"
    mapping.unlink()
    (export,) = [export for export in landing.landed_exports(settings) if export.source_file == "x/t.csv"]
    assert raw.load_export(export, settings).connector == "own"
    forget(settings, "x/t.csv")
    assert loading.load(folder, file)[0].reasons == {"HDR_UNKNOWN": 1}


def test_a_mapping_that_does_not_fit_is_refused_by_the_absent_header_and_not_kept(tmp_path: Path) -> None:
    file = loading.put(tmp_path / "in" / "news.csv", "title,url,date\na,https://a.example/1,2021-08-02\n")
    mapping = loading.put(tmp_path / "own.yml", "name: own\nrecognise: [title, 公众号, 阅读]\ncolumns:\n  channel_type: {value: wechat}\n  title: title\n  published_at: date\n")  # fmt: skip
    (report,) = loading.load(tmp_path / "home", file, mapping=mapping)
    assert report.reasons == {"HDR_MISSING": 1}
    assert "(own needs 公众号, 阅读)" in (report.message or "")
    lines = loading.put(tmp_path / "in" / "news.jsonl", '{"title": "a", "date": "2021-08-02"}\n')
    (report,) = loading.load(tmp_path / "home", lines, mapping=mapping)
    assert report.reasons == {"HDR_MISSING": 1}
    assert not (tmp_path / "home" / "landing" / "mappings").exists()


def test_progress_names_the_file_for_who_has_named_it_and_its_hash_elsewhere(tmp_path: Path) -> None:
    """A path may hold the name of a person: what a schedule logs holds none."""
    loading.put(tmp_path / "in" / "演示" / "5200100000.csv", HEAD + post(1) + post(2, likes="x"))
    settings = loading.settings(tmp_path / "home")
    lines: list[str] = []
    intake.ingest(settings, [tmp_path / "in"], received_at=loading.RECEIVED, progress=lines.append)
    assert lines == ["  1/1 exports, 演示/5200100000.csv: 1 of 2 rows rejected"]
    lines.clear()
    sha256 = sha256_of(tmp_path / "home", "演示/5200100000.csv")
    next((tmp_path / "home" / "raw" / "export_manifest").glob(f"{sha256}*")).unlink()
    intake.load(settings, progress=lines.append)
    assert lines == [f"  1/1 exports, landing/{sha256}: 1 of 2 rows rejected"]

"""A user's own mapping: twenty lines read a table nobody has seen, mistakes name their line, a proposal loads its file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bangdan.core.errors import BangdanError, ExportRefused
from bangdan.ingestion import mapping, suggest
from tests.support import loading, sample_exports

OWN = """
name: my_monitor
recognise: [媒体, 题]
path: {account_name_raw: parent}
columns:
  channel_type: {from: [渠道], values: {客户端: news_app, 网站: news_site}}
  account_key_type: {value: name}
  account_name_raw: 媒体
  title: [题, 副题]
  url: 链接
  published_at: {from: [发布], formats: ["%d/%m/%Y %H:%M"], zone: Asia/Tokyo, relative_to: 采集}
  observed_at: 采集
  is_original: {unlike: {题: '^转载'}}
  read_count: {from: [阅读(万)], factor: 10000, zero: missing}
  like_count: {from: [赞], missing: [未采], floors: {"999": 1000}}
"""
HEADER = ["渠道", "媒体", "题", "副题", "链接", "发布", "采集", "阅读(万)", "赞", "页码"]
ROWS = [
    [
        "客户端",
        "甲报",
        "标题一",
        "",
        "https://a.example/1",
        "02/08/2021 10:00",
        "2021-08-09 00:00:00",
        "1.5",
        "999",
        "3",
    ],
    ["网站", "", "", "只有副题", "https://a.example/2", "5分钟前", "2021-08-09 00:00:00", "0", "未采", ""],
    ["报纸", "甲报", "转载：标题三", "", "https://a.example/3", "02/08/2021 10:00", "", "1", "1", ""],
]


def test_a_format_that_only_a_mapping_describes_loads(tmp_path: Path) -> None:
    own = loading.put(tmp_path / "own.yml", OWN)
    file = loading.put(tmp_path / "in" / "乙站" / "x.tsv", loading.table(HEADER, ROWS, "\t"))
    (report,) = loading.load(tmp_path / "home", file, mapping=own)
    assert (report.status, report.connector, report.accepted) == ("partial", "my_monitor", 2)
    assert [(reject.row, reject.code, reject.column) for reject in report.rejects] == [
        (3, "VALUE_UNKNOWN", "channel_type")
    ]
    first, second = loading.rows(tmp_path / "home")
    assert (first["channel_type"], first["title"], first["account_key"]) == ("news_app", "标题一", "甲报")
    assert first["published_at"] == datetime(2021, 8, 2, 1, tzinfo=UTC)
    assert (first["read_count"], first["read_count_qualifier"]) == (15_000, "rounded")
    assert (first["like_count"], first["like_count_qualifier"], first["is_original"]) == (1000, "floor", True)
    assert first["extra"] is None
    # Blank cells: the second title, the folder's name, the moment of capture.
    assert (second["title"], second["account_key"], second["account_key_type"]) == ("只有副题", "乙站", "name")
    assert second["published_at"] == datetime(2021, 8, 8, 15, 55, tzinfo=UTC)
    assert (second["read_count"], second["read_count_qualifier"], second["like_count"]) == (None, "missing", None)


def test_nested_json_is_read_by_paths(tmp_path: Path) -> None:
    own = loading.put(
        tmp_path / "own.yml",
        "name: nested\nitems: data.list\ncolumns:\n  channel_type: {value: news_site}\n  title: article.title\n  url: article.link\n  published_at: {from: [article.ts], epoch: ms}\n",
    )
    result = {
        "data": {
            "list": [
                {"article": {"title": "甲", "link": "https://a.example/1", "ts": 1627867815000}},
                {"article": "none"},
                7,
            ]
        }
    }
    (report,) = loading.load(
        tmp_path / "home", loading.put(tmp_path / "in" / "a.json", json.dumps(result)), mapping=own
    )
    assert (report.accepted, report.reasons) == (1, {"ID_MISSING": 1})
    assert loading.rows(tmp_path / "home", "records", "published_at") == [datetime(2021, 8, 2, 1, 30, 15, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "line", "output"),
    [
        ("name: a\ncolumns:\n  titel: 标题\n", 3, "did you mean title?"),
        ("name: a\ncolumns:\n  title: 标题\n  read_count: {from: [x], zero: maybe}\n", 4, "zero_suspect"),
        ("name: a\ncolumns:\n  title: 标题\n  url:\n    from: [x]\n    patern: y\n", 6, "Extra inputs"),
        ("name: a\ncolumns:\n  url: {from: [x], pattern: 'a('}\n", 3, "no regular expression"),
        ("name: a\ncolumns:\n  url: {from: [x], pattern: 'a'}\n", 3, "group"),
        ("name: a\ncolumns:\n  published_at: {from: [x], zone: Mars}\n", 3, "IANA"),
        ("name: Ä\ncolumns:\n  title: x\n", 1, "name"),
        ("name: a\ncolumns:\n  title: x\n  title: y\n", 4, "title is there twice"),
        ("name: a\ncolumns:\n  title: {from: [x}\n", 3, "YAML"),
        ("name: a\n", 1, "needs columns"),
        ("name: a\ncolumns:\n  title: x\n", 2, "needs published_at"),
        ("name: a\nexpand: rows\ncolumns:\n  title: x\n", 2, "no such step; one of: "),
        ("name: a\ncolumns:\n  title: {}\n", 3, "needs one of"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line(tmp_path: Path, text: str, line: int, output: str) -> None:
    with pytest.raises(BangdanError) as result:
        mapping.read_mapping(loading.put(tmp_path / "own.yml", text))
    assert f"own.yml, line {line}" in result.value.message
    assert output in result.value.message
    assert result.value.remedy


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "name: a\ncolumns:\n  title: {from: [x], patern: y}\n  url: {from: [x], zone: Mars}\n"
    with pytest.raises(BangdanError, match=r"(?s)line 3.*line 4"):
        mapping.read_mapping(loading.put(tmp_path / "own.yml", text))


TABLES = {
    "vendor.csv": loading.table(["媒体名称", "标题", "链接", "发布时间", "阅读量"], [["甲报", f"标题{i}", f"https://a.example/{i}", "2021-08-02 09:00", "1.2万"] for i in range(3)]),
    "relative.csv": loading.table(["公众号", "标题", "文章链接", "时间"], [["甲", f"标题{i}", f"https://mp.weixin.qq.com/s/{i}", "5分钟前"] for i in range(3)]),
    "no-year.tsv": loading.table(["账号", "内容", "日期"], [["甲", f"内容{i}", "08-02"] for i in range(3)], "\t"),
    "odd names.csv": loading.table(['"标题":', "- 正文", "{链接}", "#发布时间", "[媒体]"], [[f"标题{i}", "正文很长", f"https://a.example/{i}", "2021-08-02", "甲报"] for i in range(3)]),
    "nested.json": json.dumps({"code": 0, "data": {"rows": [{"t": {"title": f"标题{i}"}, "publish": "2021-08-02 09:00:00", "url": f"https://a.example/{i}"} for i in range(3)]}}, ensure_ascii=False),
    "lines.jsonl": loading.lines({"headline": f"标题{i}", "title": f"标题{i}", "created_at": 1627867815 + i, "link": f"https://weibo.com/5200100000/{i}"} for i in range(3)),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_proposal_loads_the_file_it_came_from(tmp_path: Path, name: str) -> None:
    file = loading.put(tmp_path / "in" / name, TABLES[name])
    text = suggest.propose_mapping(file)
    (report,) = loading.load(tmp_path / "home", file, mapping=loading.put(tmp_path / "own.yml", text))
    assert report.status == "loaded", text
    assert report.accepted >= 2
    assert f"{report.accepted} load" in text
    result = mapping.read_mapping(tmp_path / "own.yml")
    assert set(result.recognise) <= set(_names(file))


def _names(file: Path) -> list[str]:
    from bangdan.ingestion.readers import delimited, documents

    if file.suffix in (".csv", ".tsv"):
        return delimited.read(file).header
    return sorted(documents.paths(documents.sample(file, file.suffix[1:])[0]))


def test_a_proposal_knows_the_channel_from_what_proves_it(tmp_path: Path) -> None:
    wechat = suggest.propose_mapping(loading.put(tmp_path / "relative.csv", TABLES["relative.csv"]))
    assert "channel_type: {value: wechat}" in wechat
    assert "relative_to: received_at" in wechat
    sample_exports.weibo_search(21)(tmp_path / "weibo.csv")
    weibo = suggest.propose_mapping(tmp_path / "weibo.csv")
    assert "channel_type: {value: weibo}" in weibo
    assert "account_key_type: {value: weibo_uid}" in weibo


def test_nothing_is_proposed_where_there_are_no_names(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="HDR_MISSING"):
        suggest.propose_mapping(loading.put(tmp_path / "a.csv", "4660000000000001,正文,3\n4660000000000002,正文,4\n"))

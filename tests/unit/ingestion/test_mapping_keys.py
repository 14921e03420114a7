"""Every key that a mapping may have (docs/exports.md), by a file whose values show what it does."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from bangdan.core.errors import BangdanError, ExportRefused
from bangdan.ingestion import built_in_mappings, contract, mapping, recognise
from bangdan.ingestion.connectors import EXPANSIONS
from bangdan.ingestion.reasons import REASONS, refusal
from tests.support import loading
from tests.support.homes import PROJECT, bangdan

PAGE = PROJECT / "docs" / "exports.md"
RUNBOOK = PROJECT / "docs" / "runbooks" / "unlisted-tool.md"


def column(tmp_path: Path, name: str, spec: str, *cells: str, more: str = "", **others: str) -> list[Any]:
    """Values of one canonical column, for cells of the column `x`; `others` are columns with one value each."""
    head = ["x", "id", *others]
    body = [[cell, str(i), *others.values()] for i, cell in enumerate(cells)]
    text = f"name: own\n{more}columns:\n  channel_type: {{value: news_site}}\n  record_id: id\n  {name}: {spec}\n"
    if name != "published_at":
        text += "  published_at: {value: '2021-08-02'}\n"
    file = loading.put(tmp_path / "in" / "a.csv", loading.table(head, body))
    (report,) = loading.load(tmp_path / "home", file, mapping=loading.put(tmp_path / "own.yml", text))
    column.report = report  # type: ignore[attr-defined]
    return loading.rows(tmp_path / "home", "records", name)


def report() -> Any:
    return column.report  # type: ignore[attr-defined]


def test_from_takes_the_first_of_its_sources_that_is_filled(tmp_path: Path) -> None:
    assert column(tmp_path, "title", "[y, x]", "a", "", y="") == ["a", None]
    assert column(tmp_path / "2", "title", "[y, x]", "a", y="b") == ["b"]
    assert column(tmp_path / "3", "title", "[nowhere, x]", "a") == ["a"]
    assert column(tmp_path / "4", "title", "{from: [x]}", "a") == ["a"]
    assert column(tmp_path / "5", "title", "nowhere", "a") == [None]
    assert column(tmp_path / "6", "title", "{from: x}", "a") == ["a"]


def test_value_is_a_constant(tmp_path: Path) -> None:
    assert column(tmp_path, "title", "{value: 甲}", "a", "") == ["甲", "甲"]


def test_pattern_takes_its_groups_joined_and_nothing_where_it_does_not_match(tmp_path: Path) -> None:
    spec = r"{from: [x], pattern: 'a=(\d+)(?:b=(\d+))?'}"
    assert column(tmp_path, "title", spec, "xa=1b=2", "a=3", "b=2", "") == ["1_2", "3_", None, None]


def test_prefix_stands_before_what_is_there(tmp_path: Path) -> None:
    assert column(tmp_path, "title", "{from: [x], prefix: 'p:'}", "1", "") == ["p:1", None]


def test_values_maps_and_others_are_rejected_but_not_blanks(tmp_path: Path) -> None:
    assert column(tmp_path, "title", "{from: [x], values: {甲: A}}", "甲", " 甲 ", "乙", "") == ["A", "A", None]
    assert [(reject.row, reject.code, reject.value) for reject in report().rejects] == [(3, "VALUE_UNKNOWN", "乙")]


def test_a_time_one_day_after_receipt_is_accepted_and_a_microsecond_later_rejected(tmp_path: Path) -> None:
    """The export was received on 10 September at 6."""
    spec = "{from: [x], formats: ['%Y-%m-%d %H:%M:%S.%f']}"
    (at,) = column(tmp_path, "published_at", spec, "2021-09-11 06:00:00.000000", "2021-09-11 06:00:00.000001")
    assert at.isoformat() == "2021-09-10T22:00:00+00:00"
    assert [(reject.row, reject.code) for reject in report().rejects] == [(2, "DATE_FUTURE")]


def test_values_of_a_flag_may_swap_its_meaning(tmp_path: Path) -> None:
    spec = "{from: [x], values: {'true': 'no', 'false': 'yes', 原: 是}}"
    assert column(tmp_path, "is_original", spec, "true", "False", "原", "other", "1") == [False, True, True, None, None]


@pytest.mark.parametrize(
    ("spec", "cell", "at", "precision"),
    [
        ("{from: [x], formats: ['%d/%m/%Y']}", "02/08/2021", "2021-08-01T16:00:00+00:00", "day"),
        ("{from: [x], zone: Asia/Tokyo}", "2021-08-02 10:30:15", "2021-08-02T01:30:15+00:00", "second"),
        ("{from: [x], zone: '-05:30'}", "2021-08-02 10:30:15", "2021-08-02T16:00:15+00:00", "second"),
        ("{from: [x], zone: '+09:00'}", "2021-08-02 10:30", "2021-08-02T01:30:00+00:00", "minute"),
        ("{from: [x], zone: Asia/Shanghai}", "2021-08-02 10:30", "2021-08-02T02:30:00+00:00", "minute"),
        ("x", "2021-08-02 10:30", "2021-08-02T02:30:00+00:00", "minute"),
        ("{from: [x], year: 2019}", "8月2日", "2019-08-01T16:00:00+00:00", "day"),
        ("{from: [x], epoch: s}", "1627867815", "2021-08-02T01:30:15+00:00", "second"),
        ("{from: [x], epoch: ms}", "1627867815000", "2021-08-02T01:30:15+00:00", "second"),
        ("{from: [x], relative_to: y}", "5分钟前", "2021-08-08T15:55:00+00:00", "minute"),
        ("{from: [x], relative_to: y}", "8月10日", "2020-08-09T16:00:00+00:00", "day"),
        # received on 10 September 2021 at 6:00
        ("{from: [x], relative_to: received_at}", "5分钟前", "2021-09-09T21:55:00+00:00", "minute"),
        ("{from: [x], relative_to: received_at}", "8月10日", "2021-08-09T16:00:00+00:00", "day"),
    ],
)  # fmt: skip
def test_how_a_time_is_read(tmp_path: Path, spec: str, cell: str, at: str, precision: str) -> None:
    assert column(tmp_path, "published_at", spec, cell, y="2021-08-09 00:00:00") == [datetime.fromisoformat(at)]
    assert loading.rows(tmp_path / "home", "records", "published_precision") == [precision]


def test_a_declared_unit_of_numbers_is_no_surprise_and_a_guessed_one_is_told(tmp_path: Path) -> None:
    column(tmp_path, "published_at", "{from: [x], epoch: s}", "1627867815")
    assert report().reasons == {}
    column(tmp_path / "2", "published_at", "x", "1627867815", " 44410 ", "20210802")
    assert report().reasons == {"DATE_EPOCH": 1, "DATE_SERIAL": 1}


@pytest.mark.parametrize(
    ("spec", "cells", "result"),
    [
        ("{from: [x], factor: 10000}", ["1.5", "2"], [(15_000, "rounded"), (20_000, "rounded")]),
        ("{from: [x], floors: {'999': 1000}}", ["999", "998"], [(1_000, "floor"), (998, "exact")]),
        ("{from: [x], missing: [未采]}", ["未采", "1"], [(None, "missing"), (1, "exact")]),
        ("{from: [x], zero: missing}", ["0", "1"], [(None, "missing"), (1, "exact")]),
        ("{from: [x], zero: zero_suspect}", ["0", "1"], [(0, "zero_suspect"), (1, "exact")]),
        ("{from: [x], zero: exact}", ["0", "1"], [(0, "exact"), (1, "exact")]),
        ("x", ["0"], [(0, "exact")]),
    ],
)
def test_how_a_count_is_read(tmp_path: Path, spec: str, cells: list[str], result: list) -> None:
    column(tmp_path, "read_count", spec, *cells)
    assert loading.rows(tmp_path / "home", "records", "read_count", "read_count_qualifier") == result


def test_all_equal_is_true_where_every_column_has_its_value_and_unknown_where_one_is_not_there(tmp_path: Path) -> None:
    spec = "{all_equal: {x: '1', y: '2'}}"
    assert column(tmp_path, "is_original", spec, "1", "0", "", y="2") == [True, False, False]
    assert column(tmp_path / "2", "is_original", spec, "1", y="3") == [False]
    assert column(tmp_path / "3", "is_original", spec, "1") == [None]
    assert loading.rows(tmp_path / "home", "records", "original_evidence") == ["flag"] * 3


def test_is_blank_is_true_where_every_column_that_is_there_is_blank(tmp_path: Path) -> None:
    spec = "{is_blank: [x, y]}"
    assert column(tmp_path, "is_original", spec, "1", "", " ", y="") == [False, True, True]
    assert column(tmp_path / "2", "is_original", spec, "", y="1") == [False]
    assert column(tmp_path / "3", "is_original", spec, "") == [True]
    assert column(tmp_path / "4", "is_original", "{is_blank: [y], from: [x]}", "") == [None]
    assert loading.rows(tmp_path / "home", "records", "original_evidence") == ["retweet_link"] * 3


def test_unlike_is_true_where_no_column_that_is_there_matches(tmp_path: Path) -> None:
    spec = "{unlike: {x: '^转载', y: '^转'}}"
    assert column(tmp_path, "is_original", spec, "转载：a", "a转载", "", y="b") == [False, True, True]
    assert column(tmp_path / "2", "is_original", spec, "a", y="转") == [False]
    assert column(tmp_path / "3", "is_original", spec, "a") == [True]
    assert column(tmp_path / "4", "is_original", "{unlike: {y: a}, from: [x]}", "") == [None]
    assert loading.rows(tmp_path / "home", "records", "original_evidence") == ["text_pattern"] * 3


def test_a_list_is_cut_at_its_separator_which_is_a_bar_where_none_is_given(tmp_path: Path) -> None:
    assert column(tmp_path, "topics", "{from: [x], separator: ';'}", "a; b|c ;", "") == [["a", "b|c"], []]
    assert column(tmp_path / "2", "topics", "x", "a|b;c") == [["a", "b;c"]]


# ---- of the file -------------------------------------------------------------------------------------------------


def test_columns_that_are_known_or_kept_are_no_surprise_and_only_kept_ones_are_stored(tmp_path: Path) -> None:
    more = "known: [k]\nkeep: [kept]\n"
    column(tmp_path, "title", "x", "a", more=more, k="1", kept="2")
    assert report().reasons == {}
    assert loading.rows(tmp_path / "home", "records", "extra") == ['{"kept": "2"}']
    column(tmp_path / "2", "title", "x", "a", more=more, k="1", kept="2", new="3")
    assert report().reasons == {"HDR_DRIFT": 1}
    assert loading.rows(tmp_path / "2" / "home", "records", "extra") == ['{"kept": "2"}']
    column(tmp_path / "3", "title", "x", "a", new="3")  # without `known` nothing is a surprise
    assert report().reasons == {}


def test_items_is_the_path_of_the_records_in_a_document(tmp_path: Path) -> None:
    own = loading.put(tmp_path / "own.yml", "name: own\nitems: a.b\ncolumns:\n  channel_type: {value: news_site}\n  title: t.x\n  published_at: {value: '2021-08-02'}\n")  # fmt: skip
    values = [{"a": {"b": [{"t": {"x": "1"}}, {"t": {"x": "2"}}]}}, {"a": {"b": []}}, {"a": {"b": [{"t": {"x": "3"}}]}}]
    (result,) = loading.load(tmp_path / "home", loading.put(tmp_path / "a.json", json.dumps(values)), mapping=own)
    assert result.rows_read == 3
    assert loading.rows(tmp_path / "home", "records", "title", "source_row") == [("1", 1), ("2", 2), ("3", 3)]


def test_a_line_that_is_no_document_is_a_rejected_row_among_the_records_of_the_others(tmp_path: Path) -> None:
    own = loading.put(
        tmp_path / "own.yml",
        "name: own\nitems: a\ncolumns:\n  channel_type: {value: news_site}\n  title: x\n  published_at: {value: '2021-08-02'}\n",
    )
    text = loading.lines([{"a": [{"x": "1"}, {"x": "2"}]}]) + "oops\n" + loading.lines([{"a": [{"x": "3"}]}])
    (result,) = loading.load(tmp_path / "home", loading.put(tmp_path / "a.jsonl", text), mapping=own)
    assert (result.rows_read, result.accepted, result.reasons) == (4, 3, {"JSON_BAD_LINE": 1})
    assert loading.rows(tmp_path / "home", "records", "title", "source_row") == [("1", 1), ("2", 2), ("3", 4)]


def test_a_mapping_that_none_of_the_columns_fits_reads_nothing(tmp_path: Path) -> None:
    own = loading.put(tmp_path / "own.yml", "name: own\ncolumns:\n  title: 标题\n  published_at: 发布\n")
    (result,) = loading.load(tmp_path / "home", loading.put(tmp_path / "a.csv", "甲,乙\n1,2\n"), mapping=own)
    assert result.reasons == {"HDR_UNKNOWN": 1}


def test_a_column_that_stands_twice_is_refused_only_where_it_is_read(tmp_path: Path) -> None:
    own = mapping.Mapping.model_validate({"name": "own", "columns": {"title": "标题", "published_at": "发布"}})
    with pytest.raises(ExportRefused, match="HDR_DUPLICATE"):
        recognise.check_header(["标题", "标题"], own)
    recognise.check_header(["标题", "甲", "甲"], own)


def test_recognise_unless_and_exact_choose_among_built_in_mappings(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        mapping.Mapping.model_validate({"columns": {"title": "x", "published_at": "t"}, **result})
        for result in (
            {"name": "a", "recognise": ["x", "y"], "unless": ["z"]},
            {"name": "b", "recognise": ["x"], "exact": True},
            {"name": "c", "recognise": ["x"]},
            {"name": "d", "refuse": "not that", "recognise": ["q"]},
            {"name": "e"},
        )
    ]
    monkeypatch.setattr(built_in_mappings, "most_specific_first", lambda: tuple(made))
    assert [recognise.by_names(names).name for names in (["x", "y"], ["x", "y", "z"], ["x"], ["x", "w"])] == [
        "a",
        "c",
        "b",
        "c",
    ]
    assert recognise.by_names(["x", "y", "Z"]).name == "c"  # also in capitals: else its values would be lost
    with pytest.raises(ExportRefused, match="not that"):
        recognise.by_names(["q", "w"])


def test_built_in_mappings_stand_most_specific_first_then_by_name() -> None:
    order = [(-len(entry.recognise), entry.name) for entry in built_in_mappings.most_specific_first()]
    assert order == sorted(order)
    assert len({name for _, name in order}) == len(order)


def test_a_mapping_that_nobody_has_is_told_with_the_names_there_are() -> None:
    with pytest.raises(BangdanError, match="nope") as result:
        built_in_mappings.named("nope")
    assert "weibo_search_csv" in (result.value.remedy or "")


def test_the_hash_of_a_mapping_changes_with_each_of_its_keys() -> None:
    at = {"published_at": {"from": ["t"]}}
    base = {"name": "own", "columns": {"title": {"from": ["x"]}, **at}}
    others = [
        {"version": "2"}, {"recognise": ["x"]}, {"unless": ["x"]}, {"exact": True}, {"known": ["k"]}, {"keep": ["k"]}, {"items": "a"},
        {"path": {"account_name_raw": "stem"}}, {"columns": {"title": {"from": ["y"]}, **at}}, {"columns": {"title": {"from": ["x"], "prefix": "p"}, **at}},
        {"columns": {"title": {"from": ["x"], "zero": "missing"}, **at}}, {"columns": {"url": {"from": ["x"]}, **at}},
    ]  # fmt: skip
    hashes = {mapping.Mapping.model_validate({**base, **other}).sha256 for other in [{}, *others]}
    assert len(hashes) == len(others) + 1
    assert mapping.Mapping.model_validate(base).sha256 in hashes


@pytest.mark.parametrize(
    ("path", "reads"), [({}, False), ({"account_key": "x+"}, True), ({"account_name_raw": "parent"}, True)]
)
def test_a_mapping_reads_the_path_where_a_rule_says_so(path: dict, reads: bool) -> None:
    made = mapping.Mapping.model_validate({"name": "own", "path": path, "columns": {"published_at": "x"}})
    assert made.reads_path is reads


@pytest.mark.parametrize(
    "result",
    [
        {"factor": 0}, {"year": 1989}, {"year": 2101}, {"epoch": "us"}, {"zero": "maybe"}, {"zone": "+9"}, {"zone": "Nowhere/Else"}, {"zone": ""},
        {"unlike": {"x": "a("}}, {"pattern": "a("}, {"pattern": "abc"}, {"unknown": 1},
    ],
)  # fmt: skip
def test_a_key_of_a_column_that_is_wrong_is_refused(result: dict) -> None:
    with pytest.raises(ValueError, match="validation error"):
        mapping.ColumnRule.model_validate({"from": ["x"], **result})


@pytest.mark.parametrize(
    "result", [{"factor": 1}, {"year": 1990}, {"year": 2100}, {"pattern": "(a)"}, {"zone": "+00:00"}]
)
def test_a_key_of_a_column_at_its_bound_is_taken(result: dict) -> None:
    assert mapping.ColumnRule.model_validate({"from": ["x"], **result})


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"name": "Own"}, "pattern"), ({"name": "1a"}, "pattern"), ({"path": {"account_key": "a("}}, "no regular expression"),
        ({"path": {"account_name_raw": "folder"}}, "parent"), ({"table": "posts"}, "records"), ({"columns": {"load_key": "x"}}, "no such column"),
        ({"columns": {}}, "needs columns"), ({"expand": "rows"}, "one of: datacube_article_total, json_feed, weibo_crawler"),
        ({"columns": {"title": "x"}}, "needs published_at"), ({"table": "units"}, "no such column in units"), ({"columns": {"title": {"zone": "+08:00"}}}, "needs one of"),
    ],
)  # fmt: skip
def test_a_key_of_a_mapping_that_is_wrong_is_refused(result: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mapping.Mapping.model_validate({"name": "own", "columns": {"title": "x", "published_at": "t"}, **result})


def test_at_most_five_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "name: a\ncolumns:\n" + "".join(f"  {name}: {{from: [x], zone: Mars}}\n" for name in ("title", "text", "url", "record_id", "alt_id", "root_id"))  # fmt: skip
    with pytest.raises(BangdanError) as result:
        mapping.read_mapping(loading.put(tmp_path / "own.yml", text))
    assert [line.split(":")[0] for line in result.value.message.splitlines()] == [
        f"own.yml, line {n}" for n in range(3, 8)
    ]


def test_a_key_that_stands_twice_deep_in_the_file_is_told(tmp_path: Path) -> None:
    text = "name: a\ncolumns:\n  title:\n    from: [x]\n    from: [y]\n"
    with pytest.raises(BangdanError, match="line 5: from is there twice"):
        mapping.read_mapping(loading.put(tmp_path / "own.yml", text))


@pytest.mark.parametrize(
    ("columns", "is_enough"),
    [
        ({"title": "x", "published_at": "t"}, True), ({"title": "x", "published_at": {"value": "2021-08-02"}}, True),
        ({"title": "x"}, False), ({"title": "x", "observed_at": "t"}, False),
        ({"channel_type": {"value": "weibo"}, "record_id": "id"}, True),  # the id of a Weibo post holds its time
        ({"channel_type": {"value": "weibo"}, "title": "x"}, False), ({"channel_type": {"value": "wechat"}, "record_id": "id"}, False),
    ],
)  # fmt: skip
def test_a_mapping_of_records_gives_a_time(columns: dict, is_enough: bool) -> None:
    values = {"name": "own", "columns": columns}
    if is_enough:
        assert mapping.Mapping.model_validate(values)
    else:
        with pytest.raises(ValueError, match="needs published_at"):
            mapping.Mapping.model_validate(values)
    assert mapping.Mapping.model_validate({"name": "own", "table": "units", "columns": {"unit_id": "x"}})


# ---- the documentation -------------------------------------------------------------------------------------------


def keys_of_the_page() -> set[str]:
    """What the two tables of keys in docs/exports.md name."""
    page = PAGE.read_text("utf-8")
    result = set()
    for title in ("| of the file | means |", "| of a column | means |"):
        rows = page[page.index(title) :].split("\n\n")[0].splitlines()[2:]
        result |= {key for row in rows for key in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    return result


def test_the_documentation_names_every_key_and_no_other() -> None:
    fields = {*mapping.Mapping.model_fields, *mapping.ColumnRule.model_fields} - {
        "name",
        "version",
        "columns",
        "sources",
    }
    assert keys_of_the_page() == fields | {"from"}


def words_of(annotation: object) -> set[str]:
    """The words that a key may have, wherever they are in its type."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {word for part in get_args(annotation) for word in words_of(part)}


def test_the_documentation_names_every_word_that_a_key_may_have() -> None:
    models = (mapping.Mapping, mapping.ColumnRule)
    words = {word for model in models for field in model.model_fields.values() for word in words_of(field.annotation)}
    assert {"records", "zero_suspect", "ms"} < words
    page = PAGE.read_text("utf-8")
    table = page[page.index("| of the file | means |") : page.index("An error names every line")]
    assert {
        word for word in {*words, *mapping.PATH_PARTS, *EXPANSIONS, "received_at"} if f"`{word}`" not in table
    } == set()


def test_the_mapping_of_the_page_for_unlisted_tools_reads_what_it_says(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", RUNBOOK.read_text("utf-8"), re.DOTALL)
    post = {"mid": 4660000000000001, "user": {"id": 5200100000}, "text": "原文", "time": "2021-08-02 09:00:00"}
    content = [{**post, "reposts": [{**post, "mid": 4660000000000002, "text": "转"}]}]
    file = loading.put(tmp_path / "a.json", json.dumps(content))
    (report,) = loading.load(tmp_path / "home", file, mapping=loading.put(tmp_path / "own.yml", text))
    assert (report.status, report.accepted) == ("loaded", 2)
    assert loading.rows(tmp_path / "home", "records", "repost_of_id") == [None, "4660000000000001"]


def test_the_commands_of_the_page_for_unlisted_tools_load_a_file(tmp_path: Path) -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", RUNBOOK.read_text("utf-8"), re.DOTALL)
    suggest, ingest, run = [shlex.split(line) for line in block.splitlines()]
    rows = [["演示发布", f"标题{n}", f"https://a.example/{n}", "2021-08-02 09:00"] for n in range(3)]
    loading.put(tmp_path / suggest[3], loading.table(["媒体", "标题", "链接", "发布时间"], rows))
    with contextlib.chdir(tmp_path):
        proposal = bangdan(tmp_path / "home", *suggest[1:4])
        loading.put(tmp_path / suggest[5], proposal.stdout)
        bangdan(tmp_path / "home", *ingest[1:])
    assert loading.rows(tmp_path / "home", "records", "title") == ["标题0", "标题1", "标题2"]
    assert run == ["bangdan", "run", "--month", "2021-08"]


def test_the_example_of_the_documentation_is_a_mapping(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert mapping.read_mapping(loading.put(tmp_path / "own.yml", text)).name == "my_monitor"


def test_the_documentation_lists_every_mapping_that_loads() -> None:
    page = PAGE.read_text("utf-8")
    assert [
        entry.name
        for entry in built_in_mappings.most_specific_first()
        if not entry.refuse and f"`{entry.name}`" not in page
    ] == []


# ---- the contract ------------------------------------------------------------------------------------------------


def test_the_words_of_the_contract() -> None:
    assert contract.METRICS == ["read", "view", "like", "recommend", "comment", "share", "repost"]
    assert contract.QUALIFIERS == ["exact", "floor", "rounded", "missing", "zero_suspect"]
    assert contract.ACCOUNT_KEY_TYPES == ["weibo_uid", "wx_biz", "domain", "app_id", "uid", "name"]
    assert contract.PRECISIONS == ["second", "minute", "day"]
    assert contract.ORIGINAL_EVIDENCE == ["flag", "retweet_link", "text_pattern", "unknown"]


@pytest.mark.parametrize(
    ("table", "columns"),
    [("records", 55), ("units", 15), ("accounts", 17), ("channels", 17), ("rejects", 8), ("export_manifest", 25)],
)
def test_every_table_of_the_raw_layer_begins_with_its_lineage_and_has_utc_moments(table: str, columns: int) -> None:
    schema = contract.SCHEMAS[table]
    assert len(schema) == len(set(schema.names)) == columns
    if table not in ("rejects", "export_manifest"):
        assert schema.names[:7] == [
            "load_key", "connector", "connector_version", "export_sha256", "source_file", "source_row", "extra",
        ]  # fmt: skip
    for field in schema:
        if field.name in ("published_at", "observed_at", "received_at"):
            assert str(field.type) == "timestamp[us, tz=UTC]"
        if field.name.endswith("_count"):
            assert str(field.type) == "int64"


def test_a_refusal_is_worded_by_its_code() -> None:
    error = refusal("ARC_NESTED", "b.zip")
    meaning, remedy = REASONS["ARC_NESTED"]
    assert (error.reason_code, error.message, error.remedy) == ("ARC_NESTED", f"ARC_NESTED: {meaning} (b.zip)", remedy)
    assert refusal("ARC_NESTED").message == f"ARC_NESTED: {meaning}"


def test_the_names_of_counts_and_moments_are_those_of_the_contract() -> None:
    counts = {name for name, column in contract.COLUMNS["records"].items() if column.kind is contract.Kind.COUNT}
    assert {f"{metric}_count" for metric in contract.METRICS} == counts

"""The analysts' database of the small city: every release in it, the newest in force, earlier ones by name and moment."""

from __future__ import annotations

import csv
import datetime
import io
import json
import shutil
import sys
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import PROJECT, Settings
from bangdan.operations import sql_shell, table_export
from bangdan.publication import contract, manifest
from bangdan.publication.formats import database, metrics
from tests.support import small_city
from tests.support.small_city import TABLES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def eleven(small: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Eleven releases of August: the score of 310104's influence is 70 and, from r2 on, the release's number. Each knows
    a day more than the one before, r1 what was known on 10 September.
    """
    home = tmp_path_factory.mktemp("eleven") / "small"
    shutil.copytree(small.home, home, symlinks=True)
    settings = small_city.settings_of(home)
    first = settings.releases / "2021-08/r1"
    for number in range(2, 12):
        folder = first.with_name(f"r{number}")
        shutil.copytree(first / "tables", folder / "tables")
        for file in (folder / "tables").iterdir():
            table = pq.read_table(file)
            at = table.schema.get_field_index("release")
            table = table.set_column(at, "release", pa.array([folder.name] * len(table), pa.string()))
            if file.stem == "ranking":
                rows = table.to_pylist()
                for row in rows:
                    if (row["unit_id"], row["dimension"]) == ("310104", "influence"):
                        row["score"] = D(number)
                table = pa.Table.from_pylist(rows, schema=table.schema)
            pq.write_table(table, file)
        effect = {
            "units_changed": number, "against": f"r{number - 1}",
            "rows": [
                {
                    "ranking_list": "districts", "dimension": "influence", "unit_id": "310104", "unit_name": "徐汇区", "rank_before": 1,
                    "rank": 2, "score_before": "70.00", "score": f"{number}.00", "points": f"-{number}.5",
                }
            ],
        }  # fmt: skip
        recorded = small_city.manifest_of(settings) | {
            "release": folder.name, "reason": "R1", "note": f"第{number}版", "data_digest": f"{number:064d}", "effect": effect,
            "knowledge_cut_off": f"2021-09-{9 + number:02d}T06:00:00+08",
        }  # fmt: skip
        manifest.write(recorded, folder / "manifest.json")
    database.rebuild(settings)
    return settings


@pytest.fixture
def con(eleven: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = sql_shell.open_published(eleven)
    yield opened
    opened.close()


FIRST_OF_AUGUST = datetime.date(2021, 8, 1)
SCORE = "select score from {} where unit_id = '310104' and dimension = 'influence' and ranking_month = '2021-08'"


def test_a_view_holds_the_release_in_force_of_each_month(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select distinct ranking_month, release from ranking order by all").fetchall() == [
        ("2021-06", "r1"), ("2021-07", "r1"), ("2021-08", "r11"),
    ]  # fmt: skip
    assert con.execute(SCORE.format("ranking")).fetchall() == [(11,)]
    assert con.execute("select count(*) from history.ranking").fetchall() == [(4 + 6 + 11 * 12,)]


@pytest.mark.parametrize(
    ("moment", "score"),
    [
        ("'r1'", 70), ("'r2'", 2), ("'r10'", 10), ("'r11'", 11), ("'2021-09-30'", 11), ("'2021-09-19 06:00:00'", 10),
        ("'2021-09-19 05:59:59'", 9), ("timestamp '2021-09-11 06:00:00'", 2), ("date '2021-09-11'", 70), ("'2021-09-10 05:59:59'", None),
        ("'r12'", None), ("'nonsense'", None),
    ],
)  # fmt: skip
def test_an_earlier_release_is_reached_by_its_name_or_by_what_was_known(
    con: duckdb.DuckDBPyConnection, moment: str, score: int | None
) -> None:
    assert con.execute(SCORE.format(f"ranking_asof({moment})")).fetchall() == ([(score,)] if score else [])


def test_every_table_is_in_the_database_with_a_macro(con: duckdb.DuckDBPyConnection, eleven: Settings) -> None:
    for name in TABLES:
        file = eleven.releases / "2021-08/r11/tables" / f"{name}.parquet"
        rows = [tuple(row.values()) for row in pq.read_table(file).to_pylist()]
        columns = ", ".join(pq.read_schema(file).names)
        shown = con.execute(f"select {columns} from {name} where ranking_month = '2021-08'").fetchall()
        assert sorted(map(repr, shown)) == sorted(map(repr, rows)), name
        earlier = con.execute(
            f"select distinct release from {name}_asof('r10') where ranking_month = '2021-08'"
        ).fetchall()
        assert earlier == ([("r10",)] if rows else []), name


def test_the_tables_lie_in_their_order_in_the_history(con: duckdb.DuckDBPyConnection) -> None:
    ranks = con.execute(
        "select ranking_month, release, ranking_list, dimension, rank, unit_id from history.ranking where release = 'r1'"
    ).fetchall()
    assert ranks == sorted(ranks, key=lambda row: (*row[:4], row[4] is None, row[4], row[5]))
    assert con.execute("select release from history.monthly_summary").fetchall() == [
        ("r1",), ("r1",), *((name,) for name in sorted(f"r{n}" for n in range(1, 12))),
    ]  # fmt: skip


def test_releases_are_told_in_their_order_with_what_they_knew(con: duckdb.DuckDBPyConnection, eleven: Settings) -> None:
    rows = con.execute("select * from releases").fetchall()
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("2021-06", "r1", 1), ("2021-07", "r1", 1), *(("2021-08", f"r{n}", n) for n in range(1, 12)),
    ]  # fmt: skip
    moment = datetime.datetime(2021, 9, 11, 6)  # noqa: DTZ001 - Shanghai time by definition
    code = small_city.manifest_of(eleven)["code_version"]
    assert rows[3] == (
        "2021-08",
        FIRST_OF_AUGUST,
        "r2",
        2,
        "2021-01",
        moment,
        None,
        "R1",
        "第2版",
        2,
        f"{2:064d}",
        code,
        False,
    )
    assert rows[-1][-1] is True
    assert [row[-1] for row in rows] == [True, True, *[False] * 10, True]
    assert rows[2][6:10] == (None, None, None, None)


def test_restatements_are_the_releases_after_the_first(con: duckdb.DuckDBPyConnection) -> None:
    moment = datetime.datetime(2021, 9, 11, 6)  # noqa: DTZ001
    rows = con.execute("select * from restatements").fetchall()
    assert rows[0] == ("2021-08", FIRST_OF_AUGUST, "r2", "R1", "第2版", 2, "2021-01", moment)
    assert [row[2] for row in rows] == [f"r{n}" for n in range(2, 12)]


def test_restated_ranks_tell_before_after_and_points(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("select * from restated_ranks where release = 'r10'").fetchall()
    assert rows == [
        (
            "2021-08",
            FIRST_OF_AUGUST,
            "r10",
            "districts",
            "influence",
            "310104",
            "徐汇区",
            1,
            2,
            D(70),
            D(10),
            D("-10.5"),
        )
    ]
    assert con.execute("select count(*) from restated_ranks").fetchall() == [(10,)]


def test_the_database_says_what_it_is(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select releases, latest_month, method_version, is_synthetic, issuer_name, data_licence from about").fetchall() == [
        (13, "2021-08", "2021-01", False, "甲中心、乙中心", "CC-BY-4.0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("duckdb_views() where view_name = 'ranking'", "榜单：每行一个单位在一个榜单一个维度的名次 / Ranking: one row per unit, list and dimension"),
        ("duckdb_tables() where table_name = 'posts'", "稿件：每行一篇计入的稿件 / Posts: one row per counted post"),
        ("duckdb_columns() where schema_name = 'published' and table_name = 'ranking' and column_name = 'score'", "得分 / Score, two decimals"),
        ("duckdb_columns() where schema_name = 'history' and table_name = 'ranking' and column_name = 'dimension'", "维度 / Dimension: dissemination | influence; dissemination = 传播力; influence = 影响力"),
        ("duckdb_columns() where schema_name = 'published' and table_name = 'ranking' and column_name = 'ranking_list'", "榜单代码，名称见 ranking_lists / Ranking list: its code, named in ranking_lists"),
        ("duckdb_functions() where function_name = 'ranking_asof'", "榜单：每行一个单位在一个榜单一个维度的名次 / Ranking: one row per unit, list and dimension (r1, 2021-09-20)"),
        ("duckdb_views() where view_name = 'about'", "关于本库：一行 / About this database: one row"),
        ("duckdb_views() where view_name = 'restatements'", "更正：每行一次更正发布 / Restatements: one row per release that changed a month"),
    ],
)  # fmt: skip
def test_what_is_in_the_database_is_explained(con: duckdb.DuckDBPyConnection, where: str, message: str) -> None:
    assert con.execute(f"select distinct comment from {where}").fetchall() == [(message,)]


def test_columns_stand_in_the_order_of_the_release(con: duckdb.DuckDBPyConnection, eleven: Settings) -> None:
    for name in TABLES:
        columns = [row[0] for row in con.execute(f"describe {name}").fetchall()]
        added = ("month_starts_on", "best_rank", "worst_rank")
        released = pq.read_schema(eleven.releases / "2021-08/r1/tables" / f"{name}.parquet").names
        names = [column for column in columns if column in released or column not in (*added, "unit_name")]
        assert names == released, name
        assert columns[:3] == ["ranking_month", "month_starts_on", "release"], name


def test_without_releases_there_is_no_database(tmp_path: Path) -> None:
    settings = small_city.settings_of(tmp_path)
    database.rebuild(settings)
    assert not settings.published.exists()
    with pytest.raises(BangdanError, match="nothing has been published yet"):
        sql_shell.open_published(settings)


def test_a_database_that_could_not_be_made_leaves_the_one_before(own_small: Settings) -> None:
    before = own_small.published.read_bytes()
    (own_small.releases / "2021-08/r1/tables/ranking.parquet").write_bytes(b"damaged")
    with pytest.raises(duckdb.Error):
        database.rebuild(own_small)
    assert own_small.published.read_bytes() == before
    assert [path.name for path in own_small.published.parent.iterdir()] == ["bangdan.duckdb"]


# What plain DuckDB shows


@pytest.fixture
def plain(eleven: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file as any client opens it."""
    opened = small_city.published(eleven)
    yield opened
    opened.close()


def test_a_client_finds_every_view_and_macro_without_naming_a_schema(plain: duckdb.DuckDBPyConnection) -> None:
    for name in contract.tables():
        assert plain.execute(f"from {name}").fetchall() == plain.execute(f"from published.{name}").fetchall(), name
        if name not in (*database.LEDGER, *database.PERIODS):
            assert plain.execute(f"from {name}_asof('r1')").fetchall() != [] or name in (
                "rank_leverage",
                "leverage_decisions",
            ), name
    assert plain.execute(SCORE.format("ranking_asof('r10')")).fetchall() == [(10,)]
    comments = plain.execute(
        "select comment from duckdb_columns() where schema_name = 'main' and not internal"
        " union all select comment from duckdb_views() where schema_name = 'main' and not internal"
    ).fetchall()
    assert len(comments) > 200
    assert [text for (text,) in comments if not text or " / " not in text] == []


def test_units_are_named_wherever_their_ids_are(plain: duckdb.DuckDBPyConnection) -> None:
    columns = plain.execute(
        "select table_name, list(column_name) from duckdb_columns() where schema_name = 'published' group by all"
    ).fetchall()
    with_ids = {name: names for name, names in columns if "unit_id" in names}
    assert len(with_ids) > 12
    assert [name for name, names in with_ids.items() if "unit_name" not in names] == []
    assert plain.execute(
        "select distinct unit_name from posts where unit_id = '310104' and ranking_month = '2021-08'"
    ).fetchall() == [("徐汇区",)]


def test_a_name_is_that_of_the_release(tmp_path: Path) -> None:
    settings = small_city.build(tmp_path, "2021-07", "2021-08")
    small_city.publish(settings, small_city.JULY, follows=False)
    small_city.change(
        settings,
        "update published.rpt_ranking set unit_name = '南市区' where ranking_month = '2021-08' and unit_id = '310101'",
    )
    small_city.publish(settings)
    con = small_city.published(settings)
    assert con.execute("select ranking_month, unit_name from unit_activity where unit_id = '310101'").fetchall() == [
        ("2021-07", "黄浦区"), ("2021-08", "南市区"),
    ]  # fmt: skip
    con.close()


def test_months_are_dates_and_intervals_have_names_that_say_which_end(plain: duckdb.DuckDBPyConnection) -> None:
    assert plain.execute("select min(month_starts_on), max(month_starts_on) from monthly_summary").fetchall() == [
        (datetime.date(2021, 6, 1), FIRST_OF_AUGUST)
    ]
    assert plain.execute(
        "select count(*) from ranking where best_rank is distinct from rank_low or worst_rank is distinct from rank_high"
    ).fetchall() == [(0,)]


def test_units_and_accounts_are_listed_per_month(plain: duckdb.DuckDBPyConnection) -> None:
    assert plain.execute(
        "select unit_id, unit_name, ranking_list, is_ranked from units where ranking_month = '2021-08' order by unit_id"
    ).fetchall() == [
        ("310101", "黄浦区", "districts", True), ("310104", "徐汇区", "districts", True), ("310110", "杨浦区", "districts", True),
        ("d-jyw", "市教委", "departments", True), ("d-wjw", "市卫健委", "departments", True), ("p-zgh", "市总工会", "departments", False),
    ]  # fmt: skip
    assert plain.execute("select account_id, platform, unit_name from accounts where release = 'r11'").fetchall() == [
        ("wb-1", "weibo", "徐汇区"), ("wx-1", "wechat", "徐汇区"), ("wx-2", "wechat", "徐汇区"), ("wx-9", "wechat", "市卫健委"),
    ]  # fmt: skip


def test_what_a_figure_is_can_be_asked(plain: duckdb.DuckDBPyConnection) -> None:
    assert plain.execute(
        "select table_name, column_name, definition_en from metrics where metric = 'originality_rate'"
    ).fetchall() == [("monthly_summary", "originality_rate", "Originals ÷ posts, six decimals.")]
    known = {(table, column) for table, column, _ in database.columns_of(plain)}
    named = plain.execute("select table_name, column_name from metrics").fetchall()
    assert [name for name in named if name not in known] == []
    assert len(named) == len(metrics.defined())


def test_a_release_that_is_older_than_a_column_has_no_values_of_it(own_small: Settings) -> None:
    for file in own_small.releases.glob("*/r1/tables/ranking.parquet"):
        pq.write_table(pq.read_table(file).drop_columns(["previous_rank_low", "previous_rank_high"]), file)
    database.rebuild(own_small)
    con = small_city.published(own_small)
    assert con.execute("select distinct previous_rank_low from ranking").fetchall() == [(None,)]
    assert [name for name, *_ in con.execute("describe ranking").fetchall()] == [
        column.name for column in contract.database_columns("ranking")
    ]
    con.close()


# Tables as files


def test_tables_are_written_as_csv_of_all_months_or_of_one(eleven: Settings, tmp_path: Path) -> None:
    written = table_export.export(eleven, ["units", "ranking", "units"], tmp_path / "out")
    assert [(row.table, row.rows) for row in written] == [("units", 11), ("ranking", 4 + 6 + 12)]
    rows = list(csv.DictReader((tmp_path / "out/units.csv").open(encoding="utf-8-sig", newline="")))
    assert [row["unit_name"] for row in rows if row["ranking_month"] == "2021-07"] == ["黄浦区", "徐汇区", "杨浦区"]
    [july] = table_export.export(eleven, ["units"], tmp_path / "out", month=small_city.JULY)
    assert july.rows == 3
    assert len((tmp_path / "out/units.csv").read_text("utf-8-sig").splitlines()) == 4


def test_all_tables_are_written_as_parquet_with_their_comments(eleven: Settings, tmp_path: Path) -> None:
    written = table_export.export(eleven, ["all"], tmp_path, "parquet", small_city.AUGUST)
    assert [row.table for row in written] == list(contract.tables())
    schema = pq.read_schema(tmp_path / "units.parquet")
    assert schema.field("unit_id").metadata[b"description"].decode() == str(contract.labels()["unit_id"])
    assert pq.read_table(tmp_path / "about.parquet").num_rows == 1


@pytest.mark.parametrize(
    ("tables", "form", "month", "message"),
    [
        (["ranking", "rankings"], "csv", None, "there is no published table 'rankings'"),
        (["ranking"], "xls", None, "'xls' is no form of a file"),
        (["ranking"], "csv", small_city.AUGUST + 1, "2021-09 has no release"),
    ],
)
def test_what_cannot_be_written_is_an_error_before_anything_is(
    eleven: Settings, tmp_path: Path, tables: list[str], form: str, month: Month | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        table_export.export(eleven, tables, tmp_path / "out", form, month)
    assert not (tmp_path / "out").exists()


# The shell


def asked(settings: Settings, query: str | None, form: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = sql_shell.run(settings, query, form)
    heard = capsys.readouterr()
    return code, heard.out, heard.err


def test_csv_has_a_head_and_a_line_per_row(eleven: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    query = "select release, note from restatements limit 2"
    assert asked(eleven, query, "csv", capsys) == (0, "release,note\nr2,第2版\nr3,第3版\n", "")


def test_json_is_a_list_of_rows(eleven: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = asked(eleven, "select 1 as a, '二' as b, 1.50::decimal(4, 2) as c, null as d", "json", capsys)
    assert (code, json.loads(out)) == (0, [{"a": 1, "b": "二", "c": "1.50", "d": None}])
    assert '"二"' in out


def test_a_table_is_drawn_with_heads(eleven: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = asked(eleven, "select unit_name from ranking where unit_id = '310104' limit 1", "table", capfd)
    assert code == 0
    assert "unit_name" in out
    assert "徐汇区" in out


def test_the_tables_and_their_meaning_are_listed(eleven: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = asked(eleven, " .tables", "csv", capsys)
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "name,comment")
    assert [line.split(",")[0] for line in lines[1:]] == sorted(
        [*TABLES, *database.LEDGER, *database.PERIODS, "accounts", "units"]
    )


def test_the_columns_of_a_table_are_listed_in_their_order(eleven: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = asked(eleven, ".columns coverage", "csv", capsys)
    assert (code, out.splitlines()) == (
        0,
        [
            "column_name,data_type,comment", 'ranking_month,VARCHAR,"评比月份 / Ranking month, YYYY-MM, Asia/Shanghai"',
            'month_starts_on,DATE,"评比月份的第一天 / First day of the ranking month, a date"',
            'release,VARCHAR,"发布版次 / Release, r1, r2, …"', "channel_type,VARCHAR,渠道类型 / Channel type", "day,DATE,日期 / Day",
            "item_count,BIGINT,渠道条目数 / Channel items",
        ],
    )  # fmt: skip


def test_worked_questions_are_listed_and_answered(eleven: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((PROJECT / "docs/analysts/questions").glob("*.sql"))
    code, out, _ = asked(eleven, ".questions", "table", capsys)
    assert code == 0
    assert out.splitlines() == [
        f"{number:>3}  {file.stem[3:]:<24} {file.read_text('utf-8').splitlines()[0].removeprefix('-- ')}"
        for number, file in enumerate(files, 1)
    ]
    code, out, _ = asked(eleven, ".questions 1", "csv", capsys)
    assert code == 0
    assert out.startswith(files[0].read_text("utf-8").splitlines()[0].removeprefix("-- ") + "\n")
    assert len(out.splitlines()) > 2
    assert asked(eleven, ".questions four_lists", "csv", capsys) == (0, out, "")


@pytest.mark.parametrize("query", [".wrong", ".columns", ".columns a;b", ".questions 99", ".columns '"])
def test_what_is_no_command_is_an_error_with_help(
    eleven: Settings, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    code, out, err = asked(eleven, query, "table", capsys)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: unknown command {query}")
    assert ".questions [NAME]" in err


@pytest.mark.parametrize(
    "query", ["select nothing", "delete from history.ranking", "copy (select 1) to '/tmp/x'", "selec 1"]
)
def test_a_query_that_fails_is_an_error_and_not_a_crash(
    eleven: Settings, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    code, out, err = asked(eleven, query, "table", capsys)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")


def test_a_query_is_read_from_standard_input(
    eleven: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 7 as n"))
    assert asked(eleven, None, "csv", capsys) == (0, "n\n7\n", "")


def test_a_prompt_gathers_lines_until_a_semicolon_and_ends_at_quit(
    eleven: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    typed = iter(["", "select 1", "+ 1 as n;", "select 5 as m;", ".tables", ".quit", "select 9 as never;"])
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return next(typed)

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", answer)
    code, out, _ = asked(eleven, None, "csv", capsys)
    assert code == 0
    assert "n\n2\nm\n5\nname,comment\n" in out
    assert "never" not in out
    assert ".quit or Ctrl-D" in out
    assert prompts == ["bangdan> ", "bangdan> ", "      -> ", "bangdan> ", "bangdan> ", "bangdan> "]


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt])
def test_a_prompt_ends_with_its_input(
    eleven: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    def answer(_: str) -> str:
        raise end

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", answer)
    assert asked(eleven, None, "csv", capsys)[0] == 0


# The page of metrics


def test_the_page_of_metrics_names_columns_conditions_queries_and_seeds(tmp_path: Path) -> None:
    (tmp_path / "methodology").mkdir()
    (tmp_path / "methodology/method_indicators.csv").write_text(
        "method_version,dimension,indicator_id,weight,goalpost\n2099-01,dissemination,wechat,0.25,20000\n2099-01,influence,read,0.60,20000000\n"
    )
    (tmp_path / "methodology/rival_indices.csv").write_text(
        "index_id,index_name,index_name_en\nbci,微博指数,Weibo index\n"
    )

    class Elsewhere(Settings):
        @property
        def seeds(self) -> Path:
            return tmp_path

    text = metrics.page(Elsewhere(tmp_path, 1, "1GB"))
    assert (
        "\n## originality_rate\n\n原创量 ÷ 发稿量，6位小数。 Originals ÷ posts, six decimals.\n\nColumn: `monthly_summary.originality_rate`\n\n```sql\nselect ranking_month, round("
        in text
    )
    assert "Column: `ranking.base_score` where `dimension = 'influence'`" in text
    assert "| dimension | indicator | weight | goalpost | method |\n|---|---|---|---|---|\n| 传播力 Dissemination | 微信转载 `wechat` | 0.25 | 20,000 | 2099-01 |\n| 影响力 Influence | 阅读 `read` | 0.60 | 20,000,000 | 2099-01 |\n" in text  # fmt: skip
    assert text.endswith("| index | name |\n|---|---|\n| `bci` | 微博指数 Weibo index |\n")

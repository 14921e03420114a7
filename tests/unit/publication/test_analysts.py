"""The analysts' database of the small city: every release in it, the newest in force, earlier ones by name and moment."""

from __future__ import annotations

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

from bangdan.core.errors import BangdanError
from bangdan.core.settings import PROJECT, Settings
from bangdan.operations import sql_shell
from bangdan.publication import manifest
from bangdan.publication.formats import database, metrics
from tests.support import small_city
from tests.support.small_city import TABLES


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
        told = small_city.told(settings) | {
            "release": folder.name, "reason": "R1", "note": f"第{number}版", "data_digest": f"{number:064d}", "effect": effect,
            "knowledge_cut_off": f"2021-09-{9 + number:02d}T06:00:00+08",
        }  # fmt: skip
        manifest.write(told, folder / "manifest.json")
    database.rebuild(settings)
    return settings


@pytest.fixture
def con(eleven: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = sql_shell.open_published(eleven)
    yield opened
    opened.close()


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
        shown = con.execute(f"select * from {name} where ranking_month = '2021-08'").fetchall()
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
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("2021-06", "r1", 1), ("2021-07", "r1", 1), *(("2021-08", f"r{n}", n) for n in range(1, 12)),
    ]  # fmt: skip
    moment = datetime.datetime(2021, 9, 11, 6)  # noqa: DTZ001 - Shanghai time by definition
    code = small_city.told(eleven)["code_version"]
    assert rows[3] == ("2021-08", "r2", 2, "2021-01", moment, None, "R1", "第2版", 2, f"{2:064d}", code, False)
    assert rows[-1][-1] is True
    assert [row[-1] for row in rows] == [True, True, *[False] * 10, True]
    assert rows[2][5:9] == (None, None, None, None)


def test_restatements_are_the_releases_after_the_first(con: duckdb.DuckDBPyConnection) -> None:
    moment = datetime.datetime(2021, 9, 11, 6)  # noqa: DTZ001
    rows = con.execute("select * from restatements").fetchall()
    assert rows[0] == ("2021-08", "r2", "R1", "第2版", 2, "2021-01", moment)
    assert [row[1] for row in rows] == [f"r{n}" for n in range(2, 12)]


def test_restated_ranks_tell_before_after_and_points(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("select * from restated_ranks where release = 'r10'").fetchall()
    assert rows == [("2021-08", "r10", "districts", "influence", "310104", "徐汇区", 1, 2, D(70), D(10), D("-10.5"))]
    assert con.execute("select count(*) from restated_ranks").fetchall() == [(10,)]


def test_the_database_says_what_it_is(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select releases, latest_month, method_version, is_synthetic, issuer_name, data_licence from about").fetchall() == [
        (13, "2021-08", "2021-01", False, "甲中心、乙中心", "CC-BY-4.0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "said"),
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
def test_what_is_in_the_database_is_explained(con: duckdb.DuckDBPyConnection, where: str, said: str) -> None:
    assert con.execute(f"select comment from {where}").fetchall() == [(said,)]


def test_columns_stand_in_the_order_of_the_release(con: duckdb.DuckDBPyConnection, eleven: Settings) -> None:
    for name in TABLES:
        columns = [row[0] for row in con.execute(f"describe {name}").fetchall()]
        assert columns == pq.read_schema(eleven.releases / "2021-08/r1/tables" / f"{name}.parquet").names, name


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
        [*TABLES, "about", "releases", "restatements", "restated_ranks"]
    )


def test_the_columns_of_a_table_are_listed_in_their_order(eleven: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = asked(eleven, ".columns coverage", "csv", capsys)
    assert (code, out.splitlines()) == (
        0,
        [
            "column_name,data_type,comment", 'ranking_month,VARCHAR,"评比月份 / Ranking month, YYYY-MM, Asia/Shanghai"',
            'release,VARCHAR,"发布版次 / Release, r1, r2, …"', "channel_type,VARCHAR,渠道类型 / Channel type", "day,DATE,日期 / Day",
            "item_count,BIGINT,渠道条目数 / Channel items",
        ],
    )  # fmt: skip


def test_worked_questions_are_listed_and_answered(eleven: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((PROJECT / "docs/analysts/questions").glob("*.sql"))
    code, out, _ = asked(eleven, ".questions", "table", capsys)
    assert code == 0
    assert out.splitlines() == [
        f"{number:>3}  {file.read_text('utf-8').splitlines()[0].removeprefix('-- ')}"
        for number, file in enumerate(files, 1)
    ]
    code, out, _ = asked(eleven, ".questions 1", "csv", capsys)
    assert code == 0
    assert out.startswith(files[0].read_text("utf-8").splitlines()[0].removeprefix("-- ") + "\n")
    assert len(out.splitlines()) > 2


@pytest.mark.parametrize("query", [".wrong", ".columns", ".columns a;b", ".questions 99", ".columns '"])
def test_what_is_no_command_is_an_error_with_help(
    eleven: Settings, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    code, out, err = asked(eleven, query, "table", capsys)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: unknown command {query}")
    assert ".questions [NUMBER]" in err


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

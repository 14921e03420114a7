"""The project's macros, rendered without dbt and run on rows made by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.homes import PROJECT
from tests.support.oracle.compiled import macros

AUGUST = {"month_from": "2021-08", "month_to": "2021-08", "known_at": ""}


@pytest.fixture(scope="module")
def project() -> Any:
    return macros(AUGUST)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    result = duckdb.connect()
    result.execute("set TimeZone = 'UTC'")
    return result


def value(con: duckdb.DuckDBPyConnection, sql: object) -> Any:
    row = con.execute(f"select {sql}").fetchone()
    assert row is not None
    return row[0]


# ---- months ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "months", "wanted"),
    [
        ("2021-08", 0, "2021-08"), ("2021-08", 1, "2021-09"), ("2021-08", -3, "2021-05"), ("2021-12", 1, "2022-01"), ("2021-11", 1, "2021-12"),
        ("2021-01", -1, "2020-12"), ("2021-02", -3, "2020-11"), ("2021-08", 25, "2023-09"), ("2020-12", 0, "2020-12"),
    ],
)  # fmt: skip
def test_months_are_counted_over_new_year(project: Any, month: str, months: int, wanted: str) -> None:
    assert str(project.month_plus(month, months)).strip() == wanted


@pytest.mark.parametrize(
    ("window", "wanted"),
    [
        ((), ["2021-08", "2021-09"]), (("ranking",), ["2021-08", "2021-09"]),
        (("posts",), ["2021-05", "2021-06", "2021-07", "2021-08", "2021-09"]), (("items",), ["2021-08", "2021-09", "2021-10"]),
        (("records",), ["2021-05", "2021-06", "2021-07", "2021-08", "2021-09", "2021-10"]),
    ],
)  # fmt: skip
def test_months_in_hand_are_from_the_first_to_the_last_both_included(
    con: duckdb.DuckDBPyConnection, window: tuple[str, ...], wanted: list[str]
) -> None:
    con.execute("create table months as select '2021-' || lpad(range::varchar, 2, '0') as m from range(1, 13)")
    sql = macros({"month_from": "2021-08", "month_to": "2021-09"}).in_months("m", *window)
    assert con.execute(f"select m from months where {sql} order by m").fetchall() == [(month,) for month in wanted]


@pytest.mark.parametrize(
    ("column", "meta", "kept"),
    [
        ("ranking_month", None, ["2021-04", "2021-05", "2021-07", "2021-09", "2021-10"]),
        ("published_month", None, ["2021-04", "2021-05", "2021-07", "2021-09", "2021-10"]),
        ("published_month", {"window": "posts"}, ["2021-04", "2021-09", "2021-10"]),
        ("published_month", {"window": "items"}, ["2021-04", "2021-05", "2021-07", "2021-10"]),
    ],
)
def test_a_build_empties_the_months_it_is_for_and_writes_them_anew(
    con: duckdb.DuckDBPyConnection, column: str, meta: dict[str, str] | None, kept: list[str]
) -> None:
    con.execute(f"create table target as select unnest(['2021-04', '2021-05', '2021-07', '2021-08', '2021-09', '2021-10']) as {column}, 'old' as t")  # fmt: skip
    con.execute(f"create table built as select 'new' as t, '2021-08' as {column}")
    columns = [{"name": name, "quoted": f'"{name}"'} for name in (column, "t")]
    sql = macros(AUGUST, meta).get_incremental_month_range_sql(
        {"target_relation": "target", "dest_columns": columns, "temp_relation": "built"}
    )
    con.execute(str(sql))
    rows = con.execute(f"select {column}, t from target order by all").fetchall()
    assert rows == sorted([*((month, "old") for month in kept), ("2021-08", "new")])


def test_a_month_that_has_become_empty_is_emptied(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table target as select unnest(['2021-07', '2021-08']) as ranking_month")
    con.execute("create table built as from target limit 0")
    given = {"target_relation": "target", "dest_columns": [{"name": "ranking_month", "quoted": "ranking_month"}], "temp_relation": "built"}  # fmt: skip
    con.execute(str(macros(AUGUST).get_incremental_month_range_sql(given)))
    assert con.execute("from target").fetchall() == [("2021-07",)]


@pytest.mark.parametrize(
    ("schema", "table", "range_of"),
    [
        ("staging", "stg_posts", ("published_month", "2021-05", "2021-09")),
        ("staging", "stg_channel_items", ("published_month", "2021-05", "2021-09")),
        ("marts", "fct_posts", ("ranking_month", "2021-08", "2021-08")), ("published", "rpt_posts", ("ranking_month", "2021-08", "2021-08")),
        ("intermediate", "int_x", ("ranking_month", "2021-08", "2021-08")), ("review", "qc_x", ("ranking_month", "2021-08", "2021-08")),
        ("marts", "dim_units", None), ("staging", "stg_units", None), ("registry", "int_registry__units", None),
        ("seeds", "themes", None),
    ],
)  # fmt: skip
def test_a_data_test_looks_at_the_months_in_hand_where_a_table_has_months(
    project: Any, schema: str, table: str, range_of: tuple[str, str, str] | None
) -> None:
    class Relation(str):
        identifier = table

    relation = Relation(f"{schema}.{table}")
    relation.schema = schema  # type: ignore[attr-defined]
    sql = " ".join(str(project.get_where_subquery(relation)).split())
    wanted = f"{schema}.{table}"
    if range_of:
        column, first, last = range_of
        wanted = f"(select * from {wanted} where {column} between '{first}' and '{last}') as months_in_hand"
    assert sql == wanted


# ---- arithmetic ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "goal", "how", "wanted"),
    [
        (0, 2000, "log", "0"), (120, 2000, "log", "0.630908657969"), (2000, 2000, "log", "1"), (2001, 2000, "log", "1"),
        (3_000_000, 20_000_000, "log", "0.887151728464"), (500, 2000, "linear", "0.25"), (2000, 2000, "linear", "1"), (2001, 2000, "linear", "1"),
        (1, 3, "linear", "0.333333333333"), (2, 3, "linear", "0.666666666667"), (1, 1, "cubic", None),
    ],
)  # fmt: skip
def test_a_term_is_a_value_against_its_goalpost_and_one_at_most(
    project: Any, con: duckdb.DuckDBPyConnection, x: int, goal: int, how: str, wanted: str | None
) -> None:
    result = value(con, project.term(str(x), str(goal), f"'{how}'"))
    assert result == (None if wanted is None else Decimal(wanted))
    assert value(con, f"typeof({project.term(str(x), str(goal), repr(how))})") == "DECIMAL(14,12)"


@pytest.mark.parametrize(("a", "b", "wanted"), [(1, 3, "0.333333"), (2, 3, "0.666667"), (5, 5, "1"), (0, 5, "0"), (0, 0, None), (7, 0, None)])  # fmt: skip
def test_a_ratio_has_six_decimals_and_none_of_nothing(
    project: Any, con: duckdb.DuckDBPyConnection, a: int, b: int, wanted: str | None
) -> None:
    assert value(con, project.ratio(str(a), str(b))) == (None if wanted is None else Decimal(wanted))


@pytest.mark.parametrize(("a", "b", "wanted"), [(10, 3, 3), (11, 3, 3), (12, 3, 4), (10**37, 3, 10**37 // 3)])
def test_whole_division_keeps_every_digit(
    project: Any, con: duckdb.DuckDBPyConnection, a: int, b: int, wanted: int
) -> None:
    assert value(con, project.whole_division(f"{a}::hugeint", str(b))) == wanted


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ("'b', 'a', 'b'", "a,b"),
        ("'b', null, 'a'", "a,b"),
        ("null::varchar, null", None),
        ("'z'", "z"),
        ("'d', 'k', 'a', 'z', 'c', 'a', 'y', 'b'", "a,b,c,d,k,y,z"),
    ],
)
def test_joined_texts_are_distinct_sorted_and_null_for_none(
    project: Any, con: duckdb.DuckDBPyConnection, values: str, wanted: str | None
) -> None:
    assert value(con, f"{project.joined('x')} from (select unnest([{values}]) as x)") == wanted


@pytest.mark.parametrize(
    ("begin", "finish", "wanted"), [("2021-08-01", "2021-09-01", 31), ("2020-02-01", "2020-03-01", 29), ("2021-09-01", "2021-08-31", -1)]
)  # fmt: skip
def test_days_are_counted_from_one_date_to_another(
    project: Any, con: duckdb.DuckDBPyConnection, begin: str, finish: str, wanted: int
) -> None:
    assert value(con, project.days_between(f"date '{begin}'", f"date '{finish}'")) == wanted


def test_a_list_becomes_rows_in_its_order(project: Any, con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute(f"select {project.explode('[3, 1, 3]')}").fetchall() == [(3,), (1,), (3,)]


def test_a_moment_is_told_in_shanghai_time_and_its_month_by_it(project: Any, con: duckdb.DuckDBPyConnection) -> None:
    local = project.local_time("timestamptz '2021-08-31 16:00:00+00'")
    assert value(con, local) == datetime(2021, 9, 1)  # noqa: DTZ001
    assert value(con, project.year_month(local)) == "2021-09"
    before = project.local_time("timestamptz '2021-08-31 15:59:59+00'")
    assert value(con, project.year_month(before)) == "2021-08"


@pytest.mark.parametrize(
    ("precision", "last"), [("second", "10:20:30"), ("minute", "10:21:29"), ("day", None), ("other", "10:20:30")]
)
def test_a_time_known_to_the_minute_or_the_day_lasts_as_long(
    project: Any, con: duckdb.DuckDBPyConnection, precision: str, last: str | None
) -> None:
    at = "2021-08-05 00:00:00" if precision == "day" else "2021-08-05 10:20:30"
    wanted = datetime.fromisoformat("2021-08-05 23:59:59" if last is None else f"2021-08-05 {last}")
    assert value(con, project.last_moment(f"timestamp '{at}'", f"'{precision}'")) == wanted


# ---- identities and texts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "key", "wanted"),
    [("weibo", "'u1'", "weibo:7"), ("wechat", "'u1'", "wechat:u1:7"), ("news_site", "null", "news_site::7"), ("news_app", "'weibo'", "news_app:weibo:7")],
)  # fmt: skip
def test_weibo_ids_are_unique_by_themselves_and_others_within_their_account(
    project: Any, con: duckdb.DuckDBPyConnection, channel: str, key: str, wanted: str
) -> None:
    con.execute(f"create table r as select '{channel}' as channel_type, {key} as account_key, '7' as record_id")
    assert value(con, f"{project.item_id('r')} from r") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ABC Weibo", "abc weibo"), ("疫苗接種點", "疫苗接种点"), ("雙減之後的課後服務", "双减之后的课后服务"), ("長三角一體化", "长三角一体化"),
        ("科學防疫", "科学防疫"), ("简体不变。%_.*[]^-", "简体不变。%_.*[]^-"), ("憑證、龜、鬱、籲", "凭证、龟、郁、吁"), ("乾淨ABC", "干净abc"), ("", ""),
        ("臺灣", "台湾"), ("Ａ１", "Ａ１".lower()),
    ],
)  # fmt: skip
def test_texts_are_compared_in_simplified_characters_and_lower_case(
    project: Any, con: duckdb.DuckDBPyConnection, text: str, wanted: str
) -> None:
    assert value(con, project.simplified(f"'{text}'")) == wanted


def test_every_traditional_character_has_one_simplified_one(project: Any) -> None:
    """The two tables lie side by side: none too short, none shifted, no character that is its own."""
    sql = str(project.simplified("x"))
    _before, traditional, _between, simple, _after = sql.split("translate(lower(x), ")[1].split("'")[:5]
    assert len(traditional) == len(simple) > 3000
    assert len(set(traditional)) == len(traditional)
    assert not any(a == b for a, b in zip(traditional, simple, strict=True))
    pairs = dict(zip(traditional, simple, strict=True))
    assert pairs["體"] + pairs["點"] + pairs["龍"] == "体点龙"


@pytest.mark.parametrize(("text", "pattern", "wanted"), [("a1b", "[0-9]", True), ("ab", "[0-9]", False)])
def test_a_pattern_is_looked_for_anywhere(
    project: Any, con: duckdb.DuckDBPyConnection, text: str, pattern: str, wanted: bool
) -> None:
    assert value(con, project.has_pattern(f"'{text}'", pattern)) is wanted


# ---- sources -----------------------------------------------------------------------------------------------------------


def test_the_registry_received_last_has_all_spans_of_a_key(project: Any, con: duckdb.DuckDBPyConnection) -> None:
    """Of equal moments the later load key; a key that the newest does not name keeps the rows of an older one."""
    con.execute(
        "create table units as from (values ('a', 'old', 'k1'), ('a', 'new', 'k2'), ('a', 'newer span', 'k2'), ('b', 'only', 'k1'),"
        " ('c', 'first', 'k2'), ('c', 'last', 'k3'), ('a', 'lost', 'k9')) t (unit_id, name, load_key)"
    )
    con.execute(
        "create table exports as from (values ('k1', timestamp '2021-01-02'), ('k2', timestamp '2021-01-03'), ('k3', timestamp '2021-01-03'))"
        " t (load_key, received_at)"
    )
    rows = con.execute(f"select unit_id, name from ({project.newest_registry('units', 'unit_id')}) order by all")
    assert rows.fetchall() == [("a", "new"), ("a", "newer span"), ("b", "only"), ("c", "last")]


def write(con: duckdb.DuckDBPyConnection, file: Path, select: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    con.sql(select).write_parquet(str(file))


@pytest.fixture
def home(con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data home with two exports, rows of theirs and of a load that never ended, and evidence of two months."""
    folder = tmp_path / "it's home"
    monkeypatch.setenv("BANGDAN_HOME", str(folder))
    for key, day in (("k1", 10), ("k2", 11)):
        write(con, folder / "raw" / "export_manifest" / f"{key}.parquet",
              f"select '{key}' as load_key, 'e-{key}' as export_id, timestamptz '2021-09-{day} 08:00:00+08' as received_at,"
              " 'records' as table_name, 'x.csv' as source_file, 'x.csv' as path_key, ['x.csv'] as files")  # fmt: skip
    for table in ("units", "accounts", "channels", "rejects"):
        for key in ("k1", "k2", "k3"):
            write(con, folder / "raw" / table / f"{key}.parquet", f"select '{key}' as load_key, '{table}' as t")
    write(
        con, folder / "raw" / "city_registries" / "exports.parquet", "select 'sha' as export_sha256, true as is_current"
    )
    for key in ("k1", "k2", "k3"):
        write(con, folder / "raw" / "records" / "month=2021-08" / f"{key}.parquet", f"select '{key}' as load_key")
    for table in ("matches", "families", "rejected", "certainty", "released_owners"):
        for month in ("2021-07", "2021-08"):
            write(con, folder / "evidence" / table / f"month={month}" / "part-0.parquet", f"select '{table}' as t")
    return folder


@pytest.mark.parametrize(
    ("known_at", "keys"),
    [("", ["k1", "k2"]), ("2021-09-10 08:00:00+08", ["k1"]), ("2021-09-10 07:59:59+08", []), ("2021-09-11 08:00:00+08", ["k1", "k2"])],
)  # fmt: skip
@pytest.mark.usefixtures("home")
def test_a_raw_row_counts_when_the_manifest_known_by_then_has_its_load_key(
    con: duckdb.DuckDBPyConnection, known_at: str, keys: list[str]
) -> None:
    con.execute(str(macros({**AUGUST, "known_at": known_at}).register_sources()))
    for table in ("export_manifest", "units", "accounts", "channels", "rejects", "records"):
        rows = con.execute(f"select load_key from raw.{table} order by load_key").fetchall()
        assert rows == [(key,) for key in keys], table


@pytest.mark.usefixtures("home")
def test_evidence_and_records_know_their_month_by_their_folder(project: Any, con: duckdb.DuckDBPyConnection) -> None:
    con.execute(str(project.register_sources()))
    for table in ("matches", "families", "rejected", "certainty", "released_owners"):
        assert con.execute(f"select t, month from evidence.{table} order by month").fetchall() == [(table, "2021-07"), (table, "2021-08")]  # fmt: skip
    assert con.execute("select distinct month, typeof(month) from raw.records").fetchall() == [("2021-08", "VARCHAR")]


@pytest.mark.parametrize(("given", "wanted"), [("marts", "marts"), (" marts ", "marts"), (None, "main")])
def test_a_schema_carries_the_layers_own_name(given: str | None, wanted: str) -> None:
    project = macros(AUGUST, target={"schema": "main"})
    assert str(project.generate_schema_name(given, None)).strip() == wanted


# ---- what a row is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [("(1, 1), (1, 2), (2, 1)", []), ("(1, 1), (1, 1), (2, 1)", [(1, 1, 2)]), ("(1, 1), (1, 1), (1, 1)", [(1, 1, 3)])],
)
def test_two_rows_with_one_key_are_found(
    con: duckdb.DuckDBPyConnection, rows: str, wanted: list[tuple[int, ...]]
) -> None:
    text = (PROJECT / "dbt_project" / "macros" / "tests" / "one_row_is.sql").read_text("utf-8")
    body = text.split("%}", 1)[1].split("{% endtest %}")[0].replace("{{ key }}", "a, b").replace("{{ model }}", "t")
    con.execute(f"create table t as from (values {rows}) t (a, b)")
    assert con.execute(body).fetchall() == wanted

"""The rebuild of a range of months, and the views over the raw layer and the evidence that every build begins with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml

from tests.support.models_in_memory import DBT, Project, rendered

PLUS = [
    ("2021-08", 0, "2021-08"), ("2021-08", 1, "2021-09"), ("2021-12", 1, "2022-01"), ("2021-01", -1, "2020-12"), ("2021-03", -3, "2020-12"),
    ("2021-11", 1, "2021-12"), ("2021-12", 13, "2023-01"), ("2021-01", 11, "2021-12"), ("0999-12", 1, "1000-01"),
]  # fmt: skip


@pytest.mark.parametrize(("month", "months", "wanted"), PLUS)
def test_months_are_counted_over_the_turn_of_the_year(month: str, months: int, wanted: str) -> None:
    assert Project().macro("month_plus", month, months) == wanted


def test_the_months_in_hand_are_both_ends_and_all_between(tmp_path: Path) -> None:
    con = duckdb.connect()
    months = ["2020-10", "2020-11", "2020-12", "2021-01", "2021-02", "2021-03"]
    con.execute("create table t as select unnest($1) as month", [months])
    project = Project("2020-12", "2021-01")

    def hold(*words: str) -> list[str]:
        return [
            m
            for (m,) in con.execute(
                f"select month from t where {project.macro('in_months', 'month', *words)} order by 1"
            ).fetchall()
        ]

    assert hold() == months[2:4]
    assert hold("ranking") == months[2:4]
    assert hold("posts") == months[:4]
    assert hold("items") == months[2:5]
    assert hold("records") == months[:5]


def test_a_window_that_nobody_knows_is_an_error_and_no_month_more_or_less() -> None:
    with pytest.raises(jinja2.UndefinedError):
        Project().macro("in_months", "month", "post")


Rebuild = Callable[..., list[tuple]]


@pytest.fixture
def rebuild() -> Rebuild:
    """What a table holds after one rebuild of August 2021 from new rows, its columns in another order."""

    def done(column: str, old: list[str], new: list[str], meta: dict[str, str] | None = None) -> list[tuple]:
        con = duckdb.connect()
        con.execute(f"create table target ({column} varchar, said varchar)")
        con.execute(f"create table fresh (said varchar, {column} varchar)")
        for month in old:
            con.execute("insert into target values ($1, 'old')", [month])
        for month in new:
            con.execute("insert into fresh values ('new', $1)", [month])
        project = Project()
        project.config(meta=meta)
        given = {
            "target_relation": "target", "temp_relation": "fresh",
            "dest_columns": [{"name": name, "quoted": f'"{name}"'} for name in (column, "said")],
        }  # fmt: skip
        con.execute(project.macro("get_incremental_month_range_sql", given))
        return con.execute("select * from target order by all").fetchall()

    return done


@pytest.mark.parametrize("column", ["ranking_month", "published_month"])
def test_a_rebuild_replaces_the_rows_of_its_months_and_no_others(rebuild: Rebuild, column: str) -> None:
    result = rebuild(column, ["2021-07", "2021-08", "2021-09"], ["2021-08", "2021-08"])
    assert result == [("2021-07", "old"), ("2021-08", "new"), ("2021-08", "new"), ("2021-09", "old")]


def test_a_month_that_has_become_empty_loses_its_rows(rebuild: Rebuild) -> None:
    assert rebuild("ranking_month", ["2021-07", "2021-08"], []) == [("2021-07", "old")]


def test_a_model_that_looks_further_replaces_as_many_months_as_it_looks_at(rebuild: Rebuild) -> None:
    old = ["2021-04", "2021-05", "2021-07", "2021-08", "2021-09", "2021-10"]
    assert rebuild("published_month", old, [], {"window": "posts"}) == [
        ("2021-04", "old"),
        ("2021-09", "old"),
        ("2021-10", "old"),
    ]
    assert rebuild("published_month", old, [], {"window": "items"}) == [
        ("2021-04", "old"),
        ("2021-05", "old"),
        ("2021-07", "old"),
        ("2021-10", "old"),
    ]


# Tables that are written for more months than those in hand: what is written and what is deleted must be the same.
WIDENED = {
    "stg_posts": ("posts", "2021-05", "2021-08"),
    "stg_channel_items": ("items", "2021-08", "2021-09"),
    "stg_observations": ("items", "2021-08", "2021-09"),
}


def monthly_models() -> list[str]:
    return sorted(
        file.stem
        for file in (DBT / "models").rglob("*.sql")
        if rendered(file.stem, "2021-08", "2021-08")[1]["materialized"] == "incremental"
    )


@pytest.mark.parametrize("model", monthly_models())
def test_a_table_of_months_is_rebuilt_for_the_months_that_its_statement_reads(model: str) -> None:
    statement, given = rendered(model, "2021-08", "2021-08")
    assert given["incremental_strategy"] == "month_range"
    window, first, last = WIDENED.get(model, (None, "", ""))
    assert given.get("meta", {}).get("window") == window
    if window:
        assert f"published_month between '{first}' and '{last}'" in statement


def test_all_models_of_facts_and_review_are_rebuilt_by_month() -> None:
    """A table over all months would cost more with each month of history; these are small or of the registry."""
    whole = {
        "int_registry__units", "int_registry__accounts", "int_registry__channels", "int_registry__account_keys",
        "int_registry__channel_keys", "int_registry__source_names", "int_registry__source_authority", "int_registry__deliveries", "int_observations__ranked",
        "int_records__owned",
        "int_records__attributed",
        "qc_registry_conflicts",
    }  # fmt: skip
    views = {
        "stg_exports", "stg_units", "stg_accounts", "stg_channels", "int_observations__identified", "int_observations__named",
        "int_quality_limits", "int_reprints__candidates", "int_reprints__excluded",
    }  # fmt: skip
    folders = ("staging", "intermediate", "review")
    models = {file.stem for folder in folders for file in (DBT / "models" / folder).rglob("*.sql")}
    assert set(monthly_models()) & models == models - whole - views
    for model in sorted(models):
        wanted = "table" if model in whole else "view" if model in views else "incremental"
        assert rendered(model, "2021-08", "2021-08")[1]["materialized"] == wanted, model


def test_the_registry_is_a_folder_of_its_own_that_the_first_gate_finds() -> None:
    assert {file.stem for file in (DBT / "models" / "staging" / "registry").rglob("*.sql")} == {
        "stg_units", "stg_accounts", "stg_channels", "stg_exports",
    }  # fmt: skip
    selectors = yaml.safe_load((DBT / "selectors.yml").read_text("utf-8"))["selectors"]
    parts = {selector["name"]: selector["definition"]["union"] for selector in selectors}
    assert [part["value"] for part in parts["register"]] == ["seed", "registry"]
    assert [part["value"] for part in parts["registry"]] == [
        "bangdan.staging.registry",
        "bangdan.intermediate.registry",
        "qc_registry_conflicts",
        "int_months",
        "int_quality_limits",
        "models/gates/gate_raw_exports__*",
    ]


# ---- views over raw and evidence ------------------------------------------------------------------------------------

RAW = ("units", "accounts", "channels", "rejects")
EVIDENCE = ("matches", "families", "rejected", "certainty", "released_owners")


def registered(home: Path, known_at: str = "") -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Shanghai'")
    con.execute(Project(known_at=known_at, home=str(home)).macro("register_sources"))
    return con


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Exports k1 (received on the 1st) and k2 (on the 10th) are loaded; k3's rows lie there without a manifest row."""
    home = tmp_path / "it's a home"
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Shanghai'")

    def write(query: str, *parts: str) -> None:
        file = home.joinpath(*parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        name = str(file).replace("'", "''")
        con.execute(f"copy ({query}) to '{name}' (format parquet)")

    for key, received, table in (("k1", "2021-09-01 09:00:00", "units"), ("k2", "2021-09-10 09:00:00", "records")):
        write(
            f"select '{key}' as load_key, 'e-{key}' as export_id, timestamptz '{received}+08' as received_at,"
            f" '{table}' as table_name, 'in/{key}.csv' as source_file, 'in/{key}' as path_key",
            "raw",
            "export_manifest",
            f"{key}.parquet",
        )
    for key in ("k1", "k2", "k3"):
        for table in RAW:
            write(f"select '{key}' as load_key, '{table}' as told", "raw", table, f"{key}.parquet")
        write(f"select '{key}' as load_key, 'id' as record_id", "raw", "records", "month=2021-08", f"{key}.parquet")
    write("select 'e-k1' as export_sha256, true as is_current", "raw", "city_registries", "exports.parquet")
    for table in EVIDENCE:
        write(f"select '{table}' as told", "evidence", table, "month=2021-08", "0.parquet")
    return home


@pytest.mark.parametrize("table", [*RAW, "records", "export_manifest"])
def test_a_raw_row_counts_only_when_its_load_key_stands_in_the_manifest(home: Path, table: str) -> None:
    con = registered(home)
    assert con.execute(f"select load_key from raw.{table} order by 1").fetchall() == [("k1",), ("k2",)]


@pytest.mark.parametrize("table", [*RAW, "records", "export_manifest"])
@pytest.mark.parametrize(
    ("known_at", "keys"),
    [
        ("2021-09-01 09:00:00+08", ["k1"]),
        ("2021-09-01 08:59:59+08", []),
        ("2021-09-10 09:00:00+08", ["k1", "k2"]),
        ("2021-09-10T00:59:59Z", ["k1"]),
    ],
)
def test_what_was_received_after_the_moment_asked_for_is_not_read(
    home: Path, table: str, known_at: str, keys: list[str]
) -> None:
    con = registered(home, known_at)
    assert [key for (key,) in con.execute(f"select load_key from raw.{table} order by 1").fetchall()] == keys


def test_records_and_evidence_have_the_month_of_their_folder_as_text(home: Path) -> None:
    con = registered(home)
    assert con.execute("select distinct month from raw.records").fetchall() == [("2021-08",)]
    for table in EVIDENCE:
        assert con.execute(f"select told, month from evidence.{table}").fetchall() == [(table, "2021-08")]


def test_every_table_is_its_own_folder(home: Path) -> None:
    con = registered(home)
    for table in RAW:
        assert con.execute(f"select distinct told from raw.{table}").fetchall() == [(table,)]


def test_the_path_of_an_export_of_records_is_not_kept(home: Path) -> None:
    con = registered(home)
    paths = con.execute("select load_key, source_file, path_key from raw.export_manifest order by all").fetchall()
    assert paths == [("k1", "in/k1.csv", "in/k1"), ("k2", None, None)]


def test_the_manifest_is_a_table_of_the_build_and_a_second_build_reads_it_anew(home: Path) -> None:
    con = registered(home)
    (home / "raw" / "export_manifest" / "k2.parquet").unlink()
    assert con.execute("select count(*) from raw.export_manifest").fetchall() == [(2,)]
    con.execute(Project(home=str(home)).macro("register_sources"))
    assert con.execute("select load_key from raw.units").fetchall() == [("k1",)]

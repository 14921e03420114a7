"""The project's models as plain statements: compiled once, then run on worlds in memory, month after month."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import pytest
import yaml
from filelock import FileLock

from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK, Month
from bangdan.transform import variables_of
from tests.support import demo_city
from tests.support.homes import PROJECT

DBT = PROJECT / "dbt_project"
MONTHS = ("2021-08", "2021-09")
LAYERS = ("intermediate", "marts", "published")
# The rejected pairs decide nothing; records are resolved before what the worlds give as staged.
LEFT_OUT = {
    "int_reprints__candidates", "int_observations__ranked", "int_records__owned", "int_records__attributed"
}  # fmt: skip
METRICS = ("read", "view", "like", "recommend", "comment", "share", "repost")
COUNTS = ", ".join(f"{name}_count bigint, {name}_count_qualifier varchar" for name in METRICS)
SPAN = "valid_from date, valid_to date"
# What the models are given, in the shape that staging, registry and matcher leave it.
INPUTS = {
    "registry.int_registry__units": f"unit_id varchar, unit_name varchar, unit_name_en varchar, unit_type varchar, ranking_list varchar, aliases varchar[], {SPAN}, export_sha256 varchar, source_row bigint",
    "registry.int_registry__accounts": "account_id varchar, unit_id varchar, platform varchar, account_key_type varchar, account_key varchar, account_name varchar, aliases varchar[], verified_type varchar, valid_from timestamp, valid_to timestamp, export_sha256 varchar, source_row bigint",
    "registry.int_registry__channels": f"outlet_id varchar, channel_type varchar, account_key_type varchar, account_key varchar, outlet_name varchar, aliases varchar[], is_organization boolean, {SPAN}, export_sha256 varchar, source_row bigint",
    "staging.stg_posts": f"post_id varchar, published_month varchar, platform varchar, account_id varchar, unit_id varchar, is_unowned boolean, published_at timestamptz, published_at_local timestamp, published_precision varchar, url varchar, title varchar, text varchar, topics varchar[], is_original_flag boolean, original_evidence varchar, is_repost boolean, repost_of_post_id varchar, is_deleted boolean, position bigint, record_id varchar, alt_id varchar, {COUNTS}, read_unit varchar, observed_at timestamptz, export_sha256 varchar, source_row bigint",
    "staging.stg_channel_items": "item_id varchar, published_month varchar, channel_type varchar, outlet_id varchar, is_mapped boolean, is_private boolean, account_id varchar, unit_id varchar, published_at timestamptz, published_at_local timestamp, published_precision varchar, url varchar, title varchar, source_name_raw varchar, export_sha256 varchar, load_key varchar, source_row bigint, text_load_key varchar, text_source_row bigint, text_month varchar",
    "staging.stg_observations": f"item_id varchar, observed_at timestamptz, published_month varchar, channel_type varchar, connector varchar, published_at timestamptz, {COUNTS}, read_unit varchar, source_strength integer, export_sha256 varchar, load_key varchar, source_row bigint",
    "staging.stg_exports": "export_id varchar, load_key varchar, connector varchar, is_synthetic boolean, received_at timestamptz",
    "evidence.matches": "item_id varchar, post_id varchar, post_month varchar, method varchar, match_class varchar, containment double, item_containment double, matched_chars integer, distinctive_chars integer, longest_run integer, numbers_aligned integer, numbers_equal integer, lag_seconds bigint, confidence varchar, is_counted boolean, is_credited boolean, reason varchar, credit_rule varchar, decided_by varchar, parameters_hash varchar, evidence varchar, month varchar",
    "evidence.families": "post_id varchar, post_month varchar, family_id varchar, origin_post_id varchar, origin_unit_id varchar, is_origin boolean, earlier_item_id varchar, parameters_hash varchar, month varchar",
    "evidence.certainty": "ranking_month varchar, method_version varchar, ranking_list varchar, dimension varchar, unit_id varchar, rank_low integer, rank_high integer, tier integer, month varchar",
}  # fmt: skip

Rows = list[dict[str, Any]]


def macros(variables: dict[str, str], meta: dict[str, Any] | None = None, target: dict[str, str] | None = None) -> Any:
    """The project's own macros, rendered without dbt: `macros(...).in_months('x')` is the SQL of that macro."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    known: dict[str, Callable[..., Any]] = {}

    class Adapter:
        @staticmethod
        def dispatch(name: str, _package: str) -> Callable[..., Any]:
            return known[f"default__{name}"]

    class Config:
        @staticmethod
        def get(name: str, default: Any = None) -> Any:
            return meta if name == "meta" else default

    def returned(value: Any) -> Any:
        return value

    given = {
        "var": {"months_back": MONTHS_BACK, "months_ahead": MONTHS_AHEAD, **variables}.__getitem__,
        "env_var": os.environ.__getitem__,
        "adapter": Adapter,
        "config": Config,
        "target": target,
        "return": returned,
        "ref": lambda name: name,
        "source": lambda schema, name: f"{schema}.{name}",
    }
    # One template of them all, so that each can call every other.
    files = [file.read_text("utf-8") for file in sorted((DBT / "macros").rglob("*.sql"))]
    text = "\n".join(entry for entry in files if not re.search("{% (test|materialization)", entry))
    known |= vars(environment.from_string(text).make_module(given))
    return type("Macros", (), {name: staticmethod(entry) for name, entry in known.items() if callable(entry)})


def compile_models(home: Path, month: str) -> list[tuple[str, str, str]]:
    """(relation, materialisation, select statement) of every model from intermediate on, each after those it reads.

    Beside them, `home`/settings.json holds how each model is configured.
    """
    from dbt.cli.main import dbtRunner

    (home / "warehouse").mkdir(parents=True, exist_ok=True)
    words = [
        "compile", "--project-dir", str(DBT), "--profiles-dir", str(DBT), "--target-path", str(home / "target"),
        "--log-path", str(home / "logs"), "--log-level", "none", "--quiet", "--no-send-anonymous-usage-stats",
        "--vars", variables_of(Month.parse(month), Month.parse(month)),
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANGDAN_HOME", str(home))
        done = dbtRunner().invoke(words)
    assert done.success, done.exception
    nodes = {
        result.node.unique_id: result.node
        for result in done.result.results
        if result.node.resource_type == "model" and result.node.schema in LAYERS and result.node.name not in LEFT_OUT
    }
    ordered: list[str] = []

    def after_its_sources(unique_id: str) -> None:
        if unique_id in nodes and unique_id not in ordered:
            for source in nodes[unique_id].depends_on.nodes:
                after_its_sources(source)
            ordered.append(unique_id)

    for unique_id in sorted(nodes):
        after_its_sources(unique_id)
    (home / "settings.json").write_text(
        json.dumps(
            {
                node.name: {
                    "schema": node.schema,
                    "materialized": node.config.materialized,
                    "incremental_strategy": node.config.incremental_strategy,
                    "on_schema_change": node.config.on_schema_change,
                    "contract": node.config.contract.enforced,
                    "data_types": {name: column.data_type for name, column in node.columns.items()},
                }
                for node in nodes.values()
            }
        ),
        "utf-8",
    )
    return [
        (f"{node.schema}.{node.name}", node.config.materialized, node.compiled_code)
        for node in (nodes[unique_id] for unique_id in ordered)
    ]


def compiled_once(folder: Path) -> dict[str, list[tuple[str, str, str]]]:
    """The statements of each month; all workers share those that the first of them compiles."""
    kept = folder / "compiled-models.json"
    with FileLock(kept.with_suffix(".lock")):
        if not kept.exists():
            result = {month: compile_models(folder / "compiled", month) for month in MONTHS}
            kept.write_text(json.dumps(result), "utf-8")
    return {month: [(a, b, c) for a, b, c in models] for month, models in json.loads(kept.read_text("utf-8")).items()}


class Warehouse:
    """A database in memory with the seeds as they are in their files, the inputs, and the models of some months."""

    def __init__(self, statements: dict[str, list[tuple[str, str, str]]]) -> None:
        self.statements = statements
        self._macros: dict[str, Any] = {}
        self.con = con = duckdb.connect()
        con.execute("set TimeZone = 'Asia/Shanghai'")
        con.execute("set threads = 1")
        con.execute("attach ':memory:' as bangdan")
        for schema in ("staging", "registry", "evidence", "seeds", *LAYERS):
            con.execute(f"create schema bangdan.{schema}")
        con.execute("use bangdan.main")
        self.seeds()
        for name, columns in INPUTS.items():
            con.execute(f"create table {name} ({columns})")

    def seeds(self) -> None:
        """Every seed from its file, in the types that the project gives it."""
        declared = yaml.safe_load((DBT / "dbt_project.yml").read_text("utf-8"))["seeds"]["bangdan"]
        for file in sorted(demo_city.seeds().rglob("*.csv")):
            types = {
                **declared["+column_types"],
                **(declared["methodology"].get(file.stem) or {}).get("+column_types", {}),
            }
            header = file.read_text("utf-8").partition("\n")[0].split(",")
            given = {name: kind for name, kind in types.items() if name in header}
            self.con.execute(
                f"create table seeds.{file.stem} as from read_csv('{file}', header = true, types = {given!r})"
            )

    def put(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        """These rows and no others."""
        self.con.execute(f"delete from {table}")
        if result := list(rows):
            self.con.register("given", pa.Table.from_pylist(result))
            self.con.execute(f"insert into {table} by name from given")
            self.con.unregister("given")

    def build(self, month: str) -> None:
        """All models of a month; a model that holds all months keeps the others, as the project's own macro has it."""
        for name, _how, _select in self.statements[month]:
            self.build_one(month, name)

    def build_one(self, month: str, name: str) -> None:
        (how, select), *_ = [(how, select) for entry, how, select in self.statements[month] if entry == name]
        exists = self.con.execute(
            "select count(*) from duckdb_tables() where schema_name || '.' || table_name = $1", [name]
        ).fetchone()
        if how == "view":
            self.con.execute(f"create or replace view {name} as {select}")
        elif how == "table" or not (exists and exists[0]):
            self.con.execute(f"create or replace table {name} as {select}")
        else:
            self.con.execute(f"create or replace temp table built as {select}")
            columns = [
                {"name": row[0], "quoted": f'"{row[0]}"'} for row in self.con.execute("describe built").fetchall()
            ]
            given = {"target_relation": name, "dest_columns": columns, "temp_relation": "built"}
            self.con.execute(self._replacing(month, given))

    def _replacing(self, month: str, given: dict[str, Any]) -> str:
        if month not in self._macros:
            self._macros[month] = macros({"month_from": month, "month_to": month})
        return str(self._macros[month].get_incremental_month_range_sql(given))

    def empty(self) -> None:
        """No model has been built yet."""
        result = self.con.execute(
            "select view_name, schema_name, 'view' from duckdb_views() where not internal"
            " union all select table_name, schema_name, 'table' from duckdb_tables() where not temporary"
        ).fetchall()
        for name, schema, kind in result:
            if schema in LAYERS:
                self.con.execute(f"drop {kind} {schema}.{name}")

    def save(self, file: Path) -> None:
        """The database as a file."""
        file.parent.mkdir(parents=True)
        self.con.execute(f"attach '{file}' as saved")
        self.con.execute("copy from database bangdan to saved")
        self.con.execute("detach saved")

    def rows(self, query: str) -> Rows:
        cursor = self.con.execute(query if " " in query else f"from {query}")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def given(self, month: str, model: str, **tables: Rows) -> Rows:
        """What one model makes of these rows, and of nothing else: `fct_posts=[...]`."""
        where = dict(
            self.con.execute("select table_name, schema_name || '.' || table_name from duckdb_tables()").fetchall()
        )
        (select,) = [select for name, _how, select in self.statements[month] if name.endswith(f".{model}")]
        self.con.execute("begin")
        try:
            for name in set(re.findall(r'"bangdan"\."(\w+)"\."(\w+)"', select)):
                if name[0] != "seeds" or name[1] in tables:
                    self._only(where.get(name[1], ""), ".".join(name), tables.get(name[1], []))
            return self.rows(select + " ")
        finally:
            self.con.execute("rollback")

    def _only(self, table: str, name: str, rows: Rows) -> None:
        if not table:  # a view: a table takes its place until the rollback
            self.con.execute(f"create temp table shape as from {name} limit 0")
            self.con.execute(f"drop view {name}")
            self.con.execute(f"create table {name} as from shape")
            self.con.execute("drop table shape")
        self.put(name, rows)

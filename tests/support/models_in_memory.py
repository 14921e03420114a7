"""The project's models on small worlds in memory: each model's SQL is rendered from its file and run as a table.

dbt itself takes seconds to start; here its Jinja is rendered with the few names that the models use, so that a rule can
be tried in milliseconds. test_rendered_as_dbt_does.py proves that dbt makes the same statements of them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import jinja2.ext
import yaml

from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK
from tests.support import demo_city
from tests.support.homes import PROJECT

DBT = PROJECT / "dbt_project"
METRICS = ("read", "view", "like", "recommend", "comment", "share", "repost")
_METRIC_COLUMNS = ", ".join(
    f"{m}_count bigint, {m}_count_raw varchar, {m}_count_qualifier varchar" for m in METRICS
)  # fmt: skip
_ORIGIN = "load_key varchar, export_sha256 varchar, source_row bigint"
# What the models read from outside the project, in the shape in which loader and matcher write it.
SOURCES = {
    "raw.records": f"""{_ORIGIN}, connector varchar, channel_type varchar, account_key_type varchar, account_key varchar,
        account_name_raw varchar, account_pseudonym varchar, item_salt varchar, record_id varchar, alt_id varchar,
        position bigint, url varchar, title varchar, text varchar, topics varchar[], published_at timestamptz,
        published_precision varchar, is_original boolean, original_evidence varchar, is_deleted boolean,
        repost_of_id varchar, source_name_raw varchar, {_METRIC_COLUMNS}, read_unit varchar, observed_at timestamptz,
        month varchar""",
    "raw.units": f"""{_ORIGIN}, unit_id varchar, unit_name varchar, unit_name_en varchar, unit_type varchar,
        ranking_list varchar, aliases varchar[], valid_from date, valid_to date""",
    "raw.accounts": f"""{_ORIGIN}, account_id varchar, unit_id varchar, platform varchar, account_key_type varchar,
        account_key varchar, account_name varchar, aliases varchar[], verified_type varchar, valid_from timestamptz,
        valid_to timestamptz""",
    "raw.channels": f"""{_ORIGIN}, outlet_id varchar, channel_type varchar, account_key_type varchar,
        account_key varchar, outlet_name varchar, account_pseudonym varchar, aliases varchar[], is_organization boolean,
        valid_from date, valid_to date""",
    "raw.export_manifest": """export_id varchar, load_key varchar, export_sha256 varchar, source_file varchar,
        connector varchar, connector_version varchar, mapping_sha256 varchar, table_name varchar, status varchar,
        is_synthetic boolean, received_at timestamptz, rows_read bigint, accepted bigint, rejected bigint,
        duplicate bigint, reasons varchar, metric_sums varchar, months varchar[]""",
    "raw.city_registries": "export_sha256 varchar, is_current boolean",
    "evidence.matches": """item_id varchar, post_id varchar, post_month varchar, method varchar, match_class varchar,
        containment double, item_containment double, matched_chars integer, numbers_aligned integer,
        numbers_equal integer, lag_seconds bigint, confidence varchar, is_counted boolean, is_credited boolean,
        reason varchar, credit_rule varchar, decided_by varchar, parameters_hash varchar, evidence varchar,
        month varchar""",
    "evidence.families": """post_id varchar, post_month varchar, family_id varchar, origin_post_id varchar,
        origin_unit_id varchar, is_origin boolean, earlier_item_id varchar, month varchar""",
    "evidence.certainty": """ranking_month varchar, method_version varchar, ranking_list varchar, dimension varchar,
        unit_id varchar, rank_low integer, rank_high integer, tier integer""",
    "evidence.released_owners": "account_id varchar, unit_id varchar, published_at_local timestamp, month varchar",
    "evidence.rejected": """item_id varchar, post_id varchar, reason varchar, containment double, matched_chars integer,
        numbers_aligned integer, numbers_equal integer, parameters_hash varchar, month varchar""",
}


class _Tests(jinja2.ext.Extension):
    """`{% test name(...) %}` and `{% materialization name %}` define what no model calls: a data test, a way to build."""

    tags = frozenset({"test", "materialization"})

    def parse(self, parser: Any) -> Any:
        name = next(parser.stream).value
        while parser.stream.current.type != "block_end":
            next(parser.stream)
        parser.parse_statements((f"name:end{name}",), drop_needle=True)
        return []


@cache
def project_files(folder: str, pattern: str) -> dict[str, Path]:
    root = demo_city.seeds() if folder == "seeds" else DBT / folder
    return {file.stem: file for file in sorted(root.rglob(pattern))}


@cache
def configured(model: str) -> dict[str, Any]:
    """How dbt_project.yml configures a model: for all models, for each folder down to its own."""
    level = yaml.safe_load((DBT / "dbt_project.yml").read_text("utf-8"))["models"]["bangdan"]
    result: dict[str, Any] = {}
    for part in (*project_files("models", "*.sql")[model].relative_to(DBT / "models").parts[:-1], None):
        result |= {name.removeprefix("+"): value for name, value in level.items() if name.startswith("+")}
        level = level.get(part, {})
    return result


@cache
def _described_meta() -> dict[str, dict[str, Any]]:
    """Model → the meta that its description in YAML gives it."""
    files = (yaml.safe_load(file.read_text("utf-8")) or {} for file in sorted((DBT / "models").rglob("*.yml")))
    models = [model for described in files for model in described.get("models", [])]
    return {model["name"]: model.get("config", {}).get("meta", {}) for model in models}


def schema_of(model: str) -> str:
    """The schema that the model's folder has in the warehouse."""
    return str(configured(model)["schema"])


class Config:
    """`config(...)` of a model: remembered, and nothing in the statement."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def __call__(self, **given: Any) -> str:
        self.given.update(given)
        return ""

    def get(self, name: str, default: Any = None) -> Any:
        return self.given.get(name, default)


@cache
def _parsed(text: str) -> jinja2.Template:
    jinja = jinja2.Environment(extensions=["jinja2.ext.do", _Tests], undefined=jinja2.StrictUndefined, autoescape=False)
    return jinja.from_string(text)


class Project:
    """The names that dbt gives to models for months first..last, and the project's own macros. `config`: as given."""

    def __init__(
        self,
        first: str = "2021-08",
        last: str = "2021-08",
        *,
        method_version: str = "",
        known_at: str = "",
        home: str = "",
    ) -> None:
        result = {
            "month_from": first, "month_to": last, "months_back": MONTHS_BACK, "months_ahead": MONTHS_AHEAD,
            "method_version": method_version, "known_at": known_at,
        }  # fmt: skip
        self.config = Config()
        self.names: dict[str, Any] = {
            "ref": self._ref,
            "source": lambda schema, name: f'"bangdan"."{schema}"."{name}"',
            "config": self.config,
            "adapter": self,
            "var": lambda name, default=None: result.get(name, default),
            "env_var": lambda name, default=None: {"BANGDAN_HOME": home}.get(name, default),
            "is_incremental": lambda: False,
            "target": {"schema": "main", "name": "duckdb"},
            "return": lambda value: value,
        }
        macros = _parsed("\n".join(file.read_text("utf-8") for file in project_files("macros", "*.sql").values()))
        self.macros = vars(macros.make_module(self.names))
        self.names |= {name: value for name, value in self.macros.items() if not name.startswith("_")}

    def render(self, text: str, **more: Any) -> str:
        return _parsed(text).render({**self.names, **more})

    def macro(self, name: str, *words: Any, **more: Any) -> str:
        return str(self.names[name](*words, **more)).strip()

    def dispatch(self, name: str, _project: str) -> Callable[..., str]:
        """The macro for the engine at hand, as `adapter.dispatch` finds it."""
        return self.macros[f"default__{name}"]

    @staticmethod
    def _ref(name: str) -> str:
        return f'"bangdan"."{schema_of(name) if name in project_files("models", "*.sql") else "seeds"}"."{name}"'


@cache
def rendered(model: str, first: str, last: str, method_version: str = "") -> tuple[str, dict[str, Any]]:
    """A model's statement for months first..last, and its configuration."""
    project = Project(first, last, method_version=method_version)
    statement = project.render(project_files("models", "*.sql")[model].read_text("utf-8"))
    config = {**configured(model), **project.config.given}
    return statement, {**config, "meta": {**_described_meta().get(model, {}), **config.get("meta", {})}}


def needed(models: Iterable[str]) -> list[str]:
    """Models in the order of their references, with all that they read."""
    return list(_needed(tuple(models)))


@cache
def _needed(models: tuple[str, ...]) -> tuple[str, ...]:
    ordered: list[str] = []

    def add(model: str) -> None:
        if model not in ordered:
            text = project_files("models", "*.sql")[model].read_text("utf-8")
            for name in re.findall(r"ref\('(\w+)'\)", text + macros_text(text)):
                if name in project_files("models", "*.sql"):
                    add(name)
            ordered.append(model)

    for entry in models:
        add(entry)
    return tuple(ordered)


def macros_text(text: str) -> str:
    """The text of the macros that a model calls: they may read models too."""
    return "\n".join(
        file.read_text("utf-8")
        for file in project_files("macros", "*.sql").values()
        if any(f"{name}(" in text for name in re.findall(r"macro (\w+)\(", file.read_text("utf-8")))
    )


def seed_types(seed: str) -> dict[str, str]:
    """Column types of a seed as the project declares them: for all seeds, for its folder, for itself."""
    level = yaml.safe_load((DBT / "dbt_project.yml").read_text("utf-8"))["seeds"]["bangdan"]
    types: dict[str, str] = {}
    for part in (*project_files("seeds", "*.csv")[seed].relative_to(demo_city.seeds()).with_suffix("").parts, None):
        types |= level.get("+column_types", {})
        level = level.get(part, {}) if part else {}
    return types


@cache
def _foundation() -> duckdb.DuckDBPyConnection:
    """A database with empty sources and the project's seeds: made once, what a test changes is rolled back."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Shanghai'; set threads = 1; attach ':memory:' as bangdan")
    layers = {schema_of(model) for model in project_files("models", "*.sql")}
    for schema in sorted({"raw", "evidence", "seeds"} | layers):
        con.execute(f"create schema bangdan.{schema}")
    con.execute("use bangdan.main")
    for table, columns in SOURCES.items():
        con.execute(f"create table {table} ({columns})")
    for name, file in project_files("seeds", "*.csv").items():
        with file.open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        types = seed_types(name)
        columns = ", ".join(f"{column} {types.get(column, 'varchar')}" for column in header)
        con.execute(f"create table seeds.{name} ({columns})")
        con.execute(f"copy seeds.{name} from '{file}' (header, nullstr '')")
    return con


_shapes: dict[str, str] = {}  # columns of models, by name


class House:
    """A database with empty sources, the project's seeds, and models as they are built on demand. Close it."""

    def __init__(self, first: str = "2021-08", last: str = "2021-08") -> None:
        self.first, self.last = first, last
        self.made: set[str] = set()
        self.con = _foundation()
        self.con.execute("begin")

    def close(self) -> None:
        self.con.execute("rollback")

    def put(self, table: str, *rows: dict[str, Any]) -> None:
        """Replace a table's rows; a column that a row lacks is NULL. A model's table is made in its own shape."""
        schema, _, name = table.partition(".")
        if schema not in ("raw", "evidence", "seeds") and not self.has(table):
            self._shape(name)
        self.con.execute(f"delete from {table}")
        self.add(table, *rows)

    def add(self, table: str, *rows: dict[str, Any]) -> None:
        """Rows more; of the raw layer each has a load key, a row number and the month of its time in Shanghai."""
        for row in rows:
            names, marks = ", ".join(row), ", ".join("?" for _ in row)
            self.con.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))

    def has(self, table: str) -> bool:
        return table in self.made

    def build(self, *models: str, method_version: str = "") -> None:
        """Make models and all that they read anew from sources and seeds."""
        for model in needed(models):
            self._run(model, method_version)

    def make(self, *models: str, method_version: str = "") -> None:
        """Make these models anew from the tables as they are; what is not there yet is made too."""
        for model in models:
            for upstream in needed([model]):
                if upstream == model or not self.has(f"{schema_of(upstream)}.{upstream}"):
                    self._run(upstream, method_version)

    def _shape(self, model: str) -> None:
        """The model's table without rows; its columns are found out once."""
        table = f"{schema_of(model)}.{model}"
        if model not in _shapes:
            self.make(model)
            _shapes[model] = ", ".join(f'"{name}" {kind}' for name, kind, *_more in self.ask(f"describe {table}"))
        self.con.execute(f"create or replace table {table} ({_shapes[model]})")
        self.made.add(table)

    def _run(self, model: str, method_version: str) -> None:
        statement, _config = rendered(model, self.first, self.last, method_version)
        self.con.execute(f"create or replace table {schema_of(model)}.{model} as {statement}")
        self.made.add(f"{schema_of(model)}.{model}")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.con.execute(query).fetchall()

    def table(self, query: str) -> list[dict[str, Any]]:
        rows = self.con.execute(query)
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


# ---- a world of few rows --------------------------------------------------------------------------------------------


def shanghai(text: str) -> str:
    """A Shanghai wall-clock time as a moment."""
    return f"{text}+08"


class Town(House):
    """A house whose sources are filled with plain words: registry rows, exports, records."""

    def __init__(self, first: str = "2021-08", last: str = "2021-08") -> None:
        super().__init__(first, last)
        self.add("seeds.source_authority", {"connector": "tool", "speaks_for_accounts": 1, "strength": 2, "valid_from": "2019-01-01"})  # fmt: skip
        self.export("registry", "2021-07-01 09:00:00", table_name="units")
        self.export("one", "2021-09-20 09:00:00")

    def export(self, load_key: str, received: str, **more: Any) -> None:
        self.add(
            "raw.export_manifest",
            {"export_id": load_key, "load_key": load_key, "export_sha256": f"sha-{load_key}", "source_file": f"{load_key}.csv",
             "connector": "tool", "table_name": "records", "status": "loaded", "received_at": shanghai(received), **more},
        )  # fmt: skip
        if more.get("table_name", "records") != "records":
            self.add(
                "raw.city_registries",
                {"export_sha256": more.get("export_sha256", f"sha-{load_key}"), "is_current": True},
            )

    def _registry(self, table: str, rows: tuple[dict[str, Any], ...]) -> None:
        for row in rows:
            (nth,) = self.ask(f"select count(*) + 1 from raw.{table}")[0]
            self.add(
                f"raw.{table}", {"load_key": "registry", "export_sha256": "sha-registry", "source_row": nth, **row}
            )

    def units(self, *rows: dict[str, Any]) -> None:
        self._registry("units", tuple({"ranking_list": "districts", "unit_type": "district", **row} for row in rows))

    def accounts(self, *rows: dict[str, Any]) -> None:
        self._registry("accounts", tuple({"platform": "wechat", "account_key_type": "wx_biz", **row} for row in rows))

    def channels(self, *rows: dict[str, Any]) -> None:
        self._registry("channels", tuple({"is_organization": True, **row} for row in rows))

    def records(self, *rows: dict[str, Any]) -> None:
        """Rows of exports. `at` is the Shanghai time of publication, `seen` that of the observation; text on request."""
        for given in rows:
            row, more = dict(given), {}
            if (at := row.pop("at", None)) is not None:
                more |= {"published_at": shanghai(at), "month": at[:7]}
            if (seen := row.pop("seen", None)) is not None:
                more["observed_at"] = shanghai(seen)
            (nth,) = self.ask("select count(*) + 1 from raw.records")[0]
            load_key = row.get("load_key", "one")
            self.add(
                "raw.records",
                {"load_key": load_key, "export_sha256": f"sha-{load_key}", "source_row": nth, "channel_type": "wechat",
                 "account_key_type": {"weibo": "weibo_uid", "news_site": "domain", "news_app": "app_id"}.get(row.get("channel_type", ""), "wx_biz"),
                 "published_precision": "second", **more, **row},
            )  # fmt: skip

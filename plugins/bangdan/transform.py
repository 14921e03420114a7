"""Run dbt for a range of months, in this process, and read its results.

dbt is imported on first use (it costs seconds). The project is parsed once per process and home, and what was parsed is
kept on disk for other processes and homes: months and method are variables that only the statements read, which are made
anew for each build.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangdan.core import build_record, city, imports, parsed_project, spark
from bangdan.core.errors import BangdanError, remedy_in, with_place
from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK, Month
from bangdan.core.settings import Settings, share_of_memory
from bangdan.core.warehouse import connect

# Share of the memory limit that the database may take beside Python and dbt.
DATABASE_SHARE = 0.85

# Tables whose rows of a month are counted, for the report of the run: table → the column that holds the month.
COUNTED = {
    "selector:stage": {"staging.stg_posts": "published_month", "staging.stg_channel_items": "published_month"},
    "selector:score": dict.fromkeys(
        ("marts.fct_posts", "marts.fct_reprints", "marts.fct_account_months", "marts.fct_unit_month_scores"),
        "ranking_month",
    ),
    "selector:present": dict.fromkeys(
        ("published.rpt_ranking", "published.rpt_posts", "published.rpt_reprints"), "ranking_month"
    ),
}

# What a gate reads is proved by the gate itself, and a view that holds the rows of a table by the table: the data tests of
# these run in the test suite, and so do unit tests.
LEFT_OUT = [
    *("--exclude", "test_type:data,path:models/gates", "test_type:data,tag:of_a_view"),
    *("--exclude-resource-type", "unit_test"),
]

# The project as dbt parsed it, by the data folder.
_parsed: dict[Path, Any] = {}


@dataclass
class Built:
    """The results of one dbt call: nodes by state, seconds by node name, messages of warnings."""

    states: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        slow = {name: seconds for name, seconds in sorted(self.seconds.items()) if seconds >= 0.1}
        return {"nodes": dict(sorted(self.states.items())), "slowest": slow, "warnings": self.warnings}


def build(
    settings: Settings,
    first: Month,
    last: Month,
    select: Sequence[str],
    *,
    method_version: str = "",
    known_at: str = "",
) -> Built:
    """Build the selected models, seeds and data tests for months first..last; unit tests belong to the test suite.

    Raises BangdanError that names the first node that failed, the message of the database, and the compiled file.
    """
    variables = variables_of(first, last, method_version or settings.method_version, known_at)
    _record_build(settings, first, last)
    return _invoke(settings, ["build", "--select", *select, *LEFT_OUT], variables)


def build_on_spark(
    settings: Settings, first: Month, last: Month, select: Sequence[str] = ("bangdan",), exclude: Sequence[str] = ()
) -> Built:
    """Build the selected models, by default all, for months first..last on Apache Spark from what is in the lake.

    The tables are in the lake's folder `spark`, under the names that they have in the warehouse. Data tests and seeds are
    the embedded engine's. Needs the extra `spark`. Raises BangdanError that names the first node that failed.
    """
    spark.require()
    variables = variables_of(first, last, settings.method_version)
    city.write_seeds(settings, _work(settings) / "seeds")
    command = ["run", "--target", "spark", "--select", *select, *(["--exclude", *exclude] if exclude else [])]
    with _environment(settings, **spark.variables(settings)):
        done = _dbt()().invoke([*command, *_options(settings, variables)])
    if done.exception:
        raise BangdanError(
            f"dbt on Apache Spark failed: {done.exception}",
            remedy=f"run `bangdan doctor --engine spark`, and see {_work(settings) / 'logs' / 'dbt.log'}",
        )
    return _read(done, settings)


def build_empty(
    settings: Settings, first: Month, last: Month, select: Sequence[str], exclude: Sequence[str] = ()
) -> list[Any]:
    """Make the tables of the selected models in the warehouse, with the types that the models give them and without rows
    in the months of the build, and their views; for rows that another engine has computed. Returns the nodes of the tables.
    """
    variables = variables_of(first, last, settings.method_version)
    _record_build(settings, first, last)
    left_out = ["--exclude", *exclude] if exclude else []
    made = _invoke(settings, ["run", "--empty", "--select", *select, *left_out], variables)
    models = {node.name: node for node in parse(settings).nodes.values() if node.resource_type == "model"}
    nodes = [models[name] for name in made.seconds if name in models]
    # A view that was made of no rows would stay without any.
    views = [node.name for node in nodes if node.config.materialized == "view"]
    if views:
        _invoke(settings, ["run", "--select", *views], variables)
    return [node for node in nodes if node.config.materialized != "view"]


def test(settings: Settings, first: Month, last: Month, select: Sequence[str]) -> Built:
    """Run the data tests of the selected models on the warehouse; raises BangdanError as `build` does."""
    return _invoke(
        settings, ["test", "--select", *select, *LEFT_OUT], variables_of(first, last, settings.method_version)
    )


def _record_build(settings: Settings, first: Month, last: Month) -> None:
    """Record which months are built, first: a build that is killed counts as well."""
    build_record.withdraw(settings, first, last)
    with connect(settings) as con:
        con.execute(
            "create or replace table main.last_build as select $1 as month_from, $2 as month_to",
            [str(first), str(last)],
        )


def register(settings: Settings, first: Month, last: Month, *, with_seeds: bool = True) -> Built:
    """Make the views over raw and evidence, the seeds, the registry in force, and the frames of the first gate."""
    return build(settings, first, last, ["selector:register" if with_seeds else "selector:registry"])


def last_range(settings: Settings) -> tuple[str, str] | None:
    """First and last month of the newest build of the warehouse, whichever command built it; None where nothing is built."""
    if not settings.warehouse.exists():
        return None
    with connect(settings, read_only=True) as con:
        if not con.execute("select 1 from duckdb_tables() where table_name = 'last_build'").fetchall():
            return None
        return con.execute("select month_from, month_to from main.last_build").fetchone()


def built_months(settings: Settings) -> set[str]:
    """The months whose candidate is in the warehouse."""
    if not settings.warehouse.exists():
        return set()
    with connect(settings, read_only=True) as con:
        if not con.execute("select 1 from duckdb_tables() where table_name = 'rpt_ranking'").fetchall():
            return set()
        return {
            month for (month,) in con.execute("select distinct ranking_month from published.rpt_ranking").fetchall()
        }


def rows(settings: Settings, first: Month, last: Month, select: Sequence[str]) -> dict[str, int]:
    """Rows of the months in the main tables of the layers just built."""
    counted = [table for layer in select for table in COUNTED.get(layer, {}).items()]
    if not counted:
        return {}
    with connect(settings, read_only=True) as con:
        queries = [
            f"select '{table}', count(*) from {table} where {column} between $1 and $2" for table, column in counted
        ]
        return dict(con.execute(" union all ".join(queries) + " order by all", [str(first), str(last)]).fetchall())


def variables_of(first: Month, last: Month, method_version: str = "", known_at: str = "") -> str:
    """The months with their window, the method and the moment of a build, as dbt takes them."""
    return (
        f"{{month_from: '{first}', month_to: '{last}', months_back: {MONTHS_BACK}, months_ahead: {MONTHS_AHEAD},"
        f" method_version: '{method_version}', known_at: '{known_at}'}}"
    )


# dbt parses the project again where the variables of a call are others.
PARSED_WITH = variables_of(Month(2000, 1), Month(2000, 1))


def parse(settings: Settings) -> Any:
    """The project as dbt reads it, for builds of any months: no ref, config or name of a node depends on a variable."""
    seeds = _work(settings) / "seeds"
    city.write_seeds(settings, seeds)
    if settings.home not in _parsed:
        runner = _dbt()
        manifest = parsed_project.load(settings, seeds)
        if manifest is None:
            with _environment(settings):
                done = runner().invoke(["parse", *_options(settings, PARSED_WITH)])
            if not done.success:
                message = str(done.exception)
                raise BangdanError(
                    f"dbt cannot read the project: {message}", remedy=remedy_in(message) or "run `make check`"
                )
            manifest = done.result
            parsed_project.save(settings, seeds, manifest)
        _parsed.clear()
        _parsed[settings.home] = manifest
    return _parsed[settings.home]


def _dbt() -> Any:
    """The class that runs dbt in this process."""
    with imports.without_unused():
        from dbt.cli.main import dbtRunner
    return dbtRunner


def _invoke(settings: Settings, command: list[str], variables: str) -> Built:
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    # Column types are given for all seeds at once: a seed without such a column is no mistake.
    warnings.filterwarnings("ignore", message=".*does not match the name of any column.*")
    manifest = parse(settings)
    with _environment(settings), _open_during_call():
        done = _dbt()(manifest=manifest).invoke([*command, *_options(settings, variables)])
    if done.exception:
        message = str(done.exception)
        known, log = remedy_in(message), f"see {_work(settings) / 'logs' / 'dbt.log'}"
        message = with_place(message, settings.home) if known else message
        raise BangdanError(f"dbt {command[0]} failed: {message}", remedy=known or log)
    return _read(done, settings)


@contextmanager
def _open_during_call() -> Iterator[None]:
    """Close the warehouse, which dbt opens once for all nodes of a call and leaves open; its file is locked until then."""
    try:
        yield
    finally:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()


def _work(settings: Settings) -> Path:
    """Where dbt keeps what it compiles and logs."""
    return settings.home / "dbt"


def _options(settings: Settings, variables: str) -> list[str]:
    project, work = str(settings.dbt_project), _work(settings)
    return [
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", str(work / "target"), "--log-path", str(work / "logs")),
        *("--vars", variables, "--quiet", "--no-use-colors"),
        # What dbt writes about itself (manifest.json, run_results.json) nothing reads; the results are in memory.
        *("--no-send-anonymous-usage-stats", "--no-version-check", "--no-write-json"),
        *("--log-level", "none", "--log-level-file", "info"),
    ]


def _read(done: Any, settings: Settings) -> Built:
    built = Built()
    failed = []
    for result in getattr(done.result, "results", None) or []:
        state = str(result.status)
        built.states[state] += 1
        built.seconds[result.node.name] = round(result.execution_time, 3)
        if state in ("error", "fail"):
            failed.append(result)
        elif state == "warn":
            built.warnings.append(f"{result.node.name}: {result.message}")
    if failed or not done.success:
        if not failed:
            raise BangdanError("dbt failed without a failed node", remedy=f"see {_work(settings) / 'logs'}")
        first = failed[0]
        others = f" (and {len(failed) - 1} more: {', '.join(r.node.name for r in failed[1:6])})" if failed[1:] else ""
        known = remedy_in(str(first.message))
        message = with_place(str(first.message), settings.home) if known else str(first.message)
        if str(first.status) == "fail":
            message += f"; found: {_failing_rows(settings, first.node)}"
        raise BangdanError(
            f"dbt: {first.node.resource_type} {first.node.name} {first.status}{others}\n  {message}",
            remedy=known
            or f"the statement is in {getattr(first.node, 'compiled_path', None) or first.node.original_file_path}",
        )
    return built


def _failing_rows(settings: Settings, test: Any) -> str:
    """The first rows that a data test returns, for its message."""
    with connect(settings, read_only=True) as con:
        rows = con.execute(f"select * from ({test.compiled_code}) limit 3")
        names = [column[0] for column in rows.description]
        return "; ".join(str(dict(zip(names, map(str, row), strict=True))) for row in rows.fetchall())


@contextmanager
def _environment(settings: Settings, **more: str) -> Iterator[None]:
    """What profiles.yml and dbt_project.yml read, for the time of one call."""
    variables = {
        "BANGDAN_HOME": str(settings.home),
        "BANGDAN_THREADS": str(settings.threads),
        "BANGDAN_MEMORY_LIMIT": share_of_memory(settings.memory_limit, DATABASE_SHARE),
        "BANGDAN_SEEDS": str(_work(settings) / "seeds"),
        "DO_NOT_TRACK": "1",
        **more,
    }
    previous = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in previous.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

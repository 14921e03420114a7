"""The project's models as plain statements: compiled once, run again and again on worlds in memory."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.conftest import PROJECT

MONTH = "2021-08"
# What the models are given: staged facts, the evidence of the matcher and of the bootstrap, and two corrections.
INPUTS = [
    "staging.stg_units", "staging.stg_accounts", "staging.stg_channels", "staging.stg_posts", "staging.stg_channel_items",
    "staging.stg_observations", "staging.stg_exports", "evidence.matches", "evidence.families", "evidence.certainty",
    "seeds.post_corrections",
]  # fmt: skip
LAYERS = ("intermediate", "marts", "published")
LEFT_OUT = {"int_reprints__candidates"}  # reads the rejected pairs, which decide nothing


def compile_models(home: Path) -> list[tuple[str, str]]:
    """(relation, select statement) of every model from intermediate on, each after those it reads."""
    from dbt.cli.main import dbtRunner

    (home / "warehouse").mkdir()
    project = str(PROJECT / "dbt_project")
    words = [
        "compile", "--project-dir", project, "--profiles-dir", project, "--target-path", str(home / "target"),
        "--log-path", str(home / "logs"), "--log-level", "none", "--quiet", "--no-send-anonymous-usage-stats",
        "--vars", f"{{month_from: '{MONTH}', month_to: '{MONTH}', method_version: '', known_at: ''}}",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANGDAN_HOME", str(home))
        done = dbtRunner().invoke(words)
    assert done.success, done.exception
    nodes = {
        one.node.unique_id: one.node
        for one in done.result.results
        if one.node.resource_type == "model" and one.node.schema in LAYERS and one.node.name not in LEFT_OUT
    }
    ordered: list[str] = []

    def after_its_sources(unique_id: str) -> None:
        if unique_id in nodes and unique_id not in ordered:
            for source in nodes[unique_id].depends_on.nodes:
                after_its_sources(source)
            ordered.append(unique_id)

    for unique_id in sorted(nodes):
        after_its_sources(unique_id)
    return [(f"{nodes[one].schema}.{nodes[one].name}", nodes[one].compiled_code) for one in ordered]


def empty_house(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with the seeds, and the inputs as empty tables in the shape that they have in a warehouse."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Shanghai'")
    con.execute("set threads = 1")
    con.execute("attach ':memory:' as bangdan")
    con.execute(f"attach '{warehouse}' as real (read_only)")
    for schema in ("staging", "evidence", "seeds", *LAYERS):
        con.execute(f"create schema bangdan.{schema}")
    for (seed,) in con.execute(
        "select table_name from duckdb_tables() where database_name = 'real' and schema_name = 'seeds'"
    ).fetchall():
        con.execute(f"create table bangdan.seeds.{seed} as from real.seeds.{seed}")
    for name in INPUTS:
        con.execute(f"create or replace table bangdan.{name} as from real.{name} limit 0")
    con.execute("use bangdan.main")
    con.execute("detach real")
    return con

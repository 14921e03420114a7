"""The engine that computes a month's layers and its matches: DuckDB, in the warehouse, or Apache Spark, on the lake.

Gates, certainty and publication are DuckDB's on both. On Spark each stage reads what it needs from the lake and brings back
what they read: posts, marts, the published layer, review lists, and the items that the evidence names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bangdan.core.errors import BangdanError
from bangdan.core.months import MONTHS_AHEAD, Month, each
from bangdan.core.settings import Settings

if TYPE_CHECKING:
    from bangdan.lake import Table
    from bangdan.transform import Built

STAGE, SCORE, PRESENT = (f"selector:{name}" for name in ("stage", "score", "present"))
# The registry in force is DuckDB's, for the first gate; Spark has its own, from the same rows.
REGISTRY = "fqn:bangdan.intermediate.registry"
# Gates read views of the warehouse.
FRAMES = ["path:models/gates"]


def require(settings: Settings) -> None:
    """Raise UsageError where the engine of the settings is not installed or has no lake that it can use."""
    if settings.engine == "spark":
        from bangdan import lake
        from bangdan.core import spark

        spark.require()
        lake.folder(settings)


def build(settings: Settings, first: Month, last: Month, layer: str) -> Built:
    """Build a layer (`selector:stage`, `selector:score` or `selector:present`) of the months. Raises BangdanError that names
    what failed.
    """
    if settings.engine == "spark":
        return _build_on_spark(settings, first, last, layer)
    from bangdan import transform

    if layer == STAGE:
        built = transform.build(settings, first, last, [layer])
        _mark(settings, first, last, is_on_spark=False)
        return built
    _require_items(settings, first, last)
    return transform.build(settings, first, last, [layer])


def match(settings: Settings, month: Month) -> dict[str, int]:
    """Match the items of a month, write its evidence; the counts of `matching.stage.Counts`."""
    if settings.engine == "spark":
        return _match_on_spark(settings, month)
    from bangdan.matching import stage

    _require_items(settings, month, month)
    return stage.run(settings, month)


def _build_on_spark(settings: Settings, first: Month, last: Month, layer: str) -> Built:
    from bangdan import lake, transform
    from bangdan.core import spark

    require(settings)
    session = spark.session(settings)
    if layer == STAGE:
        lake.write_inputs(settings, first, last)
    elif layer == PRESENT:
        lake.write_evidence(settings, first, last, ["certainty"])
    spark.remove_strays(session)
    with spark.failures(f"building {layer.partition(':')[2]} of {first}..{last}"):
        select = ["selector:register", STAGE] if layer == STAGE else [layer]
        built = transform.build_on_spark(settings, first, last, select, FRAMES)
    if layer == STAGE:
        _mark(settings, first, last, is_on_spark=True)
    nodes = transform.build_empty(settings, first, last, [layer], [REGISTRY] if layer == STAGE else [])
    lake.read_tables(settings, [_table(node) for node in nodes], first, last)
    if layer != STAGE:
        tested = transform.test(settings, first, last, [layer])
        built.states += tested.states
        built.warnings += tested.warnings
    return built


def _match_on_spark(settings: Settings, month: Month) -> dict[str, int]:
    from bangdan import lake
    from bangdan.core import spark
    from bangdan.matching import spark_job

    require(settings)
    with spark.failures(f"matching {month}"):
        counts = spark_job.run(spark.session(settings), settings, month)
    lake.write_evidence(settings, month, month, lake.MATCHED)
    lake.read_matched_items(settings, month, month)
    return counts


def _table(node: Any) -> Table:
    from bangdan.lake import Table

    schema = f"{node.schema}.{node.name}"
    if node.config.materialized == "table":
        return Table(schema, "")
    column = "published_month" if node.schema == "staging" else "ranking_month"
    return Table(schema, column, node.config.meta.get("window", "ranking"))


def _mark(settings: Settings, first: Month, last: Month, *, is_on_spark: bool) -> None:
    """Record of which months the warehouse has only the items that evidence names."""
    from bangdan.core.warehouse import connect

    if not is_on_spark and not _staged_on_spark(settings, first, last):
        return
    months = [str(month) for month in each(first, last + MONTHS_AHEAD)]
    with connect(settings) as con:
        con.execute("create table if not exists main.staged_on_spark (month varchar)")
        con.execute("delete from main.staged_on_spark where month in (select unnest($1))", [months])
        if is_on_spark:
            con.execute("insert into main.staged_on_spark select unnest($1)", [months])


def _require_items(settings: Settings, first: Month, last: Month) -> None:
    """Raise BangdanError where items of the months are on Spark only."""
    if months := _staged_on_spark(settings, first, last):
        raise BangdanError(
            f"the warehouse has not all items of {', '.join(months)}: they were staged on Apache Spark",
            remedy="go on with --engine spark, or build the months whole: `bangdan run --month YYYY-MM --full`",
        )


def _staged_on_spark(settings: Settings, first: Month, last: Month) -> list[str]:
    """The months whose items a build of first..last reads and that the warehouse has not whole, ascending."""
    from bangdan.core.warehouse import connect

    with connect(settings, read_only=True) as con:
        if not con.execute("select 1 from duckdb_tables() where table_name = 'staged_on_spark'").fetchall():
            return []
        rows = con.execute(
            "select month from main.staged_on_spark where month between $1 and $2 order by month",
            [str(first), str(last + MONTHS_AHEAD)],
        ).fetchall()
    return [month for (month,) in rows]

"""Checks of Apache Spark, as the engine of a run: connection, versions, time zone, ANSI mode, Python on the workers, and
whether a table that goes there and back is the same.
"""

from __future__ import annotations

import platform
import shutil
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from bangdan import lake
from bangdan.core import packages, spark
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.settings import PROJECT, Settings
from bangdan.operations.findings import Finding

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What the matcher computes with on a worker.
ON_WORKERS = ("numpy", "numba", "pyarrow")
WORKER = "see that the cluster has a worker with a free core, and ask again"
SHARED = "name in BANGDAN_LAKE a folder that this machine and all workers have under one path, and may write"
# One row of each type that the models have; the text is written and read by both engines.
ROWS = """
    select 1::bigint as number, '上海发布' as text, ['甲', null] as texts, 1.250000000000::decimal(20, 12) as points, true as flag,
        date '2021-08-31' as day, timestamp '2021-08-31 23:59:59.999999' as local_time,
        timestamptz '2021-08-31 23:59:59.999999+08' as moment
    union all select null, null, null, null, null, null, null, null
"""


def findings(settings: Settings) -> Iterator[Finding]:
    """The findings on Spark, in the order in which one check needs the other; a check that cannot be made is the last."""
    try:
        spark.require()
        yield _packages()
        folder = lake.folder(settings)
    except UsageError as error:
        yield Finding("spark", "fix", error.message, error.remedy or "")
        return
    try:
        session = spark.session(settings)
    except BangdanError as error:
        remedy = "correct BANGDAN_SPARK_MASTER, or start the cluster that it names"
        yield Finding("spark connection", "fix", error.message, remedy)
        return
    yield from _of_session(session, folder)


def _of_session(session: SparkSession, folder: Path) -> Iterator[Finding]:
    checks = (
        ("spark connection", lambda: [_connection(session)], "see that the cluster is up, and ask again"),
        ("spark time zone", lambda: [_time_zone(session)], WORKER),
        ("spark ANSI mode", lambda: [_ansi_mode(session)], WORKER),
        ("spark workers", lambda: _workers(session), "name a Python that every worker has in PYSPARK_PYTHON"),
        ("spark round trip", lambda: [_round_trip(session, folder)], SHARED),
    )
    for name, check, remedy in checks:
        try:
            with spark.failures(name):
                yield from check()
        except (BangdanError, OSError) as error:
            yield Finding(name, "fix", str(getattr(error, "message", error)).removeprefix(f"{name}: "), remedy)
            return


def _packages() -> Finding:
    wanted = {
        **packages.locked(PROJECT, "requirements-spark.lock"),
        **{name: version for name, version in packages.locked(PROJECT).items() if name in ON_WORKERS},
    }
    wrong = [
        f"{name} {installed} (wanted {version})"
        for name, version in wanted.items()
        if (installed := _installed(name)) != version
    ]
    if wrong:
        return Finding("spark packages", "fix", ", ".join(wrong[:5]), "run `make env-spark`")
    return Finding("spark packages", "good", f"pyspark {wanted['pyspark']}, dbt-spark {wanted['dbt-spark']}, as locked")


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _connection(session: SparkSession) -> Finding:
    import pyspark

    java: Any = session.sparkContext._jvm
    observed = f"{session.sparkContext.master}, Spark {session.version}, Java {java.System.getProperty('java.version')}"
    if session.version.split(".")[:2] != pyspark.__version__.split(".")[:2]:
        remedy = f"run the cluster with Spark {pyspark.__version__}, or install pyspark {session.version}"
        return Finding("spark connection", "fix", f"{observed}, but pyspark {pyspark.__version__}", remedy)
    return Finding("spark connection", "good", observed)


def _time_zone(session: SparkSession) -> Finding:
    query = "select date_format(timestamp_ltz '2021-07-31 16:00:00+00:00', 'yyyy-MM-dd HH:mm')"
    observed = session.sql(query).collect()[0][0]
    if observed != "2021-08-01 00:00":
        remedy = "set spark.sql.session.timeZone to Asia/Shanghai, as in dbt_project/profiles.yml"
        return Finding("spark time zone", "fix", f"August begins at {observed}", remedy)
    return Finding("spark time zone", "good", str(session.conf.get("spark.sql.session.timeZone")))


def _ansi_mode(session: SparkSession) -> Finding:
    from pyspark.errors import PySparkException

    try:
        session.sql("select cast('no number' as int)").collect()
    except PySparkException as error:
        if error.getCondition() != "CAST_INVALID_INPUT":
            raise
        return Finding("spark ANSI mode", "good", "a text that is no number is an error")
    remedy = "set spark.sql.ansi.enabled to true, as in dbt_project/profiles.yml"
    return Finding("spark ANSI mode", "fix", "a text that is no number is NULL", remedy)


def _workers(session: SparkSession) -> list[Finding]:
    """Python and packages of the workers against those of this process; a finding for each that differs."""
    ours = (platform.python_version(), *(_installed(name) for name in ON_WORKERS), True)

    # Needs nothing of the program on the worker: whether that has it is one of the answers.
    def on_worker(_number: int) -> tuple[Any, ...]:
        import importlib.metadata
        import importlib.util
        import platform

        def version(name: str) -> str:
            try:
                return importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                return "missing"

        has_program = importlib.util.find_spec("bangdan") is not None
        return (platform.python_version(), *map(version, ("numpy", "numba", "pyarrow")), has_program)

    context = session.sparkContext
    parts = 4 * context.defaultParallelism
    observed = sorted(set(context.parallelize(range(parts), parts).map(on_worker).collect()))
    return [_worker(answer, ours) for answer in observed]


def _worker(answer: tuple[Any, ...], ours: tuple[Any, ...]) -> Finding:
    python, *versions, has_program = answer
    packages_there = (f"{name} {version}" for name, version in zip(ON_WORKERS, versions, strict=True))
    observed = ", ".join([f"Python {python}", *packages_there])
    if not has_program:
        remedy = "install this program on every worker, or name its Python in PYSPARK_PYTHON"
        return Finding("spark workers", "fix", f"{observed}, without bangdan", remedy)
    if answer != ours:
        remedy = (
            f"give the workers Python {ours[0]} and the packages of requirements.lock, and name it in PYSPARK_PYTHON"
        )
        return Finding("spark workers", "fix", f"{observed}, which is not what this process has", remedy)
    return Finding("spark workers", "good", observed)


def _round_trip(session: SparkSession, lake_folder: Path) -> Finding:
    """A table written by DuckDB into the lake, read and written by Spark, and read by DuckDB again."""
    folder = lake_folder / f".doctor-{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        with duckdb.connect() as con:
            con.execute("set TimeZone = 'Asia/Shanghai'")
            con.sql(ROWS).write_parquet(str(folder / "rows.parquet"))
            session.read.parquet(str(folder / "rows.parquet")).write.parquet(str(folder / "back"))
            files = [str(file) for file in (folder / "back").glob("*.parquet")]
            if not files:
                return Finding("spark round trip", "fix", f"what Spark wrote into {lake_folder} is not there", SHARED)
            lost = con.execute(f"({ROWS}) except all (select * from read_parquet($1))", [files]).fetchall()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not any(lake_folder.iterdir()):
            lake_folder.rmdir()
    if lost:
        remedy = "set spark.sql.timestampType and outputTimestampType as in dbt_project/profiles.yml"
        return Finding("spark round trip", "fix", f"{lost[0]} did not come back", remedy)
    return Finding("spark round trip", "good", f"a table went into {lake_folder} and came back the same")

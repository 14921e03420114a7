"""Apache Spark as dbt's profile describes it: its parameters, its session, and its failures in words."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What a session cannot change: one of another home, lake or master is another session.
STATIC = ("spark.sql.warehouse.dir", "spark.hadoop.javax.jdo.option.ConnectionURL", "spark.master")
REMEDY = "nothing was published; run the same command again, or `bangdan doctor --engine spark`"


def require() -> None:
    """Raise UsageError where the extra `spark` or a Java is not installed."""
    if not (find_spec("pyspark") and find_spec("dbt.adapters.spark")):
        raise UsageError(
            "Apache Spark is not installed: it is the extra `spark`",
            remedy="run `make env-spark` and use `.venv-spark/bin/bangdan`, or leave out --engine spark",
        )
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise UsageError("Apache Spark needs a Java, and there is none", remedy="install openjdk-17-jre-headless")


def variables(settings: Settings) -> dict[str, str]:
    """The variables of the environment that the profile of Spark reads, beside those of the embedded engine."""
    return {"BANGDAN_LAKE": settings.lake_address, "BANGDAN_SPARK_MASTER": settings.spark_master}


def parameters(settings: Settings) -> dict[str, str]:
    """The parameters of Spark's session that dbt's profile has for a home."""
    import jinja2
    import yaml

    values = {
        **variables(settings),
        "BANGDAN_HOME": str(settings.home),
        "BANGDAN_THREADS": str(settings.threads),
        "BANGDAN_MEMORY_LIMIT": settings.memory_limit,
    }
    environment = jinja2.Environment(autoescape=False)
    environment.globals["env_var"] = lambda name, default="": values.get(name, default)
    profile = yaml.safe_load((settings.dbt_project / "profiles.yml").read_text("utf-8"))
    declared = profile["bangdan"]["outputs"]["spark"]["server_side_parameters"]
    return {name: environment.from_string(str(value)).render() for name, value in declared.items()}


def session(settings: Settings) -> SparkSession:
    """The session of this process for a home, started where there is none; one of another home is stopped. dbt takes
    the session that is there.
    """
    require()
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Spark warns of a pandas that is newer than itself; tables go there and back as Arrow.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    wanted = parameters(settings)
    active = SparkSession.getActiveSession()
    if active is not None and any(
        # Spark writes the scheme before a folder.
        (active.conf.get(name) or "").removeprefix("file:") != wanted[name]
        for name in STATIC
    ):
        active.stop()
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in wanted.items():
        builder = builder.config(name, value)
    with failures("starting Apache Spark"):
        return builder.getOrCreate()


def remove_strays(spark: SparkSession) -> list[str]:
    """Remove folders of tables that the catalog does not know: a killed build has left them, and Spark makes no table
    where one lies. Returns their names.
    """
    known = {
        f"{database.name}.db/{table.name}"
        for database in spark.catalog.listDatabases()
        for table in spark.catalog.listTables(database.name)
    }
    java: Any = spark.sparkContext._jvm
    root = java.org.apache.hadoop.fs.Path(spark.conf.get("spark.sql.warehouse.dir"))
    system = root.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    removed = []
    for schema in system.listStatus(root) if system.exists(root) else ():
        for table in system.listStatus(schema.getPath()):
            name = f"{schema.getPath().getName()}/{table.getPath().getName()}"
            if name not in known:
                system.delete(table.getPath(), True)
                removed.append(name)
    return sorted(removed)


@contextmanager
def failures(work: str) -> Iterator[None]:
    """Raise what Spark raises within the block as BangdanError that names the work, with the first line of the cause, and
    what dbt makes of a Spark that has ended.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BangdanError(f"{work}: Apache Spark failed: {lines[0][:500]}", remedy=REMEDY) from None
    except BangdanError as error:
        if _is_alive():
            raise
        line = error.message.splitlines()[0]
        raise BangdanError(f"{work}: Apache Spark failed: it has ended ({line})", remedy=REMEDY) from None


def _is_alive() -> bool:
    """Whether the session's Java answers."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    try:
        return context is not None and not context._jsc.sc().isStopped()
    except (Py4JError, ConnectionError, AttributeError):
        return False


def table_folder(settings: Settings, schema: str, table: str) -> Path:
    """The folder of a table that Spark has built, below the lake."""
    return Path(settings.lake_address) / "spark" / f"{schema}.db" / table

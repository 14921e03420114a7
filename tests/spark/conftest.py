"""Fixtures: a session of Spark as dbt opens it, and two months of the small city, built by both engines."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from bangdan import lake, transform
from bangdan.core import spark
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from tests.support.spark_tables import Engines

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JULY, AUGUST = Month(2021, 7), Month(2021, 8)
STAGES = ("selector:register", "selector:stage", "selector:score", "selector:present")
# What the home of the city has that no model reads, or that is linked or copied by itself.
NOT_COPIED = {"landing", "raw", "evidence", "warehouse", "published", "releases", "inbox", "runs", "dbt", "logs"}
# The default environment has no Spark: `make test-spark` makes one that has.
collect_ignore_glob = [] if find_spec("pyspark") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs Spark, and builds of minutes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.spark)
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def settings(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the city's rules, raw layer and evidence, and nothing built."""
    home = tmp_path_factory.mktemp("spark") / "home"
    shutil.copytree(city, home, symlinks=True, ignore=lambda _folder, names: NOT_COPIED & set(names))
    (home / "raw").symlink_to(city / "raw")
    shutil.copytree(city / "evidence", home / "evidence")
    return Settings(home, 2, "4GB", spark_master="local[2]")


@pytest.fixture(scope="session")
def session(settings: Settings) -> SparkSession:
    """The session that dbt's profile describes; dbt takes the one that is there."""
    return spark.session(settings)


@pytest.fixture(scope="session")
def engines(settings: Settings, session: SparkSession) -> Engines:
    """Both months built by DuckDB, and by Spark from the lake that DuckDB wrote."""
    transform.build(settings, JULY, AUGUST, STAGES)
    lake.write_inputs(settings, JULY, AUGUST)
    transform.build_on_spark(settings, JULY, AUGUST)
    con = duckdb.connect(str(settings.warehouse), read_only=True)
    con.execute("set TimeZone = 'Asia/Shanghai'")
    return Engines(con, session)

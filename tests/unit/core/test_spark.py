"""What is said where Apache Spark is not there, and what its session is made of. A session itself is tests/spark's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bangdan.core import spark
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings


@pytest.mark.parametrize("missing", ["pyspark", "dbt.adapters.spark"])
def test_without_the_extra_the_message_names_it_and_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(UsageError) as raised:
        spark.require()
    assert raised.value.message == "Apache Spark is not installed: it is the extra `spark`"
    assert "`make env-spark`" in str(raised.value.remedy)


def test_without_a_java_the_message_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: name)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UsageError, match="needs a Java") as raised:
        spark.require()
    assert raised.value.remedy == "install openjdk-17-jre-headless"
    monkeypatch.setenv("JAVA_HOME", "/opt/java")
    spark.require()


def test_the_session_of_a_home_has_its_own_catalog_lake_and_memory(tmp_path: Path) -> None:
    values = spark.parameters(Settings(tmp_path, 3, "2GB", spark_master="local[3]"))
    assert values["spark.master"] == "local[3]"
    assert values["spark.driver.memory"] == "2g"
    assert values["spark.sql.shuffle.partitions"] == "3"
    assert values["spark.sql.warehouse.dir"] == f"{tmp_path}/lake/spark"
    assert f"databaseName={tmp_path}/spark-catalog;" in values["spark.hadoop.javax.jdo.option.ConnectionURL"]
    assert set(spark.STATIC) <= set(values)

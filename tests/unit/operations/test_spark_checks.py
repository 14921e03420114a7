"""What each check of Apache Spark finds wrong, and its remedy, with a session that is a stand-in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import pytest

from bangdan.core import spark
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.settings import Settings
from bangdan.operations import spark_checks
from bangdan.operations.findings import Finding
from tests.support.spark_findings import CHECKS

LOCKED = {"pyspark": "4.3.0", "dbt-spark": "1.11.0", "numpy": "2.0", "numba": "0.60", "pyarrow": "20.0"}


class PySparkError(Exception):
    """Stand-in for pyspark.errors.PySparkException, with the condition that Spark names."""

    def getCondition(self) -> str:
        return str(self)


class Session:
    """Stand-in for a session: what it answers to the queries of the checks, and tables copied by DuckDB."""

    version = "4.3.1"
    august = "2021-08-01 00:00"
    text_as_number: str | None = "CAST_INVALID_INPUT"
    answers: list[tuple[Any, ...]] | None = None
    cast = "*"
    is_writing = True

    def __init__(self) -> None:
        system = SimpleNamespace(getProperty=lambda _name: "17.0.1")
        self.conf = SimpleNamespace(get=lambda _name: "Asia/Shanghai")
        self.sparkContext = SimpleNamespace(
            _jvm=SimpleNamespace(System=system),
            master="spark://host:7077",
            defaultParallelism=1,
            parallelize=self._parallelize,
        )

    def sql(self, query: str) -> Any:
        if "date_format" in query:
            return SimpleNamespace(collect=lambda: [[self.august]])
        if self.text_as_number:
            raise PySparkError(self.text_as_number)
        return SimpleNamespace(collect=lambda: [[None]])

    def _parallelize(self, numbers: range, _parts: int) -> Any:
        def mapped(function: Callable[[int], tuple[Any, ...]]) -> Any:
            return SimpleNamespace(collect=lambda: self.answers or [function(number) for number in numbers])

        return SimpleNamespace(map=mapped)

    @property
    def read(self) -> Any:
        def parquet(source: str) -> Any:
            def write(target: str) -> None:
                Path(target).mkdir()
                if self.is_writing:
                    duckdb.sql(f"select {self.cast} from '{source}'").write_parquet(f"{target}/part-0.parquet")

            return SimpleNamespace(write=SimpleNamespace(parquet=write))

        return SimpleNamespace(parquet=parquet)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, 1, "300MB", engine="spark")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session without fault, which `spark.session` returns, and packages as locked."""
    session = Session()
    modules = {
        "pyspark": {"__version__": "4.3.0"},
        "pyspark.errors": {"PySparkException": PySparkError},
        "py4j": {},
        "py4j.protocol": {"Py4JError": type("Py4JError", (Exception,), {})},
    }
    for name, values in modules.items():
        module = ModuleType(name)
        module.__dict__.update(values)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(spark, "require", lambda: None)
    monkeypatch.setattr(spark, "session", lambda settings: session)
    monkeypatch.setattr(spark, "_is_alive", lambda: True)
    monkeypatch.setattr(spark_checks.packages, "locked", lambda project, lock="requirements.lock": LOCKED)
    monkeypatch.setattr(spark_checks, "_installed", LOCKED.get)
    # A worker is this process.
    monkeypatch.setattr("importlib.metadata.version", LOCKED.__getitem__)
    return session


def by_name(settings: Settings) -> dict[str, Finding]:
    return {finding.check: finding for finding in spark_checks.findings(settings)}


def test_a_spark_without_fault_is_good_in_every_check(settings: Settings, session: Session) -> None:
    findings = list(spark_checks.findings(settings))
    assert [(finding.check, finding.state, finding.remedy) for finding in findings] == [
        (name, "good", "") for name in CHECKS
    ]
    assert findings[0].observed == "pyspark 4.3.0, dbt-spark 1.11.0, as locked"
    assert findings[1].observed == "spark://host:7077, Spark 4.3.1, Java 17.0.1"


def test_the_lake_is_left_as_it_was(settings: Settings, session: Session) -> None:
    list(spark_checks.findings(settings))
    assert not (settings.home / "lake").exists()
    (settings.home / "lake").mkdir()
    (settings.home / "lake" / "rows.parquet").touch()
    list(spark_checks.findings(settings))
    assert [file.name for file in (settings.home / "lake").iterdir()] == ["rows.parquet"]


def test_without_the_extra_the_only_finding_is_how_to_install_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    [finding] = spark_checks.findings(settings)
    assert (finding.check, finding.state) == ("spark", "fix")
    assert finding.observed == "Apache Spark is not installed: it is the extra `spark`"
    assert "make env-spark" in finding.remedy


def test_a_package_that_is_not_as_locked_is_named_with_both_versions(
    settings: Settings, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_checks, "_installed", {**LOCKED, "pyspark": "3.5.0", "numba": "missing"}.get)
    finding = by_name(settings)["spark packages"]
    assert finding.state == "fix"
    assert finding.observed == "pyspark 3.5.0 (wanted 4.3.0), numba missing (wanted 0.60)"
    assert finding.remedy == "run `make env-spark`"


def test_a_lake_that_is_no_folder_ends_the_checks(settings: Settings, session: Session) -> None:
    findings = list(spark_checks.findings(settings.replaced(lake="s3a://bucket/lake")))
    assert [finding.state for finding in findings] == ["good", "fix"]
    assert "BANGDAN_LAKE is 's3a://bucket/lake'" in findings[-1].observed
    assert findings[-1].remedy


def test_a_master_that_does_not_answer_is_the_last_finding(
    settings: Settings, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(settings: Settings) -> None:
        raise BangdanError("starting Apache Spark: Apache Spark failed: no master", remedy=spark.REMEDY)

    monkeypatch.setattr(spark, "session", refused)
    findings = list(spark_checks.findings(settings))
    assert [finding.check for finding in findings] == CHECKS[:2]
    assert findings[-1].observed == "starting Apache Spark: Apache Spark failed: no master"
    assert findings[-1].remedy == "correct BANGDAN_SPARK_MASTER, or start the cluster that it names"


def test_a_cluster_of_another_version_is_named_with_that_of_pyspark(settings: Settings, session: Session) -> None:
    session.version = "3.5.1"
    finding = by_name(settings)["spark connection"]
    assert finding.state == "fix"
    assert finding.observed == "spark://host:7077, Spark 3.5.1, Java 17.0.1, but pyspark 4.3.0"
    assert finding.remedy == "run the cluster with Spark 4.3.0, or install pyspark 3.5.1"


def test_an_august_that_begins_at_another_time_is_a_wrong_time_zone(settings: Settings, session: Session) -> None:
    session.august = "2021-07-31 16:00"
    finding = by_name(settings)["spark time zone"]
    assert (finding.state, finding.observed) == ("fix", "August begins at 2021-07-31 16:00")
    assert "spark.sql.session.timeZone to Asia/Shanghai" in finding.remedy


def test_a_text_that_is_null_as_a_number_is_a_wrong_mode(settings: Settings, session: Session) -> None:
    session.text_as_number = None
    finding = by_name(settings)["spark ANSI mode"]
    assert (finding.state, finding.observed) == ("fix", "a text that is no number is NULL")
    assert "spark.sql.ansi.enabled to true" in finding.remedy


def test_another_failure_of_that_query_does_not_pass_for_the_right_mode(settings: Settings, session: Session) -> None:
    session.text_as_number = "the cluster has ended"
    finding = list(spark_checks.findings(settings))[-1]
    assert (finding.check, finding.state) == ("spark ANSI mode", "fix")
    assert finding.observed == "Apache Spark failed: the cluster has ended"
    assert finding.remedy == "see that the cluster has a worker with a free core, and ask again"


@pytest.mark.parametrize(
    ("answer", "observed", "remedy"),
    [
        (
            ("3.11.7", "2.0", "0.60", "20.0", False),
            "Python 3.11.7, numpy 2.0, numba 0.60, pyarrow 20.0, without bangdan",
            "install this program on every worker",
        ),
        (
            ("3.9.2", "2.0", "missing", "20.0", True),
            "Python 3.9.2, numpy 2.0, numba missing, pyarrow 20.0, which is not what this process has",
            "give the workers Python",
        ),
    ],
)
def test_a_worker_with_another_python_or_without_the_program_is_named(
    settings: Settings, session: Session, answer: tuple[Any, ...], observed: str, remedy: str
) -> None:
    session.answers = [answer]
    finding = by_name(settings)["spark workers"]
    assert (finding.state, finding.observed) == ("fix", observed)
    assert finding.remedy.startswith(remedy)
    assert "PYSPARK_PYTHON" in finding.remedy


def test_workers_without_python_are_a_finding(settings: Settings, session: Session) -> None:
    def failing(*_words: object) -> None:
        raise PySparkError("Cannot run program python3.11")

    session.sparkContext.parallelize = failing
    finding = list(spark_checks.findings(settings))[-1]
    assert (finding.check, finding.observed) == ("spark workers", "Apache Spark failed: Cannot run program python3.11")
    assert finding.remedy == "name a Python that every worker has in PYSPARK_PYTHON"


def test_a_table_that_comes_back_changed_is_shown(settings: Settings, session: Session) -> None:
    session.cast = "* replace (local_time - interval 8 hour as local_time)"
    finding = by_name(settings)["spark round trip"]
    assert finding.state == "fix"
    assert "2021, 8, 31, 23, 59, 59, 999999" in finding.observed
    assert "spark.sql.timestampType" in finding.remedy


def test_a_lake_that_the_workers_do_not_share_is_a_finding(settings: Settings, session: Session) -> None:
    session.is_writing = False
    finding = by_name(settings)["spark round trip"]
    assert (finding.state, finding.remedy) == ("fix", spark_checks.SHARED)
    assert finding.observed == f"what Spark wrote into {settings.home / 'lake'} is not there"


def test_a_lake_that_cannot_be_written_is_a_finding(settings: Settings, session: Session) -> None:
    (settings.home / "lake").write_text("a file", "utf-8")
    finding = by_name(settings)["spark round trip"]
    assert (finding.state, finding.remedy) == ("fix", spark_checks.SHARED)
    assert str(settings.home / "lake") in finding.observed


def test_a_spark_without_a_java_is_a_finding(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def without() -> None:
        raise UsageError("Apache Spark needs a Java, and there is none", remedy="install openjdk-17-jre-headless")

    monkeypatch.setattr(spark, "require", without)
    [finding] = spark_checks.findings(settings)
    assert finding == Finding(
        "spark", "fix", "Apache Spark needs a Java, and there is none", "install openjdk-17-jre-headless"
    )

"""The doctor's checks of Apache Spark in a real session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bangdan.core.settings import Settings
from bangdan.operations import spark_checks
from tests.support.spark_findings import CHECKS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@contextmanager
def set_to(session: SparkSession, name: str, value: str) -> Iterator[None]:
    before = session.conf.get(name)
    session.conf.set(name, value)
    try:
        yield
    finally:
        session.conf.set(name, before)


def test_the_session_of_a_home_is_good_in_every_check(settings: Settings, session: SparkSession) -> None:
    findings = list(spark_checks.findings(settings))
    assert [(finding.check, finding.state) for finding in findings] == [(name, "good") for name in CHECKS], findings
    assert findings[1].observed.startswith(f"local[2], Spark {session.version}, Java ")


@pytest.mark.parametrize(
    ("parameter", "value", "check", "observed"),
    [
        ("spark.sql.session.timeZone", "UTC", "spark time zone", "August begins at 2021-07-31 16:00"),
        ("spark.sql.ansi.enabled", "false", "spark ANSI mode", "a text that is no number is NULL"),
    ],
)
def test_a_session_with_another_parameter_is_found(
    settings: Settings, session: SparkSession, monkeypatch: pytest.MonkeyPatch,
    parameter: str, value: str, check: str, observed: str,
) -> None:  # fmt: skip
    # A run sets its parameters in each session that it takes; a cluster may not let it.
    monkeypatch.setattr("bangdan.core.spark.session", lambda settings: session)
    with set_to(session, parameter, value):
        findings = {finding.check: finding for finding in spark_checks.findings(settings)}
    assert (findings[check].state, findings[check].observed) == ("fix", observed)
    assert parameter in findings[check].remedy

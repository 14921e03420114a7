"""What a layer and a match do on Apache Spark, step by step, without Spark: what goes to the lake, and what comes back."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bangdan import engines, lake, transform
from bangdan.core import spark
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.lake import Table
from bangdan.matching import spark_job

JULY, AUGUST = Month(2021, 7), Month(2021, 8)


def node(schema: str, name: str, materialized: str = "incremental", **meta: str) -> SimpleNamespace:
    return SimpleNamespace(schema=schema, name=name, config=SimpleNamespace(materialized=materialized, meta=dict(meta)))


NODES = [
    node("staging", "stg_posts", window="posts"), node("marts", "fct_posts"), node("marts", "dim_units", "table"),
]  # fmt: skip


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Calls of what works on Spark and on the lake, without the settings and the months."""
    made: list[tuple] = []

    def step(module: Any, name: str, result: Any = None) -> None:
        def work(*words: Any) -> Any:
            made.append((name, *(word for word in words if not isinstance(word, Settings | Month))))
            return result() if callable(result) else result

        monkeypatch.setattr(module, name, work)

    for name in ("write_inputs", "write_evidence", "read_tables", "read_matched_items"):
        step(lake, name)
    step(transform, "build_on_spark", transform.Built)
    step(transform, "build_empty", NODES)
    step(transform, "test", lambda: transform.Built(transform.Counter(success=2), warnings=["late"]))
    step(spark, "remove_strays")
    step(spark_job, "run", {"items": 3})
    monkeypatch.setattr(spark, "require", lambda: None)
    monkeypatch.setattr(spark, "session", lambda settings: "session")
    monkeypatch.setattr(spark, "failures", lambda work: nullcontext())
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path, 1, "300MB", engine="spark")
    with connect(settings):
        return settings


TABLES = [
    Table("staging.stg_posts", "published_month", "posts"), Table("marts.fct_posts", "ranking_month"),
    Table("marts.dim_units", ""),
]  # fmt: skip


def test_staging_takes_its_inputs_to_the_lake_and_the_registry_stays_duckdbs(
    settings: Settings, steps: list[tuple]
) -> None:
    engines.build(settings, JULY, AUGUST, engines.STAGE)
    assert steps == [
        ("write_inputs",), ("remove_strays", "session"),
        ("build_on_spark", ["selector:register", engines.STAGE], engines.FRAMES),
        ("build_empty", [engines.STAGE], [engines.REGISTRY]), ("read_tables", TABLES),
    ]  # fmt: skip
    with connect(settings, read_only=True) as con:
        months = con.execute("select month from main.staged_on_spark order by month").fetchall()
    assert months == [("2021-07",), ("2021-08",), ("2021-09",)]


@pytest.mark.parametrize(
    ("layer", "evidence"), [(engines.SCORE, []), (engines.PRESENT, [("write_evidence", ["certainty"])])]
)
def test_scores_and_candidates_come_back_and_are_tested_in_the_warehouse(
    settings: Settings, steps: list[tuple], layer: str, evidence: list[tuple]
) -> None:
    built = engines.build(settings, JULY, AUGUST, layer)
    assert steps == [
        *evidence, ("remove_strays", "session"), ("build_on_spark", [layer], engines.FRAMES), ("build_empty", [layer], []),
        ("read_tables", TABLES), ("test", [layer]),
    ]  # fmt: skip
    assert (built.states["success"], built.warnings) == (2, ["late"])


def test_matches_are_written_to_the_lake_before_their_items_come_back(settings: Settings, steps: list[tuple]) -> None:
    assert engines.match(settings, AUGUST) == {"items": 3}
    assert steps == [("run", "session"), ("write_evidence", lake.MATCHED), ("read_matched_items",)]

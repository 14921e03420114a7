"""The worlds in memory run the statements that dbt runs: every model, compiled by dbt itself, is the same text."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core.months import Month
from bangdan.transform import PARSED_WITH, variables_of
from tests.support.models_in_memory import DBT, project_files, rendered, schema_of

FIRST, LAST = "2020-12", "2021-02"


def test_models_are_rendered_here_as_dbt_compiles_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt.cli.main import dbtRunner

    (tmp_path / "warehouse").mkdir()
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    options = [
        "--project-dir", str(DBT), "--profiles-dir", str(DBT), "--target-path", str(tmp_path / "target"),
        "--log-path", str(tmp_path / "logs"), "--log-level", "none", "--quiet", "--no-send-anonymous-usage-stats",
    ]  # fmt: skip
    # As a build does: the project is parsed once, with variables that no month has, and compiled for the months.
    parsed = dbtRunner().invoke(["parse", *options, "--vars", PARSED_WITH])
    assert parsed.success, parsed.exception
    variables = variables_of(Month.parse(FIRST), Month.parse(LAST))
    done = dbtRunner(manifest=parsed.result).invoke(["compile", *options, "--vars", variables])
    assert done.success, done.exception
    compiled = {entry.node.name: entry.node for entry in done.result.results if entry.node.resource_type == "model"}
    assert set(compiled) == set(project_files("models", "*.sql"))
    for name, node in compiled.items():
        statement, config = rendered(name, FIRST, LAST)
        assert statement.split() == node.compiled_code.split(), name
        assert schema_of(name) == node.schema, name
        assert config["materialized"] == node.config.materialized, name
        assert config.get("incremental_strategy") == node.config.incremental_strategy, name
        assert config.get("meta", {}).get("window") == node.config.meta.get("window"), name

"""The dbt project: its unit tests run, every model is described and proves what one row is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from bangdan.core.months import Month
from bangdan.publication import contract
from bangdan.transform import variables_of
from tests.support.homes import PROJECT

MODELS = PROJECT / "dbt_project" / "models"


def described() -> dict[str, dict[str, Any]]:
    result = {}
    for file in MODELS.rglob("_*.yml"):
        for model in yaml.safe_load(file.read_text("utf-8")).get("models", []):
            result[model["name"]] = model
    return result


def test_every_model_is_described_and_proves_its_row() -> None:
    models, known = {file.stem for file in MODELS.rglob("*.sql")}, described()
    assert models == set(known)
    wrong = []
    for name, model in sorted(known.items()):
        tests = {next(iter(test)) if isinstance(test, dict) else test for test in model.get("data_tests", [])}
        if "one_row_is" not in tests:
            wrong.append(f"{name}: no test proves what one row is")
        lines = next(MODELS.rglob(f"{name}.sql")).read_text("utf-8").splitlines()
        first = " ".join(line.removeprefix("-- ") for line in takewhile(lambda line: line.startswith("-- "), lines))
        if model["description"].split(".")[0].split("、")[0][:40] != first.split(".")[0][:40]:
            wrong.append(f"{name}: its file says {first!r}, its description {model['description']!r}")
        wrong += [
            f"{name}.{column['name']}: no description"
            for column in model.get("columns", [{"name": "(none)"}])
            if not column.get("description")
        ]
    assert wrong == []


def test_every_published_column_has_a_chinese_and_an_english_description_that_is_written_once() -> None:
    text = (MODELS / "published" / "_columns.md").read_text("utf-8")
    blocks = re.findall(r"{% docs (\w+) %}", text)
    assert blocks == sorted(set(blocks)) == sorted(contract.labels())
    tables = contract.tables()
    used = {column.name for table in tables.values() for column in table.columns} | {"release"}
    used |= {column.name for table in tables for column in contract.database_columns(table)}
    assert used == set(blocks)
    for name, label in {**contract.labels(), **{f"{k}.": v.label for k, v in contract.tables().items()}}.items():
        assert re.search("[\u4e00-\u9fff]", label.zh), name
        assert re.search("[A-Za-z]", label.en), name
        assert not re.search("[\u4e00-\u9fff]", label.en), name
    assert [
        f"{name}.{column['name']}"
        for name, model in described().items()
        if name.startswith("rpt_")
        for column in model["columns"]
        if column["description"] != f"{{{{ doc('{column['name']}') }}}}"
    ] == []


@pytest.mark.timeout(300)
def test_unit_tests_of_the_models_pass(copy_of_city: Path) -> None:
    project = str(PROJECT / "dbt_project")
    done = subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "test", "--select", "test_type:unit", "--project-dir", project,
            "--profiles-dir", project, "--target-path", str(copy_of_city / "dbt" / "target"),
            "--log-path", str(copy_of_city / "dbt" / "logs"), "--no-use-colors",
            "--vars", variables_of(Month(2021, 8), Month(2021, 8)),
        ],
        env={**os.environ, "BANGDAN_HOME": str(copy_of_city), "BANGDAN_THREADS": "2", "BANGDAN_MEMORY_LIMIT": "4GB"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    passed, total = (int(done.stdout.split(word)[-1].split()[0]) for word in ("PASS=", "TOTAL="))
    written = [yaml.safe_load(file.read_text("utf-8")) for file in MODELS.rglob("*.yml")]
    assert passed == total >= sum(len(entry.get("unit_tests", [])) for entry in written) > 0

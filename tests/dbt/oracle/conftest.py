"""The models, compiled once for all tests of the folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.oracle.compiled import Warehouse, compiled_once


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def statements(shared: Path) -> dict[str, list[tuple[str, str, str]]]:
    return compiled_once(shared)


@pytest.fixture(scope="session")
def configured(shared: Path, statements: dict[str, list[tuple[str, str, str]]]) -> dict[str, dict[str, Any]]:
    """How dbt is to make each model: name → schema, tags, materialisation, contract, types of columns."""
    return json.loads((shared / "compiled" / "settings.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def warehouse(statements: dict[str, list[tuple[str, str, str]]]) -> Warehouse:
    """A database that every test of the folder fills anew."""
    return Warehouse(statements)

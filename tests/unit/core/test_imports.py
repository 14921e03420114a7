"""Imports that nothing uses are left out while a library is imported, and are themselves afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bangdan.core import imports
from tests.support.homes import PYTHON_PATH


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": PYTHON_PATH}, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.slow
def test_the_libraries_import_without_them() -> None:
    text = run(
        "import sys; from bangdan.core import imports\n"
        "with imports.without_unused():\n"
        "    import dbt.cli.main, great_expectations\n"
        "print([name for name in sys.modules if name.partition('.')[0] in imports.UNUSED])"
    )
    assert text == "[]\n"


def test_they_can_be_imported_afterwards() -> None:
    text = run(
        "from bangdan.core import imports\n"
        "with imports.without_unused():\n"
        "    import rfc3987_syntax; print(hasattr(rfc3987_syntax, 'is_valid_syntax'))\n"
        "import rfc3987_syntax; print(hasattr(rfc3987_syntax, 'is_valid_syntax'))"
    )
    assert text == "False\nTrue\n"


def test_what_is_loaded_already_stays() -> None:
    loaded = {name: __import__(name) for name in imports.UNUSED}
    with imports.without_unused():
        assert {name: sys.modules[name] for name in imports.UNUSED} == loaded
    assert {name: sys.modules[name] for name in imports.UNUSED} == loaded

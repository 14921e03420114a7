"""Imports all of the program and its large libraries, for the server that tests fork their processes from."""

from __future__ import annotations

import importlib
import pkgutil

import bangdan
from bangdan.core import imports

with imports.without_unused():
    for name in ("dbt.cli.main", "dbt.adapters.duckdb", "great_expectations"):
        importlib.import_module(name)

# What Airflow imports (bridge) needs Airflow, which reads its settings from the environment of the process.
for module in pkgutil.walk_packages(bangdan.__path__, "bangdan."):
    if not module.name.startswith("bangdan.bridge") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)

"""Imports all of the program and its large libraries, for the server that tests fork their processes from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys

import bangdan
from bangdan.core import imports, rendering

# PySpark, which Great Expectations imports where it is installed, takes a main module without a file for a doctest and exits.
vars(sys.modules["__main__"]).setdefault("__file__", __file__)

with imports.without_unused():
    for name in ("dbt.cli.main", "dbt.task.build", "dbt.adapters.duckdb", "great_expectations"):
        importlib.import_module(name)

# What Airflow imports (bridge) needs Airflow, which reads its settings from the environment of the process.
for module in pkgutil.walk_packages(bangdan.__path__, "bangdan."):
    if not module.name.startswith("bangdan.bridge") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)

# What each process would otherwise make for itself: compiled templates, the pages' words, the table of modules in which
# inspect looks the callers of dbt's flags up.
for template in rendering.environment().list_templates(extensions=["html"]):
    rendering.environment().get_template(template)
for language in rendering.LANGUAGES:
    rendering.words(language)
inspect.stack()

"""The house: who may import whom, which layer may read which, what files are called."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.support.homes import PROJECT

PACKAGE = PROJECT / "plugins" / "bangdan"
# From the callers down; a package imports packages of lower levels only, and stages never import each other.
LEVELS = [
    {"cli", "bridge"},
    {"backfill", "operations"},
    {"pipeline"},
    {"engines", "lineage", "month_inputs"},
    {"demo", "gates", "ingestion", "lake", "matching", "publication", "transform", "uncertainty"},
    {"core", "stages"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}


def imports(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def package_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_imports_point_down_and_stages_never_import_each_other() -> None:
    wrong = []
    for file in sorted(PACKAGE.rglob("*.py")):
        here = package_of(file)
        for name in sorted(imports(file)):
            there = name.split(".")[1] if name.startswith("bangdan.") else here
            if there not in (here, "__version__") and LEVEL[there] <= LEVEL[here]:
                wrong.append(f"{file.relative_to(PROJECT)} imports {name}")
    assert wrong == []


def test_airflow_is_imported_in_dags_plugin_and_bridge_only() -> None:
    wrong = [
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if package_of(file) != "bridge" and any(name.split(".")[0] == "airflow" for name in imports(file))
    ]
    assert wrong == []


# Layers of models, lowest first: each reads its own and those before it. Records are resolved (whose each is, which
# observation counts, what of a person may be shown) between the registry and the posts and items that are staged from them.
LAYERS = [
    {"staging/registry"},
    {"intermediate/registry"},
    {"intermediate/records"},
    {"staging"},
    {"intermediate"},
    {"marts"},
    {"published", "review"},
    {"gates"},
]


def layer_of(file: Path) -> int:
    """The position in LAYERS of the longest folder that holds a model."""
    folder = file.parent.relative_to(PROJECT / "dbt_project" / "models").as_posix()
    held_by = {name: at for at, names in enumerate(LAYERS) for name in names if f"{folder}/".startswith(f"{name}/")}
    return held_by[max(held_by, key=len)]


def test_models_read_their_own_layer_and_those_below() -> None:
    files = {file.stem: file for file in sorted((PROJECT / "dbt_project" / "models").rglob("*.sql"))}
    wrong = [
        f"{name} reads {upstream}"
        for name, file in files.items()
        for upstream in re.findall(r"ref\('(\w+)'\)", file.read_text("utf-8"))
        if upstream in files and layer_of(files[upstream]) > layer_of(file)
    ]
    assert wrong == []


def test_every_model_begins_by_saying_what_one_row_is() -> None:
    wrong = [
        file.stem
        for file in (PROJECT / "dbt_project" / "models").rglob("*.sql")
        if not file.read_text("utf-8").startswith("-- One row is ")
    ]
    assert wrong == []


def test_no_address_of_a_registry_and_no_path_of_a_machine() -> None:
    hosts = "|".join(["pypi" + r"\.org", "python" + "hosted", "index" + "-url ", "/ro" + "ot/", "/wo" + "rk/"])
    wrong = []
    for file in PROJECT.rglob("*"):
        parts = file.relative_to(PROJECT).parts
        if (
            parts[0] in (".git", ".venv", "data")
            or "__pycache__" in parts
            or (parts[0].startswith(".") and parts[0] != ".ci")
        ):
            continue
        if (
            file.is_file()
            and file.suffix in (".py", ".md", ".yml", ".toml", ".lock", ".sql", ".csv", "")
            and re.search(hosts, file.read_text("utf-8", "ignore"))
        ):
            wrong.append(str(file.relative_to(PROJECT)))
    assert wrong == []

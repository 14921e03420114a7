"""Make the folder of a new city: city.yml, the registry's headers, rules and corrections with commented examples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bangdan.core import city, files, seeds
from bangdan.core.errors import UsageError
from bangdan.core.settings import PROJECT, Settings
from bangdan.demo import CITY as DEMO
from bangdan.operations import registry_files

TEMPLATES = Path(__file__).with_name("new_city")
PROPERTIES = PROJECT / "dbt_project" / "seed_properties" / "_seeds.yml"
# Lists that `bangdan init` knows by name: (Chinese, English, short name of the workbook's sheets). Others are rows of city.yml.
LISTS = {
    "districts": ("区级榜单", "Districts", "区级"),
    "departments": ("部门榜单", "Departments", "部门"),
    "towns": ("街镇榜单", "Subdistricts and towns", "街镇"),
    "universities": ("高校榜单", "Universities", "高校"),
}
# Tables whose shipped rows are in force until a city copies them.
SHIPPED = {"quality_floors", "closed_registries", "source_authority"}


def make(folder: Path, name: str, name_en: str, lists: Sequence[str], channels: Sequence[str]) -> list[str]:
    """Write the folder; returns the paths written, below it. Nothing that exists is overwritten.

    Raises UsageError where the folder is a city already, or a list or channel type is unknown.
    """
    settings = Settings(folder, 1, "1GB")
    if city.exists(settings):
        raise UsageError(
            f"{folder} is a city already: it has a {city.FILE}", remedy="edit that file, or name another folder"
        )
    known_channels = [row["channel_type"] for row in seeds.rows(settings.seeds, "reference/channel_types")]
    _require_known("ranking list", lists, list(LISTS))
    _require_known("channel type", channels, known_channels)
    words = {
        "name": _quoted(name), "name_en": _quoted(name_en), "channels": f"[{', '.join(channels)}]",
        "known_channels": ", ".join(known_channels), "lists": "\n".join(map(_list, lists)), "first_list": lists[0],
    }  # fmt: skip
    texts = {
        "README.md": (TEMPLATES / "README.md").read_text("utf-8").format(**words | {"name": name, "name_en": name_en}),
        ".gitignore": "# What the program makes, and exports, which a backup keeps (bangdan backup).\ndata/\ninbox/\n",
        "inbox/.keep": "",
        "mappings/.keep": "",
        **{f"registry/{table}.csv": ",".join(columns) + "\n" for table, columns in registry_files.COLUMNS.items()},
        **_tables(settings),
        city.FILE: (TEMPLATES / city.FILE).read_text("utf-8").format(**words),
    }
    written = [path for path in texts if not (folder / path).exists()]
    for path in written:  # city.yml last: with it the folder is a city
        files.write_text(folder / path, texts[path])
    city.load(settings)
    return written


def _require_known(kind: str, values: Sequence[str], known: Sequence[str]) -> None:
    if not values:
        raise UsageError(f"no {kind} is named", remedy=f"name at least one of {', '.join(known)}")
    for value in values:
        if value not in known:
            raise UsageError(
                f"{value!r} is no {kind}", remedy=f"choose of {', '.join(known)}; other lists go into city.yml"
            )


def _quoted(text: str) -> str:
    """Text as a YAML value."""
    return json.dumps(text, ensure_ascii=False)


def _list(ranking_list: str) -> str:
    name, name_en, short_name = LISTS[ranking_list]
    return f"  - id: {ranking_list}\n    name: {name}\n    name_en: {name_en}\n    short_name: {short_name}"


def _tables(settings: Settings) -> dict[str, str]:
    """Empty rules and corrections: what a row is, an example of the demo's where it has one, and the header."""
    described: dict[str, Any] = {
        seed["name"]: seed["description"] for seed in yaml.safe_load(PROPERTIES.read_text("utf-8"))["seeds"]
    }
    tables = {}
    for folder in ("rules", "corrections"):
        for name in city.FOLDERS[folder]:
            table = name.rpartition("/")[2]
            if table in SHIPPED:
                continue
            header = (settings.seeds / f"{name}.csv").read_text("utf-8").partition("\n")[0].strip()
            example = DEMO / folder / f"{table}.csv"
            lines = example.read_text("utf-8").splitlines()[1:2] if example.exists() else []
            comments = [described[table], *(f"For example: {line}" for line in lines)]
            tables[f"{folder}/{table}.csv"] = "".join(f"{city.COMMENT}{line}\n" for line in comments) + header + "\n"
    return tables

"""docs/analysts/metrics.md, made from metrics.yml and the seeds: what each figure is, defined once.

python -m bangdan.publication.formats.metrics > docs/analysts/metrics.md
"""

from __future__ import annotations

import sys
from importlib.resources import files as package_files
from typing import Any

import yaml

from bangdan.core import seeds
from bangdan.core.formatting import grouped
from bangdan.core.settings import Settings
from bangdan.publication.pages.names import DIMENSIONS, indicator_name

HEAD = """# Metrics

Made from `publication/formats/metrics.yml` and the seeds by `python -m bangdan.publication.formats.metrics`; the tests hold this page
to them, and every query to the column that it defines. Tables are those of the schema `published`.
"""


def page(settings: Settings) -> str:
    """The page, Markdown."""
    lines = [HEAD]
    for metric in defined():
        lines += [f"## {metric['name']}", "", f"{metric['zh']} {metric['en']}", "", f"Column: `{metric['column']}`"]
        if "where" in metric:
            lines[-1] += f" where `{metric['where']}`"
        lines += ["", "```sql", metric["sql"], "```", ""] if "sql" in metric else [""]
    lines += ["## Indicators", "", "| dimension | indicator | weight | goalpost | method |", "|---|---|---|---|---|"]
    for row in seeds.rows(settings.seeds, "methodology/method_indicators"):
        label = indicator_name(row["indicator_id"], "zh")
        dimension = " ".join(DIMENSIONS[row["dimension"]])
        goalpost = grouped(int(row["goalpost"]))
        lines.append(
            f"| {dimension} | {label} `{row['indicator_id']}` | {row['weight']} | {goalpost} | {row['method_version']} |"
        )
    lines += ["", "## Rival indices", "", "| index | name |", "|---|---|"]
    for row in seeds.rows(settings.seeds, "methodology/rival_indices"):
        lines.append(f"| `{row['index_id']}` | {row['index_name']} {row['index_name_en']} |")
    return "\n".join(lines) + "\n"


def defined() -> list[dict[str, Any]]:
    """name, column (table.column), zh, en and, where it can be recomputed, sql (and where) of every metric."""
    return yaml.safe_load((package_files("bangdan.publication.formats") / "metrics.yml").read_text("utf-8"))


if __name__ == "__main__":
    sys.stdout.write(page(Settings.load()))

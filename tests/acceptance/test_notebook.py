"""The analysts' notebook: its cells run one after the other on a published database, and show what they are there for."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.homes import PROJECT

NOTEBOOK = PROJECT / "docs" / "analysts" / "first-look.ipynb"


def cells(kind: str) -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def run(sources: list[str]) -> list[Any]:
    """The value of the last expression of each cell, which a notebook shows; None where it ends with none."""
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for number, source in enumerate(sources):
        body = ast.parse(source).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), f"cell {number}", "exec"), names)
        shown.append(eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names) if last else None)
    return shown


def test_the_notebook_shows_release_ranks_history_intervals_and_a_figure(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(city))
    about, releases, top, history, intervals, figure = run(cells("code"))
    assert about.loc["latest_month"].tolist() == ["2021-08"]
    assert list(releases["ranking_month"]) == ["2021-07", "2021-08"]
    assert list(top["rank"]) == sorted(top["rank"])
    assert list(history.columns) == ["2021-07", "2021-08"]
    assert (intervals["best_rank"] <= intervals["rank"]).all()
    assert (intervals["rank"] <= intervals["worst_rank"]).all()
    drawn = ElementTree.fromstring(figure._repr_svg_())
    circles = drawn.findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == len(intervals) == len(history)


def test_the_notebook_is_kept_without_outputs_and_needs_nothing_but_duckdb_and_pandas() -> None:
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"] == [[]] * len(cells("code"))
    modules = {
        name.split(".")[0]
        for source in cells("code")
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert modules == {"os", "pathlib", "duckdb", "html", "types"}

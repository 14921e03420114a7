"""Great Expectations evaluates each frame once for all tests of the gates: most tests change one frame of many."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from bangdan import gates

if TYPE_CHECKING:
    import pandas as pd

evaluate = gates.evaluate
_outcomes: dict[bytes, list[gates.Outcome]] = {}


def evaluate_once(data: pd.DataFrame, rules: list[gates.Rule], limits: dict[str, float]) -> list[gates.Outcome]:
    """The outcomes of the same rules on the same rows with the same limits, from an earlier test where there was one."""
    named = {value["$PARAMETER"] for rule in rules for value in rule.kwargs.values() if isinstance(value, dict)}
    used = sorted((name, limit) for name, limit in limits.items() if name in named)
    key = pickle.dumps((data.to_dict("list"), data.dtypes.to_dict(), rules, used))
    if key not in _outcomes:
        _outcomes[key] = evaluate(data, rules, limits)
    return _outcomes[key]


@pytest.fixture(autouse=True)
def _each_frame_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "evaluate", evaluate_once)

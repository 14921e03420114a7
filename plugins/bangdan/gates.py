"""The three quality gates: Great Expectations run on frames of the warehouse, the verdicts, and their reports."""

from __future__ import annotations

import json
import logging
import os
import re
import statistics
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from bangdan import stages
from bangdan.core import documents, files, imports
from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.formatting import one_line
from bangdan.core.months import Month, each
from bangdan.core.rendering import render
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect

if TYPE_CHECKING:
    import pandas as pd

GATES = tuple(stages.GATES.values())
ROWS_REPORTED = 20
ROWS_IN_MESSAGE = 3
VALUES_IN_MESSAGE = 5
OBSERVED_CHARACTERS = 500
HISTORY_MONTHS = 12  # before a month, whose figures are shown next to its own
HISTORY_LIMITS = {"history_months_least", "history_band_k", "history_spread_least"}
SOURCE_COLUMNS = ("channel_type", "connector")


@dataclass(frozen=True)
class Rule:
    """One expectation of a suite. `message` names columns in braces: they stand for the values of the broken rows."""

    frame: str
    type: str
    kwargs: dict[str, Any]
    severity: str
    message: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What Great Expectations returns for one rule; `broken_rows` are the positions of the rows that break it."""

    success: bool
    observed: str
    broken_rows: list[int]


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold, as it is reported: with at most 20 of the rows that break it, all values as text."""

    frame: str
    rule: str
    arguments: dict[str, str]
    message: str
    reason: str
    observed: str
    rows: list[dict[str, str]]


@dataclass
class Verdict:
    """The result of a gate on a month: critical rules that do not hold are failures, others are warnings."""

    gate: str
    checked: int = 0
    failures: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.failures

    def summary(self) -> dict[str, Any]:
        return {"gate": self.gate, "passed": self.passed, "checked": self.checked, "warnings": len(self.warnings)}

    def to_json(self) -> dict[str, Any]:
        """The report of the gate, and its entry in the manifest of a release."""
        return {"gate": self.gate, "passed": self.passed, **asdict(self)}

    @classmethod
    def from_json(cls, report: dict[str, Any]) -> Verdict:
        findings = {kind: [Finding(**finding) for finding in report[kind]] for kind in ("failures", "warnings")}
        return cls(report["gate"], report["checked"], **findings)


# ---- check: load, compute, write ---------------------------------------------------------------------------------


def check(settings: Settings, month: Month, gate: str) -> Verdict:
    """Run a gate on a month and write its report; raise GateRefused when a critical rule does not hold."""
    rules = _suite(settings, gate)
    with connect(settings, read_only=True) as con:
        limits = _limits(con, month)
        frames = {frame: _frame(con, month, gate, frame) for frame in dict.fromkeys(rule.frame for rule in rules)}
    verdict = _verdict(gate, rules, frames, limits)
    current = figures(frames)
    compared = compare(current, _earlier_figures(settings, month, gate), limits)
    files.write_text(figures_path(settings, month, gate), documents.dump(current, indent=1) + "\n")
    files.write_text(report_path(settings, month, gate), documents.dump(verdict.to_json(), indent=1) + "\n")
    context = {"month": month, "verdict": verdict, "figures": compared}
    files.write_text(page_path(settings, month, gate), render("gate.html", "en", context))
    if not verdict.passed:
        raise _refusal(settings, month, verdict)
    return verdict


def _suite(settings: Settings, gate: str) -> list[Rule]:
    """The rules of a gate in the order of its file."""
    file = settings.expectations / f"{gate}.yml"
    try:
        suite = yaml.safe_load(file.read_text("utf-8"))
        return [Rule(frame, **rule) for frame, rules in suite["frames"].items() for rule in rules]
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise BangdanError(f"{file.name} cannot be read: {error}", remedy="restore it from git") from None


def _limits(con: duckdb.DuckDBPyConnection, month: Month) -> dict[str, float]:
    """The limits in force for all sources, by measure: what a suite names as `$PARAMETER`."""
    return dict(
        _query(
            con,
            "select measure, value from gates.gate_raw_exports__limits where ranking_month = $1 and value is not null",
            month,
        ).fetchall()
    )


def _frame(con: duckdb.DuckDBPyConnection, month: Month, gate: str, frame: str) -> pd.DataFrame:
    """The rows of a frame of one month, in a total order."""
    model = f"gates.gate_{gate}__{frame}"
    return _query(
        con, f"select * exclude (ranking_month) from {model} where ranking_month = $1 order by all", month
    ).df()


def _query(con: duckdb.DuckDBPyConnection, query: str, month: Month) -> duckdb.DuckDBPyConnection:
    try:
        return con.execute(query, [str(month)])
    except duckdb.CatalogException as error:
        first = str(error).partition("\n")[0]
        raise BangdanError(
            f"{month} has not been built: {first}", remedy=f"run `bangdan run --month {month}`"
        ) from None


def _verdict(gate: str, rules: list[Rule], frames: dict[str, pd.DataFrame], limits: dict[str, float]) -> Verdict:
    verdict = Verdict(gate, checked=len(rules))
    for frame, data in frames.items():
        of_frame = [rule for rule in rules if rule.frame == frame]
        for rule, outcome in zip(of_frame, evaluate(data, of_frame, limits), strict=True):
            if not outcome.success:
                findings = verdict.failures if rule.severity == "critical" else verdict.warnings
                findings.append(_finding(rule, outcome, data, limits))
    return verdict


def _finding(rule: Rule, outcome: Outcome, data: pd.DataFrame, limits: dict[str, float]) -> Finding:
    broken = data.iloc[outcome.broken_rows]
    return Finding(
        rule.frame,
        rule.type,
        arguments={name: str(limits.get(_parameter(value), value)) for name, value in rule.kwargs.items()},
        message=_message(rule.message, broken, outcome.observed),
        reason=rule.reason,
        observed=outcome.observed,
        rows=[{name: str(value) for name, value in row.items()} for _, row in broken[:ROWS_REPORTED].iterrows()],
    )


def _message(template: str, broken: pd.DataFrame, observed: str) -> str:
    """The message of a rule, with the values of the broken rows in place of the columns that it names."""

    def values(column: re.Match[str]) -> str:
        known = [one_line(str(value)) for value in broken[column[1]]] if column[1] in broken else [observed]
        different = list(dict.fromkeys(known))
        more = f" and {len(different) - VALUES_IN_MESSAGE} more" if len(different) > VALUES_IN_MESSAGE else ""
        return ", ".join(different[:VALUES_IN_MESSAGE]) + more

    return re.sub(r"\{(\w+)\}", values, template)


def _refusal(settings: Settings, month: Month, verdict: Verdict) -> GateRefused:
    """All that is wrong in words, the first rows that show the first of it, and its rule."""
    first, *others = verdict.failures
    also = "".join(f"\n  also: {other.message}" for other in others)
    rows = "; ".join(str(row) for row in first.rows[:ROWS_IN_MESSAGE]) or first.observed
    return GateRefused(
        f"{month}: {verdict.gate} refused: {first.message}{also}\n  found: {rows}\n"
        f"  rule: {verdict.gate}.{first.frame} {first.rule} {first.arguments}",
        remedy=f"see {page_path(settings, month, verdict.gate)}; nothing was published, the last release stays",
    )


# ---- Great Expectations ------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _batches() -> Any:
    """A batch definition of Great Expectations, made once per process: a context costs more than most frames."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with imports.without_unused():
        import great_expectations as gx

    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def evaluate(data: pd.DataFrame, rules: list[Rule], limits: dict[str, float]) -> list[Outcome]:
    """Evaluate the rules of one frame on its rows; one outcome each, in the order of the rules."""
    batches = _batches()
    from great_expectations import ExpectationSuite, expectations

    missing = {at: name for at, rule in enumerate(rules) if (name := _missing_limit(rule, limits))}
    suite = ExpectationSuite(
        "frame",
        [
            getattr(expectations, rule.type)(**rule.kwargs, meta={"at": at})
            for at, rule in enumerate(rules)
            if at not in missing
        ],
    )
    batch = batches.get_batch(batch_parameters={"dataframe": data})
    validation = batch.validate(suite, result_format={"result_format": "COMPLETE"}, expectation_parameters=limits)
    outcomes = {at: Outcome(False, f"no limit {name} is in force", []) for at, name in missing.items()}
    # An expectation that raised comes first, whatever its place in the suite.
    outcomes |= {result.expectation_config.meta["at"]: _outcome(result) for result in validation.results}
    return [outcomes[at] for at in range(len(rules))]


def _outcome(result: Any) -> Outcome:
    detail = result.result or {}
    observed = detail.get("observed_value", detail.get("unexpected_list", "")) if detail else "cannot be evaluated"
    positions = detail.get("unexpected_index_list") or []
    return Outcome(
        bool(result.success),
        str(observed)[:OBSERVED_CHARACTERS],
        [int(at["index"]) if isinstance(at, dict) else int(at) for at in positions],
    )


def _parameter(value: Any) -> str:
    """The limit that an argument names; empty where it is a value itself."""
    return value["$PARAMETER"] if isinstance(value, dict) else ""


def _missing_limit(rule: Rule, limits: dict[str, float]) -> str:
    names = [name for value in rule.kwargs.values() if (name := _parameter(value)) and name not in limits]
    return names[0] if names else ""


# ---- figures of the frames, next to those of the months before ---------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """A figure of a month and of the months before it, oldest first; median and band are None where they are too few."""

    name: str
    value: float
    earlier: list[float | None]  # None: a month without the figure
    median: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_outside(self) -> bool:
        return self.low is not None and self.high is not None and not self.low <= self.value <= self.high


def figures(frames: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Of each frame the number of rows and the median of each column of numbers, by `frame.column`; where rows are of
    sources, by `frame[channel type, connector].column`.
    """
    values: dict[str, float] = {}
    for frame, data in frames.items():
        keys = [column for column in SOURCE_COLUMNS if column in data]
        values[f"{frame}.rows"] = float(len(data))
        parts = data.groupby(keys) if keys else [((), data)]
        for key, part in parts:
            place = f"{frame}[{', '.join(map(one_line, key))}]" if keys else frame
            medians = part.select_dtypes("number").median().dropna()
            values |= {f"{place}.{column}": float(value) for column, value in medians.items()}
    return values


def compare(current: dict[str, float], earlier: list[dict[str, float]], limits: dict[str, float]) -> list[Compared]:
    """Each figure next to those of the months before, with the band median ± k · MAD; those outside it first."""
    rows, is_limited = [], limits.keys() >= HISTORY_LIMITS
    for name in sorted(current.keys() | {name for month in earlier for name in month}):
        series = [month.get(name) for month in earlier]
        known = [value for value in series if value is not None]
        band: tuple[float, float, float] | None = None
        if is_limited and len(known) >= max(limits["history_months_least"], 1):
            median = statistics.median(known)
            deviation = statistics.median(abs(value - median) for value in known)
            width = limits["history_band_k"] * max(deviation, limits["history_spread_least"] * abs(median))
            band = (median, median - width, median + width)
        rows.append(Compared(name, current.get(name, 0.0), series, *(band or (None, None, None))))
    return sorted(rows, key=lambda row: not row.is_outside)


def _earlier_figures(settings: Settings, month: Month, gate: str) -> list[dict[str, float]]:
    """The figures of the twelve months before, oldest first; empty for a month whose gate has not been run."""
    paths = [figures_path(settings, earlier, gate) for earlier in each(month - HISTORY_MONTHS, month - 1)]
    return [documents.read(path) if path.exists() else {} for path in paths]


def figures_path(settings: Settings, month: Month, gate: str) -> Path:
    """The figures of a gate's frames at its last run, as JSON."""
    return report_path(settings, month, gate).with_suffix(".figures.json")


# ---- reports -----------------------------------------------------------------------------------------------------


def page_address(month: Month | str, gate: str) -> str:
    """Where the page of a gate's last run is, below the data home."""
    return f"runs/{month}/quality/{gate}.html"


def page_path(settings: Settings, month: Month, gate: str) -> Path:
    """The report of a gate's last run as a page for people."""
    return settings.home / page_address(month, gate)


def report_path(settings: Settings, month: Month, gate: str) -> Path:
    """The same report as JSON."""
    return page_path(settings, month, gate).with_suffix(".json")


def last_verdict(settings: Settings, month: Month, gate: str) -> Verdict | None:
    """The verdict of a gate's last run; None where there is none, or none that this version of the program can read:
    such a gate has to be passed again.
    """
    try:
        return Verdict.from_json(json.loads(report_path(settings, month, gate).read_text("utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def last_verdicts(settings: Settings, month: Month) -> dict[str, Verdict]:
    """The last verdicts of the gates that have been run, in the order of the gates."""
    verdicts = {gate: last_verdict(settings, month, gate) for gate in GATES}
    return {gate: verdict for gate, verdict in verdicts.items() if verdict}


def passed_verdicts(settings: Settings, month: Month) -> list[dict[str, Any]]:
    """The reports of all three gates; GateRefused where one of them has not been passed: only then is a month published."""
    verdicts = last_verdicts(settings, month)
    for gate in GATES:
        if gate not in verdicts or not verdicts[gate].passed:
            raise GateRefused(
                f"{month}: {gate} has not been passed", remedy=f"run `bangdan run --month {month}`, which checks it"
            )
    return [verdict.to_json() for verdict in verdicts.values()]


def withdraw(settings: Settings, month: Month) -> None:
    """Remove the verdicts on a month that is being built again: only what was checked may be published."""
    for gate in GATES[1:]:
        for path in (locate(settings, month, gate) for locate in (report_path, page_path, figures_path)):
            path.unlink(missing_ok=True)

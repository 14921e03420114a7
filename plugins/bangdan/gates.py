"""The three doors: run Great Expectations on small frames from the warehouse, and give a verdict."""

from __future__ import annotations

import html
import json
import logging
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from bangdan.core import files
from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect

DOORS = ("raw_exports", "post_facts", "ranking")
MAX_ROWS = 20
COMPLETE = {"result_format": "COMPLETE"}


@dataclass
class Verdict:
    """What a door found. `failures` and `warnings`: suite, frame, rule, notes, observed, rows."""

    door: str
    checked: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.failures

    def summary(self) -> dict[str, Any]:
        return {"door": self.door, "passed": self.passed, "checked": self.checked, "warnings": len(self.warnings)}


def check(settings: Settings, month: Month, door: str) -> Verdict:
    """Check one door of a month; raise GateRefused, with the report's path, when a critical expectation fails."""
    suite = _suite(settings, door)
    verdict = Verdict(door)
    with connect(settings, read_only=True) as con:
        values = _values(con, month)
        for name, frame in suite["frames"].items():
            data = con.execute(frame["query"].format_map(values)).df()
            for one, result in zip(frame["expectations"], _validate(data, frame["expectations"], values), strict=True):
                verdict.checked += 1
                if result["success"]:
                    continue
                said = {
                    "suite": door,
                    "frame": name,
                    "rule": one["type"],
                    "arguments": {key: str(value) for key, value in _filled(one["kwargs"], values).items()},
                    "notes": one["notes"],
                    "observed": result["observed"],
                    "rows": result["rows"],
                }
                is_critical = str(_filled(one["severity"], values)) == "critical"
                (verdict.failures if is_critical else verdict.warnings).append(said)
    _write(settings, month, verdict)
    if not verdict.passed:
        first = verdict.failures[0]
        rows = "; ".join(str(row) for row in first["rows"][:3]) or first["observed"]
        raise GateRefused(
            f"{month}: {door} refused by {len(verdict.failures)} rule(s); first: {first['suite']}.{first['frame']} "
            f"{first['rule']} {first['arguments']} ({first['notes']}); found: {rows}",
            remedy=f"see {_report(settings, month, door).with_suffix('.html')}; nothing was published, the last release stands",
        )
    return verdict


def verdicts(settings: Settings, month: Month) -> list[dict[str, Any]]:
    """The last verdict of each door; a door that has not been passed refuses publication."""
    found = []
    for door in DOORS:
        report = _report(settings, month, door)
        told = json.loads(report.read_text("utf-8")) if report.exists() else None
        if told is None or not told["passed"]:
            raise GateRefused(
                f"{month}: {door} has not been passed", remedy=f"run `bangdan run --month {month}`, which checks it"
            )
        found.append(told)
    return found


def withdraw(settings: Settings, month: Month) -> None:
    """Remove the verdicts on a month that is being built anew: only what was checked may be published."""
    for door in DOORS[1:]:
        for suffix in (".json", ".html"):
            _report(settings, month, door).with_suffix(suffix).unlink(missing_ok=True)


def _suite(settings: Settings, door: str) -> dict[str, Any]:
    file = settings.expectations / f"{door}.yml"
    try:
        return yaml.safe_load(file.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise BangdanError(f"{file.name} cannot be read: {error}", remedy="restore it from git") from None


def _values(con: duckdb.DuckDBPyConnection, month: Month) -> dict[str, Any]:
    """What suites may name in braces."""
    units = [
        unit
        for (unit,) in con.execute(
            """
            select distinct unit_id from staging.stg_units
            where ranking_list is not null and valid_from < $2 and $1 < valid_to order by unit_id
            """,
            [month.start, month.end],
        ).fetchall()
    ]
    [(records,)] = con.execute("select count(*) from raw.records where month = $1", [str(month)]).fetchall()
    is_sampled = records < 2_000
    floors = FLOORS.format(start=month.start.date(), end=month.end.date())
    return {
        **dict(con.execute(f"select measure, value from {floors} where scope = '' order by measure").fetchall()),
        "floors": floors,
        "month": str(month),
        "previous": str(month - 1),
        "start": f"{month.start:%Y-%m-%d}",
        "end": f"{month.end:%Y-%m-%d}",
        "days": month.days,
        "unit_ids": units,
        "unit_count": len(units),
        "ranking_rows": 2 * len(units),
        # A hand-made sample of a channel has silent days; a city's month has not.
        "channel_severity": "warning" if is_sampled else "critical",
    }


# Limits in force between two days, by measure and scope; of two rows the one that begins later stands.
FLOORS = """(
    select measure, coalesce(scope, '') as scope, arg_max(value, valid_from)::double as value from seeds.quality_floors
    where valid_from < date '{end}' and (valid_to is null or date '{start}' < valid_to) group by all
)"""


def _filled(value: Any, values: dict[str, Any]) -> Any:
    """`{name}` alone stands for the value itself, whatever its type."""
    if isinstance(value, dict):
        return {key: _filled(one, values) for key, one in value.items()}
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return values[value[1:-1]]
    return value


@lru_cache(maxsize=1)
def _batches() -> Any:
    """Great Expectations' way to take a frame, set up once per process: a context costs more than most frames."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def _validate(data: Any, wanted: list[dict[str, Any]], values: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the expectations of one frame on it, in one go; one plain result each, in order."""
    batches = _batches()
    from great_expectations import ExpectationSuite
    from great_expectations import expectations as rules

    suite = ExpectationSuite(
        "frame",
        [
            getattr(rules, one["type"])(**_filled(one["kwargs"], values), meta={"at": at})
            for at, one in enumerate(wanted)
        ],
    )
    told = batches.get_batch(batch_parameters={"dataframe": data}).validate(suite, result_format=COMPLETE)
    found = []
    # One that raised comes first, wherever it stood: they are put back in order.
    for result in sorted(told.results, key=lambda one: one.expectation_config.meta["at"]):
        detail = result.result or {}
        index = detail.get("unexpected_index_list") or []
        observed = detail.get("observed_value", detail.get("unexpected_list", ""))
        if missing := detail.get("partial_missing_list"):  # of a set that should be there: it gives no observed value
            observed = f"missing: {', '.join(map(str, missing))}"
        found.append(
            {
                "success": bool(result.success),
                "observed": str(observed)[:500],
                "rows": [
                    {key: str(value) for key, value in data.iloc[_position(at)].items()} for at in index[:MAX_ROWS]
                ],
            }
        )
    return found


def _position(at: Any) -> int:
    return int(at["index"]) if isinstance(at, dict) and "index" in at else int(at)


def _report(settings: Settings, month: Month, door: str) -> Path:
    return settings.runs / str(month) / "quality" / f"{door}.json"


def _write(settings: Settings, month: Month, verdict: Verdict) -> None:
    told = {
        "door": verdict.door,
        "passed": verdict.passed,
        "checked": verdict.checked,
        "failures": verdict.failures,
        "warnings": verdict.warnings,
    }
    target = _report(settings, month, verdict.door)
    files.write_text(target, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    files.write_text(target.with_suffix(".html"), _page(month, told))


def _page(month: Month, told: dict[str, Any]) -> str:
    lines = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        f"<title>{month} {told['door']}</title><h1>{month} · {told['door']}: {'passed' if told['passed'] else 'refused'}</h1>",
        f"<p>{told['checked']} expectations, {len(told['failures'])} failed, {len(told['warnings'])} warnings</p>",
    ]
    for kind in ("failures", "warnings"):
        for one in told[kind]:
            shown = html.escape(json.dumps(one, ensure_ascii=False, indent=1))
            lines.append(f"<h2>{kind}: {html.escape(one['frame'])} {html.escape(one['rule'])}</h2><pre>{shown}</pre>")
    return "\n".join(lines) + "</html>\n"

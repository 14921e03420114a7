"""Many months: what would change (plan), what it would change (diff), and doing it (apply).

A range is built in one dbt call; months are matched, checked and published one by one, ascending, because each list's
movement reads the release before it.
"""

from __future__ import annotations

import hashlib
import html
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bangdan import __version__, files, pipeline, warehouse
from bangdan.errors import GateRefused, UsageError
from bangdan.months import Month, each
from bangdan.quality import DOORS
from bangdan.settings import Settings
from bangdan.warehouse import in_memory

Progress = Callable[[str], None]
Row = dict[str, Any]


# ---- plan --------------------------------------------------------------------------------------------------------


def plan(settings: Settings, first: Month, last: Month) -> dict[str, Any]:
    """Per month its inputs, its release and what has changed since; writes nothing at all.

    action: publish (no release yet), restate (something it was made from has changed), keep, no exports, purged (can't
    be built again).
    """
    from bangdan import purge
    from bangdan.publication import ledger

    exports, purged = _exports(settings), purge.months(settings)
    rows: list[Row] = []
    changed: set[Month] = set()
    for month in each(first, last):
        release = ledger.latest(settings, month)
        inputs = _inputs_of(exports, month)
        row: Row = {
            "month": str(month),
            "exports": len(inputs),
            "inputs_hash": _hash(inputs),
            "release": release.name if release else None,
            "action": "keep",
            "changes": [],
        }
        has_records = any(one["table_name"] == "records" and str(month) in one["months"] for one in exports)
        if str(month) in purged:
            row |= {"action": "purged", "changes": ["exports purged: it can no longer be rebuilt, its releases stand"]}
        elif release is None:
            row["action"] = "publish" if has_records else "no exports"
        else:
            row["changes"] = _changes(settings, month, release.manifest, inputs)
            before = sorted(one for one in changed if month - 3 <= one < month)
            if before:
                row["changes"].append(f"months before it change: {', '.join(map(str, before))}")
            if ledger.pending_file(settings, month).exists():
                row["changes"].append("pending: its figures differ from the release")
            if row["changes"]:
                row["action"] = "restate"
        if row["action"] in ("publish", "restate"):
            changed.add(month)
            if history := purge.history_of(settings, month):
                row["changes"].append(f"posts of months before it are purged: {', '.join(history)}")
        rows.append(row)
    downstream = _downstream(settings, changed, last)
    seconds = _seconds_per_month(settings)
    return {
        "first": str(first),
        "last": str(last),
        "months": rows,
        "to_change": len(changed),
        "downstream": downstream,
        "estimated_seconds": None if seconds is None else round(seconds * len(changed)),
    }


def _exports(settings: Settings) -> list[Row]:
    """The raw layer's manifest: one row per export that has loaded."""
    if not any((settings.raw / "export_manifest").glob("*.parquet")):
        return []
    con = in_memory(settings)
    try:
        return (
            con.sql(
                "select export_sha256, load_key, table_name, months from read_parquet($1, union_by_name = true)"
                " where status <> 'refused' order by export_sha256, load_key",
                params=[str(settings.raw / "export_manifest" / "*.parquet")],
            )
            .to_arrow_table()
            .to_pylist()
        )
    finally:
        con.close()


def _inputs_of(exports: list[Row], month: Month) -> list[str]:
    """Hashes of the exports a month reads: the registry, posts of three months back, items of the next week."""
    window = {str(month + step) for step in (-3, -2, -1, 0, 1)}
    return sorted(
        {one["export_sha256"] for one in exports if one["table_name"] != "records" or window & set(one["months"] or ())}
    )


def _changes(settings: Settings, month: Month, manifest: Row, inputs: list[str]) -> list[str]:
    """What a release was made from and is no more."""
    from bangdan.publication.provenance import code_version

    found = []
    before = {one["export_sha256"] for one in manifest["inputs"]}
    new, gone = len(set(inputs) - before), len(before - set(inputs))
    if new or gone:
        found.append(f"inputs: {new} new, {gone} gone")
    method = _method_in_force(settings, month)
    if method != manifest["method_version"]:
        found.append(f"method: {manifest['method_version']} → {method}")
    seeds = _seeds(settings)
    other = sorted(
        name for name in seeds.keys() | manifest["seeds"].keys() if seeds.get(name) != manifest["seeds"].get(name)
    )
    if other:
        found.append(f"seeds: {', '.join(other)}")
    if manifest["code_version"] != code_version():
        found.append(f"code: {manifest['code_version']} → {code_version()}")
    return found


def _method_in_force(settings: Settings, month: Month) -> str | None:
    day = f"{month}-01"
    for row in pipeline.method_versions(settings):
        if row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"]):
            return row["method_version"]
    return None


def _seeds(settings: Settings) -> dict[str, str]:
    """SHA-256 of every seed, by its path."""
    return {
        path.relative_to(settings.seeds).as_posix(): files.sha256_of(path) for path in settings.seeds.rglob("*.csv")
    }


def _downstream(settings: Settings, changed: set[Month], last: Month) -> list[str]:
    """Released months after the range that read a changed one: posts of three months back, the list before."""
    from bangdan.publication import ledger

    return [
        str(one.month)
        for one in ledger.latest_of_all(settings)
        if one.month > last and any(one.month - 3 <= month for month in changed)
    ]


def _seconds_per_month(settings: Settings) -> float | None:
    """Mean of the runs on record, for an estimate."""
    found = []
    for report in sorted(settings.runs.glob("????-??/run_report.json")):
        stages = json.loads(report.read_text("utf-8"))["stages"]
        found.append(sum(stage.get("seconds", 0) for stage in stages))
    return sum(found) / len(found) if found else None


def _hash(inputs: list[str]) -> str:
    return hashlib.sha256("\n".join(inputs).encode()).hexdigest()[:16]


# ---- building a range --------------------------------------------------------------------------------------------


def _build(settings: Settings, first: Month, last: Month, tell: Progress) -> None:
    """Everything up to the candidates of all months of the range: one dbt call per layer, not per month."""
    from bangdan import certainty, purge, transform
    from bangdan.matching import stage as matching_stage

    purge.refuse(settings, first, last)
    tell(f"registry and staging of {first}..{last}")
    pipeline.register(settings, first, last)
    transform.build(settings, first, last, ["tag:staging"])
    for month in each(first, last):
        found = matching_stage.run(settings, month)
        tell(f"{month}: {found['matches']:,} matches of {found['items']:,} items")
    tell(f"scores of {first}..{last}")
    transform.build(settings, first, last, ["tag:marts"])
    for month in each(first, last):
        certainty.run(settings, month)
    transform.build(settings, first, last, ["tag:published"])


# ---- diff --------------------------------------------------------------------------------------------------------


def diff(settings: Settings, first: Month, last: Month, progress: Progress | None = None) -> dict[str, Any]:
    """Build the range aside and set it beside what is published; nothing is published. Writes a table as HTML."""
    from bangdan.publication import tables

    tell = progress or (lambda line: None)
    shutil.rmtree(settings.home / "scratch" / "backfill", ignore_errors=True)
    aside = pipeline.aside(settings, "backfill")
    with warehouse.writing(aside, f"comparing {first}..{last}"):
        _build(aside, first, last, tell)
        months = []
        for month in each(first, last):
            rows = tables.beside_published(aside, settings, month)
            moved = [
                row for row in rows if (row["rank"], row["score"]) != (row["published_rank"], row["published_score"])
            ]
            months.append(
                {
                    "month": str(month),
                    "units_changed": len({row["unit_id"] for row in moved}),
                    "ranks_changed": sum(row["rank"] != row["published_rank"] for row in moved),
                    "largest": [
                        {
                            key: row[key]
                            for key in ("ranking_list", "dimension", "unit_id", "unit_name", "published_rank", "rank",
                                        "published_score", "score")
                        }
                        for row in sorted(moved, key=_size_of_move)[:10]
                    ],
                }
            )  # fmt: skip
    report = settings.home / "scratch" / f"diff-{first}-{last}.html"
    files.write_text(report, _as_html(first, last, months))
    return {
        "first": str(first),
        "last": str(last),
        "months": months,
        "to_change": sum(bool(month["units_changed"]) for month in months),
        "report": str(report),
    }


def _size_of_move(row: Row) -> tuple:
    ranks = abs((row["rank"] or 0) - (row["published_rank"] or 0))
    score = abs((row["score"] or 0) - (row["published_score"] or 0))
    return (-ranks, -score, row["ranking_list"], row["dimension"], row["unit_id"])


def _as_html(first: Month, last: Month, months: list[Row]) -> str:
    body = []
    for month in months:
        body.append(
            f"<h2>{month['month']}：{month['units_changed']} 单位 units, {month['ranks_changed']} 名次 ranks</h2><table>"
            "<tr><th>榜单 List<th>维度 Dimension<th>单位 Unit<th>名次 Rank<th>得分 Score</tr>"
        )
        for row in month["largest"]:
            cells = (
                row["ranking_list"], row["dimension"], row["unit_name"], f"{row['published_rank']} → {row['rank']}",
                f"{row['published_score']} → {row['score']}",
            )  # fmt: skip
            body.append("<tr>" + "".join(f"<td>{html.escape(str(cell))}" for cell in cells) + "</tr>")
        body.append("</table>")
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{first}..{last}</title>'
        "<style>body{font-family:sans-serif}td,th{padding:.2em .8em;text-align:left}</style>"
        f"<h1>对比 Comparison {first}..{last}</h1>{''.join(body)}</html>\n"
    )


# ---- apply -------------------------------------------------------------------------------------------------------


def apply(
    settings: Settings,
    first: Month,
    last: Month,
    *,
    reason: str | None = None,
    note: str | None = None,
    keep_going: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Build the range and publish its months ascending; the journal lets a broken-off run go on where it was.

    Stops at the first month that a gate refuses, or goes on with the others. Ctrl-C ends it after the month in hand.
    """
    from bangdan.publication import ledger

    tell = progress or (lambda line: None)
    told = plan(settings, first, last)
    wanted = [Month.parse(row["month"]) for row in told["months"] if row["action"] in ("publish", "restate")]
    restated = [month for month in wanted if ledger.latest(settings, month)]
    if restated and not (reason and note):
        raise UsageError(
            f"published months would change: {', '.join(map(str, restated))}",
            remedy="say why: --reason R1|R2|R3|C --note TEXT",
        )
    journal = settings.runs / "backfill" / f"{first}..{last}.json"
    # What the range is built from: publishing a part of it does not change that, so the rest can go on.
    key = _hash(
        [__version__, json.dumps(_seeds(settings), sort_keys=True)] + [row["inputs_hash"] for row in told["months"]]
    )
    state = json.loads(journal.read_text("utf-8")) if journal.exists() else {}
    if state.get("key") != key or state.get("ended") or not settings.warehouse.exists():
        state = {"key": key, "built": False, "done": {}, "ended": False}
    results: list[Row] = []
    with warehouse.writing(settings, f"backfill of {first}..{last}"), _until_asked_to_stop() as stopped:
        if wanted and not state["built"]:
            _build(settings, wanted[0], wanted[-1], tell)
            state["built"] = True
            _write_journal(journal, state)
        started = time.monotonic()
        for number, month in enumerate(wanted, 1):
            if stopped():
                tell(f"stopped before {month}; the same command goes on from there")
                break
            row = _publish(settings, month, reason, note)
            results.append(row)
            state["done"][str(month)] = row["result"]
            _write_journal(journal, state)
            left = (time.monotonic() - started) / number * (len(wanted) - number)
            tell(f"{number}/{len(wanted)} {month}: {row['result']}, about {left:.0f} s to go")
            if row["result"] == "refused" and not keep_going:
                break
        else:
            state["ended"] = not any(row["result"] == "refused" for row in results)
            _write_journal(journal, state)
    return {
        "first": str(first),
        "last": str(last),
        "months": results,
        "refused": sum(r["result"] == "refused" for r in results),
    }


def _publish(settings: Settings, month: Month, reason: str | None, note: str | None) -> Row:
    """Doors and publication of one built month."""
    try:
        for door in DOORS:
            pipeline.check(settings, month, door)
        made = pipeline.publish(settings, month, reason, note)
    except GateRefused as error:
        return {"month": str(month), "result": "refused", "message": error.message}
    result = "published" if made["is_new"] else "pending" if made["is_pending"] else "unchanged"
    return {"month": str(month), "result": result, "release": made["release"]}


def _write_journal(journal: Path, state: Row) -> None:
    files.write_text(journal, json.dumps(state, ensure_ascii=False, indent=1) + "\n")


@contextmanager
def _until_asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks once, politely; a second one ends at once."""
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    if threading.current_thread() is not threading.main_thread():  # nobody can press Ctrl-C here
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)

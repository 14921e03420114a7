"""Publish a month: write the release beside, verify it, swap it in, then swap the analysts' database.

A release is whole when its folder has its final name; `latest` and the database follow, and a re-run heals them.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan import files
from bangdan.errors import BangdanError, UsageError
from bangdan.months import Month
from bangdan.publication import (
    bulletin,
    database,
    datafiles,
    ledger,
    manifest,
    page,
    signing,
    site,
    tables,
    unit_page,
    workbook,
)
from bangdan.settings import Settings

REASONS = {
    "R1": ("来源更正", "better source"),
    "R2": ("重新计算", "recalculation"),
    "R3": ("方法变更", "method change"),
    "C": ("更正", "correction"),
}


@dataclass(frozen=True)
class Published:
    release: str
    path: Path
    is_new: bool
    digest: str
    is_pending: bool = False


def publish(
    settings: Settings,
    month: Month,
    *,
    reason: str | None = None,
    note: str | None = None,
    gate_results: list[dict[str, Any]],
) -> Published:
    """Release the candidate of a month. The same data make no new release; changed data of a released month wait as
    a pending restatement until a reason is given.
    """
    made = tables.candidate(settings, month)
    digest = tables.digest(made)
    last = ledger.latest(settings, month)
    if last and last.manifest["data_digest"] == digest:
        _point(settings, last)
        _drop_pending(settings, month)
        return Published(last.name, last.path, False, digest)
    if last and not reason:
        _remember_pending(settings, month, digest)
        return Published(last.name, last.path, False, digest, is_pending=True)
    approvals = signing.approvals(settings, month, digest, [row["issuer_name"] for row in made["issuers"].to_pylist()])
    return _release(settings, month, made, digest, reason, note, gate_results, {"approvals": approvals})


def roll_back(settings: Settings, month: Month, to: str, note: str) -> Published:
    """Publish an earlier release's data again as the newest release, reason C; nothing is taken away."""
    known = {one.name: one for one in ledger.of_month(settings, month)}
    if to not in known:
        raise UsageError(f"{month} has no release {to}", remedy=f"one of: {', '.join(known) or 'none'}")
    last = ledger.latest(settings, month)
    if last and last.name == to:
        raise UsageError(f"{to} is the newest release of {month}", remedy="name an earlier one")
    old = known[to]
    made = {
        name: pq.read_table(old.path / "tables" / f"{name}.parquet").drop_columns(["release"])
        for name in tables.ORDER
        if (old.path / "tables" / f"{name}.parquet").exists()
    }
    told = old.manifest
    # The data were made from what the old release was made from, not from what lies here now.
    more = {name: told[name] for name in ("inputs", "seeds", "knowledge_cut_off", "code_version", "approvals")}
    more["rolled_back_to"] = to
    return _release(settings, month, made, told["data_digest"], "C", note, told["gates"], more)


def _release(
    settings: Settings, month: Month, made: dict[str, pa.Table], digest: str, reason: str | None, note: str | None,
    gate_results: list[dict[str, Any]], more: dict[str, Any],
) -> Published:  # fmt: skip
    """Write the next release beside, then swap it in."""
    last = ledger.latest(settings, month)
    release = f"r{last.number + 1 if last else 1}"
    folder = settings.releases / str(month) / release
    beside = folder.with_name(f".{release}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    (beside / "tables").mkdir(parents=True)
    full = tables.with_release(made, release)
    effect = _effect(last, full["ranking"]) if last else None
    _write_files(settings, beside, month, release, full, reason, note, effect, gate_results)
    told = manifest.build(
        settings, beside, month, release, digest, full["ranking"]["method_version"][0].as_py(), gate_results, reason,
        note, effect,
    )  # fmt: skip
    manifest.write(told | more, beside / "manifest.json")
    signing.sign(settings, beside / "manifest.json")
    for path in sorted(beside.rglob("*")):
        files.sync(path)
    os.replace(beside, folder)
    files.sync(folder.parent)
    _point(settings, ledger.Release(month, int(release[1:]), folder))
    _drop_pending(settings, month)
    _tell_successor(settings, month)
    return Published(release, folder, True, digest)


def _tell_successor(settings: Settings, month: Month) -> None:
    """The next month's movement reads this release: where it is out already and would now differ, it is pending."""
    after = ledger.latest(settings, month + 1)
    if after is None:
        return
    try:
        digest = tables.digest(tables.candidate(settings, month + 1))
    except BangdanError:  # not in the warehouse: nobody can say, so somebody should look
        digest = ""
    if digest != after.manifest["data_digest"]:
        _remember_pending(settings, month + 1, digest)


def _write_files(
    settings: Settings, folder: Path, month: Month, release: str, full: dict[str, pa.Table], reason: str | None,
    note: str | None, effect: dict[str, Any] | None, gates: list[dict[str, Any]],
) -> None:  # fmt: skip
    is_synthetic = full["monthly_summary"]["is_synthetic"][0].as_py()
    notice = f"榜单 {month} {release}"
    if is_synthetic:
        notice += "\n合成数据，仅供演示 / Synthetic data, for demonstration only"
    for name, table in full.items():
        datafiles.write_parquet(table, folder / "tables" / f"{name}.parquet", name)
    datafiles.write_parquet(full["ranking"], folder / "ranking.parquet", "ranking")
    datafiles.write_csv(full["ranking"], folder / "ranking.csv")
    datafiles.write_json(full["ranking"], folder / "ranking.json", notice)
    workbook.write_xlsx(full, folder / "ranking.xlsx", month, notice)
    (folder / "bulletin.md").write_text(bulletin.write(full, month, is_synthetic), "utf-8")
    revision = (
        {"reason": reason, "words": REASONS.get(reason or ""), "note": note, "effect": effect} if effect else None
    )
    told = page.Told(gates, revision, manifest.listed(folder))
    for name, language in (("index.html", "zh"), ("en.html", "en")):
        (folder / name).write_text(page.render(full, month, release, language, told), "utf-8")
    for name, language in (("method.html", "zh"), ("method.en.html", "en")):
        (folder / name).write_text(site.method_page(month, language), "utf-8")
    (folder / "units").mkdir()
    for name, html in unit_page.render_all(settings, full, month, release):
        (folder / name).write_text(html, "utf-8")


def _effect(last: ledger.Release, ranking: pa.Table) -> dict[str, Any]:
    """What a restatement changes: units, places, scores."""
    key = ("ranking_list", "dimension", "unit_id")
    before = {tuple(row[k] for k in key): row for row in pq.read_table(last.path / "ranking.parquet").to_pylist()}
    changed = []
    for row in ranking.to_pylist():
        old = before.get(tuple(row[k] for k in key))
        if old is None or (old["rank"], old["score"]) != (row["rank"], row["score"]):
            changed.append(
                {
                    **{k: row[k] for k in key},
                    "unit_name": row["unit_name"],
                    "rank_before": old and old["rank"],
                    "rank": row["rank"],
                    "score_before": f"{old['score']}" if old else None,
                    "score": f"{row['score']}",
                }
            )
    return {"units_changed": len({row["unit_id"] for row in changed}), "against": last.name, "rows": changed}


def _point(settings: Settings, release: ledger.Release) -> None:
    """`latest` and the analysts' database follow the newest release."""
    link = release.path.parent / "latest"
    if not link.is_symlink() or os.readlink(link) != release.name:
        beside = link.with_name(".latest.partial")
        beside.unlink(missing_ok=True)
        beside.symlink_to(release.name)
        os.replace(beside, link)
        files.sync(link.parent)
        database.rebuild(settings)
        site.rebuild(settings)
    elif not settings.published.exists() or settings.published.stat().st_mtime_ns < link.lstat().st_mtime_ns:
        database.rebuild(settings)
        site.rebuild(settings)


def _remember_pending(settings: Settings, month: Month, digest: str) -> None:
    told = {"note": "the data have changed since the release", "data_digest": digest}
    files.write_text(ledger.pending_file(settings, month), json.dumps(told, indent=1) + "\n")


def _drop_pending(settings: Settings, month: Month) -> None:
    ledger.pending_file(settings, month).unlink(missing_ok=True)

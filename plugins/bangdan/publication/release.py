"""Publish a month: write the release beside, verify it, swap it in, then swap the analysts' database.

A release is whole when its folder has its final name; `latest` and the database follow, and a re-run heals them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger, manifest, pointers, signing, tables
from bangdan.publication.formats import datafiles, workbook
from bangdan.publication.movement import rank_restatement
from bangdan.publication.pages import bulletin, method_page, ranking_page, unit_page

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
    repaired: tuple[str, ...] = ()  # files that no longer were what was released, written again


def publish(
    settings: Settings,
    month: Month,
    *,
    reason: str | None = None,
    note: str | None = None,
    gate_results: list[dict[str, Any]],
    follows: bool = True,
) -> Published:
    """Release the candidate of a month. The same data make no new release; changed data of a released month wait as
    a pending restatement until a reason is given. Without `follows`, `latest`, database and archive are left to a later `standing.follow`.
    """
    if before := ledger.latest(settings, month - 1):
        manifest.require_whole(before)
    made = tables.candidate(settings, month)
    digest = tables.digest(made)
    last = ledger.latest(settings, month)
    if last and last.manifest["data_digest"] == digest:
        repaired = _repair(settings, last, made)
        _swapped_in(settings, month, follows)
        return Published(last.name, last.path, False, digest, repaired=repaired)
    if last and not reason:
        _remember_pending(settings, month, digest)
        return Published(last.name, last.path, False, digest, is_pending=True)
    approvals = signing.approvals(settings, month, digest, [row["issuer_name"] for row in made["issuers"].to_pylist()])
    more = {"approvals": approvals, "compared_with": _compared_with(settings, month)}
    return _release(settings, month, made, digest, reason, note, gate_results, more, follows)


def roll_back(settings: Settings, month: Month, to: str, note: str) -> Published:
    """Publish an earlier release's data again as the newest release, reason C; nothing is taken away."""
    known = {one.name: one for one in ledger.of_month(settings, month)}
    if to not in known:
        raise UsageError(f"{month} has no release {to}", remedy=f"one of: {', '.join(known) or 'none'}")
    last = ledger.latest(settings, month)
    if last and last.name == to:
        raise UsageError(f"{to} is the newest release of {month}", remedy="name an earlier one")
    old = known[to]
    manifest.require_whole(old)
    made = {
        name: pq.read_table(old.path / "tables" / f"{name}.parquet").drop_columns(["release"])
        for name in tables.ORDER
        if (old.path / "tables" / f"{name}.parquet").exists()
    }
    told = old.manifest
    # The data were made from what the old release was made from, not from what lies here now.
    same = ("inputs", "seeds", "knowledge_cut_off", "code_version", "approvals", "compared_with")
    more = {name: told[name] for name in same}
    more["rolled_back_to"] = to
    return _release(settings, month, made, told["data_digest"], "C", note, told["gates"], more)


def _release(
    settings: Settings, month: Month, made: dict[str, pa.Table], digest: str, reason: str | None, note: str | None,
    gate_results: list[dict[str, Any]], more: dict[str, Any], follows: bool = True,
) -> Published:  # fmt: skip
    """Write the next release beside, then swap it in."""
    last = ledger.latest(settings, month)
    release = f"r{last.number + 1 if last else 1}"
    folder = settings.releases / str(month) / release
    full = tables.with_release(made, release)
    if last:
        manifest.require_whole(last)
    changed = rank_restatement.rank_restatement(last, full) if last else None
    with _beside(folder) as beside:
        _write_files(settings, beside, month, release, full, reason, note, changed, gate_results)
        told = manifest.build(
            settings, beside, month, release, digest, full["ranking"]["method_version"][0].as_py(), gate_results, reason,
            note, changed,
        )  # fmt: skip
        manifest.write(told | more, beside / "manifest.json")
        signing.sign(settings, beside / "manifest.json")
        for path in (*sorted(beside.rglob("*")), beside):
            files.sync(path)
        os.replace(beside, folder)
        files.sync(folder.parent)
    _swapped_in(settings, month, follows)
    return Published(release, folder, True, digest)


def _swapped_in(settings: Settings, month: Month, follows: bool) -> None:
    """What follows a release. All of it is done again for a release that stands: the last run may have been killed."""
    if follows:
        pointers.follow(settings)
    _drop_pending(settings, month)
    _tell_successor(settings, month)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """An empty folder to write a release in, on the same disk; gone at the end, whatever happens."""
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    files.make_folder(beside / "tables")
    try:
        yield beside
    except OSError as error:
        error.filename = error.filename or str(beside)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _repair(settings: Settings, last: ledger.Release, made: dict[str, pa.Table]) -> tuple[str, ...]:
    """Write again, from the same data, what no longer fits the manifest of a release; returns the files' names.

    Nothing is put in place that is not, byte for byte, what was released; raises BangdanError where that can't be had.
    """
    damaged = manifest.damage(last)
    if not damaged:
        return ()
    told = last.manifest
    with _beside(last.path) as beside:
        full = tables.with_release(made, last.name)
        _write_files(
            settings, beside, last.month, last.name, full, told["reason"], told["note"], told["effect"], told["gates"]
        )
        for name, what in damaged.items():
            fresh = beside / name
            if name not in told["files"] or not fresh.exists() or files.sha256_of(fresh) != told["files"][name]:
                raise BangdanError(
                    f"{last.month} {last.name}: {name} {what}, and cannot be made again as it was released",
                    remedy=f"restore {last.path} from a backup, or take away what is not in its manifest",
                )
        for name in damaged:
            files.sync(beside / name)
            files.make_folder((last.path / name).parent)
            os.replace(beside / name, last.path / name)
            files.sync((last.path / name).parent)
    return tuple(damaged)


def _tell_successor(settings: Settings, month: Month) -> None:
    """The next month's movement reads this release: where it is out already and would now differ, it is pending."""
    after = ledger.latest(settings, month + 1)
    if after is None:
        return
    told = after.manifest
    try:
        digest = tables.digest(tables.candidate(settings, month + 1))
    except BangdanError:  # not in the warehouse: nobody can say, so somebody should look if it read other data
        digest = told["data_digest"] if told["compared_with"] == _compared_with(settings, month + 1) else ""
    if digest != told["data_digest"]:
        _remember_pending(settings, month + 1, digest)


def _compared_with(settings: Settings, month: Month) -> dict[str, str] | None:
    """The data of the month before that a month's movement is told against."""
    before = ledger.latest(settings, month - 1)
    return {"month": str(before.month), "data_digest": before.manifest["data_digest"]} if before else None


def _write_files(
    settings: Settings, folder: Path, month: Month, release: str, full: dict[str, pa.Table], reason: str | None,
    note: str | None, changed: dict[str, Any] | None, gates: list[dict[str, Any]],
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
        {"reason": reason, "reason_name": REASONS.get(reason or ""), "note": note, "ranks": changed}
        if changed
        else None
    )
    told = ranking_page.ReleaseFacts(gates, revision, manifest.listed(folder))
    for name, language in (("index.html", "zh"), ("en.html", "en")):
        (folder / name).write_text(ranking_page.page(full, month, release, language, told), "utf-8")
    for name, language in (("method.html", "zh"), ("method.en.html", "en")):
        (folder / name).write_text(method_page.page(month, language), "utf-8")
    (folder / "units").mkdir()
    for name, html in unit_page.render_all(settings, full, month, release):
        (folder / name).write_text(html, "utf-8")


def _remember_pending(settings: Settings, month: Month, digest: str) -> None:
    told = {"note": "the data have changed since the release", "data_digest": digest}
    files.write_text(ledger.pending_file(settings, month), json.dumps(told, indent=1) + "\n")


def _drop_pending(settings: Settings, month: Month) -> None:
    ledger.pending_file(settings, month).unlink(missing_ok=True)

"""Publish a month: write the release to a temporary folder, swap it in, then update what is derived from the releases.

A release is whole when its folder has its final name; `latest`, database and archive follow, and a further run repairs
them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import attestation, imprint, ledger, manifest, pointers, signing, tables
from bangdan.publication.edition import Edition
from bangdan.publication.movement.rank_restatement import rank_restatement
from bangdan.publication.release_files import write_files

# Fields of a manifest that stay when the data of an earlier release are published again.
KEPT_BY_ROLL_BACK = ("inputs", "seeds", "knowledge_cut_off", "code_version", "approvals", "compared_with")


@dataclass(frozen=True)
class Published:
    """The result of a publication."""

    release: str
    path: Path
    is_new: bool
    digest: str
    is_pending: bool = False
    repaired: tuple[str, ...] = ()  # files that differed from the manifest and were written again

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path), "repaired": list(self.repaired)}


def publish(
    settings: Settings,
    month: Month,
    *,
    reason: str | None = None,
    note: str | None = None,
    published_on: date | None = None,
    gate_results: list[dict[str, Any]],
    follows: bool = True,
) -> Published:
    """Release the candidate of a month. The same data make no new release; changed data of a released month wait as
    a pending restatement until a reason is given. Without `follows`, `latest`, database and archive are left to a later
    `pointers.follow`. `published_on` is the day that the release names as that of its publication.

    Raises BangdanError where the previous month's release is damaged, GateRefused where an approval is missing,
    UsageError where the data are younger than `published_on`.
    """
    # Load
    previous = ledger.latest(settings, month - 1)
    if previous:
        manifest.require_whole(previous)
    last = ledger.latest(settings, month)
    candidate = tables.candidate(settings, month)

    # Compute
    digest = tables.digest(candidate)
    if last and last.manifest["data_digest"] == digest:
        repaired = _repair(settings, last, candidate)
        _update_derived(settings, month, follows)
        return Published(last.name, last.path, False, digest, repaired=repaired)
    if last and not reason:
        ledger.remember_pending(settings, month, digest)
        return Published(last.name, last.path, False, digest, is_pending=True)
    issuers = [row["issuer_name"] for row in candidate["issuers"].to_pylist()]
    made_from = {
        "approvals": signing.approvals(settings, month, digest, issuers),
        "compared_with": _compared_with(settings, month),
        **manifest.made_from(settings, month),
    }
    issued = imprint.of(settings, month, published_on, made_from["knowledge_cut_off"])
    edition = _next_edition(settings, month, candidate, digest, reason, note, gate_results, issued, made_from)

    # Write
    return _release(settings, edition, follows)


def roll_back(settings: Settings, month: Month, to: str, note: str, published_on: date | None = None) -> Published:
    """Publish an earlier release's data again as the newest release, reason C; nothing is removed.

    Raises UsageError for a release that does not exist or is the newest, BangdanError for a damaged one.
    """
    releases = {release.name: release for release in ledger.of_month(settings, month)}
    if to not in releases:
        raise UsageError(f"{month} has no release {to}", remedy=f"one of: {', '.join(releases) or 'none'}")
    if to == list(releases)[-1]:
        raise UsageError(f"{to} is the newest release of {month}", remedy="name an earlier one")
    earlier = releases[to]
    manifest.require_whole(earlier)
    data = {
        name: pq.read_table(earlier.path / "tables" / f"{name}.parquet").drop_columns(["release"])
        for name in tables.ORDER
        if (earlier.path / "tables" / f"{name}.parquet").exists()
    }
    fields = earlier.manifest
    # The data were made from what the earlier release was made from, not from what is loaded now.
    made_from = {name: fields[name] for name in KEPT_BY_ROLL_BACK} | {"rolled_back_to": to}
    digest, gates = fields["data_digest"], fields["gates"]
    issued = imprint.of(settings, month, published_on, fields["knowledge_cut_off"])
    return _release(settings, _next_edition(settings, month, data, digest, "C", note, gates, issued, made_from))


def _next_edition(
    settings: Settings, month: Month, data: dict[str, pa.Table], digest: str, reason: str | None, note: str | None,
    gates: list[dict[str, Any]], issued: imprint.Imprint, made_from: dict[str, Any],
) -> Edition:  # fmt: skip
    """The data as the next release of a month, with the difference from the last."""
    last = ledger.latest(settings, month)
    release = f"r{last.number + 1 if last else 1}"
    full = tables.with_release(data, release)
    if last:
        manifest.require_whole(last)
    restatement = rank_restatement(last, full) if last else None
    return Edition(month, release, full, digest, gates, reason, note, restatement, issued, made_from)


def _release(settings: Settings, edition: Edition, follows: bool = True) -> Published:
    """Write a release to a temporary folder, then swap it in."""
    folder = settings.releases / str(edition.month) / edition.release
    with _partial_folder(folder) as partial:
        write_files(settings, partial, edition)
        manifest.write(manifest.build(settings, partial, edition), partial / "manifest.json")
        signing.sign(settings, partial / "manifest.json")
        attestation.write(settings, partial)
        for path in (*sorted(partial.rglob("*")), partial):
            files.sync(path)
        os.replace(partial, folder)
        files.sync(folder.parent)
    _update_derived(settings, edition.month, follows)
    return Published(edition.release, folder, True, edition.digest)


def _update_derived(settings: Settings, month: Month, follows: bool) -> None:
    """Update what depends on a release. Also done for a release that exists already: the run may have been killed."""
    if follows:
        pointers.follow(settings)
    ledger.drop_pending(settings, month)
    _remember_successor(settings, month)


@contextmanager
def _partial_folder(folder: Path) -> Iterator[Path]:
    """An empty folder on the same disk to write a release in; removed at the end, also after an error."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    files.make_folder(partial / "tables")
    try:
        yield partial
    except OSError as error:
        error.filename = error.filename or str(partial)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _repair(settings: Settings, last: ledger.Release, candidate: dict[str, pa.Table]) -> tuple[str, ...]:
    """Write again, from the same data, the files of a release that differ from its manifest; returns their names.

    Raises BangdanError where a file does not come out byte for byte as it was released; nothing is replaced then.
    """
    damaged = manifest.damage(last)
    if not damaged:
        return ()
    fields = last.manifest
    edition = Edition(
        last.month, last.name, tables.with_release(candidate, last.name), fields["data_digest"], fields["gates"],
        fields["reason"], fields["note"], fields["effect"], imprint.of_manifest(fields),
    )  # fmt: skip
    with _partial_folder(last.path) as partial:
        write_files(settings, partial, edition)
        for name, problem in damaged.items():
            fresh = partial / name
            if name not in fields["files"] or not fresh.exists() or files.sha256_of(fresh) != fields["files"][name]:
                raise BangdanError(
                    f"{last.month} {last.name}: {name} {problem}, and cannot be made again as it was released",
                    remedy=f"restore {last.path} from a backup, or take away what is not in its manifest",
                )
        for name in damaged:
            files.sync(partial / name)
            files.make_folder((last.path / name).parent)
            os.replace(partial / name, last.path / name)
            files.sync((last.path / name).parent)
    return tuple(damaged)


def _remember_successor(settings: Settings, month: Month) -> None:
    """The next month's movement reads this release: where that month is released and would now differ, it is pending."""
    successor = ledger.latest(settings, month + 1)
    if successor is None:
        return
    fields = successor.manifest
    try:
        digest = tables.digest(tables.candidate(settings, month + 1))
    except BangdanError:  # not in the warehouse: pending where the release was compared with other data
        digest = fields["data_digest"] if fields["compared_with"] == _compared_with(settings, month + 1) else ""
    if digest != fields["data_digest"]:
        ledger.remember_pending(settings, month + 1, digest)


def _compared_with(settings: Settings, month: Month) -> dict[str, str] | None:
    """The data of the previous month that a month's movement compares with."""
    previous = ledger.latest(settings, month - 1)
    return {"month": str(previous.month), "data_digest": previous.manifest["data_digest"]} if previous else None

"""The manifest of a release: hashes of its files, what it was made from, and the chain to the release before."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from bangdan.core import seeds
from bangdan.core.errors import BangdanError
from bangdan.core.files import sha256_of
from bangdan.core.months import Month, read_by
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.publication import ledger, signing
from bangdan.publication.code_version import code_version
from bangdan.publication.pages import archive

# What the manifest can't list: itself, and the signature over it.
OUTSIDE = ("manifest.json", signing.SIGNATURE)


def build(
    settings: Settings, folder: Path, month: Month, release: str, data_digest: str, method_version: str,
    gates: list[dict[str, Any]], reason: str | None, note: str | None, effect: dict[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    """Everything about a release but its own hash; no clock, no host, no path."""
    earlier = [one for one in ledger.all_releases(settings) if (one.month, one.name) != (month, release)]
    before = [one for one in earlier if one.month == month] or [one for one in earlier if one.month < month]
    with connect(settings, read_only=True) as con:
        inputs = con.sql(
            """
            select export_sha256, source_file, connector, strftime(received_at, '%Y-%m-%dT%H:%M:%S%z') as received_at,
                rows_read, accepted, rejected, duplicate
            from staging.stg_exports
            where table_name <> 'records' or list_has_any(months, $1) order by export_sha256, export_id
            """,
            params=[read_by(month)],
        ).to_arrow_table()
    return {
        "ranking_month": str(month),
        "release": release,
        "method_version": method_version,
        "code_version": code_version(),
        "data_digest": data_digest,
        "knowledge_cut_off": max((row["received_at"] for row in inputs.to_pylist()), default=None),
        "reason": reason,
        "note": note,
        "effect": effect,
        "previous": {"month": str(before[-1].month), "release": before[-1].name, "sha256": sha256_of(before[-1].path / "manifest.json")}
        if before
        else None,
        "gates": gates,
        "files": {
            path.relative_to(folder).as_posix(): sha256_of(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in OUTSIDE
        },
        "seeds": seeds.hashes(settings.seeds),
        "inputs": inputs.to_pylist(),
    }  # fmt: skip


def listed(folder: Path) -> tuple[dict[str, Any], ...]:
    """Name, size and SHA-256 of the files that lie in a release so far, those for people first."""
    paths = sorted(folder.rglob("*"), key=lambda path: (path.parent != folder, path.relative_to(folder).as_posix()))
    return tuple(
        {"name": path.relative_to(folder).as_posix(), "size": path.stat().st_size, "sha256": sha256_of(path)}
        for path in paths
        if path.is_file()
    )


def write(told: dict[str, Any], target: Path) -> str:
    """Write the manifest; return its SHA-256."""
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    target.write_text(text, "utf-8")
    return sha256_of_text(text)


def damage(release: ledger.Release) -> dict[str, str]:
    """File → what is wrong with it, for every file of a release that does not fit its manifest."""
    listed = release.manifest["files"]
    found = {
        path.relative_to(release.path).as_posix(): path
        for path in release.path.rglob("*")
        if path.is_file() and path.name not in OUTSIDE
    }
    told = dict.fromkeys(sorted(listed.keys() - found.keys()), "is missing")
    told |= dict.fromkeys(sorted(found.keys() - listed.keys()), "is not in the manifest")
    changed = (file for file in sorted(listed.keys() & found.keys()) if sha256_of(found[file]) != listed[file])
    return told | dict.fromkeys(changed, "has changed since it was released")


def require_whole(release: ledger.Release) -> None:
    """Raise BangdanError where the tables of a release are not those that were released: nothing is made from them."""
    wrong = [f"{file} {what}" for file, what in damage(release).items() if file.endswith(".parquet")]
    if wrong:
        raise BangdanError(
            f"{release.month} {release.name}: {'; '.join(wrong)}",
            remedy=f"run `bangdan run --month {release.month}`, which writes its newest release again from the same data; "
            f"or restore {release.path} from a backup",
        )


def verify(settings: Settings, month: Month | None = None) -> list[str]:
    """Every changed, missing or added file and every broken link of the chain, in words; empty when all is well."""
    problems = []
    for release in ledger.all_releases(settings):
        if month and release.month != month:
            continue
        name = f"{release.month} {release.name}"
        try:
            told = release.manifest
            before = told["previous"]
        except BangdanError as error:
            problems.append(str(error).splitlines()[0])
            continue
        except KeyError as error:
            problems.append(f"{name}: manifest.json has no {error}")
            continue
        problems += [f"{name}: {file} {what}" for file, what in damage(release).items()]
        wrong = signing.problem(settings, release.path / "manifest.json")
        if wrong:
            problems.append(f"{name} {wrong}")
        if before:
            link = settings.releases / before["month"] / before["release"] / "manifest.json"
            if not link.exists():
                problems.append(f"{name}: the release before it, {before['month']} {before['release']}, is missing")
            elif sha256_of(link) != before["sha256"]:
                problems.append(f"{name}: the manifest of {before['month']} {before['release']} has changed since")
        if release.number == ledger.of_month(settings, release.month)[-1].number:
            problems += _latest(release)
    if not problems and not month:
        problems += archive.problems(settings)
    for folder in sorted(settings.releases.glob("????-??/r*")):
        if re.fullmatch(r"r\d+", folder.name) and not (folder / "manifest.json").exists():
            problems.append(f"{folder.parent.name} {folder.name}: manifest.json is missing")
    return problems


def _latest(newest: ledger.Release) -> list[str]:
    """`latest` leads to the newest release, and nowhere else."""
    link = newest.path.parent / "latest"
    if link.is_symlink() and os.readlink(link) == newest.name:
        return []
    there = f"leads to {os.readlink(link)}" if link.is_symlink() else "is no link" if link.exists() else "is missing"
    return [f"{newest.month}: latest {there}, the newest release is {newest.name}"]


def sha256_of_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

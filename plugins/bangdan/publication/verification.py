"""Verification of what has been published: releases against their manifests, signatures, the chain, `latest`, the archive."""

from __future__ import annotations

import os
import re

from bangdan.core.errors import BangdanError
from bangdan.core.files import sha256_of
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger, manifest, signing
from bangdan.publication.pages import archive


def verify(settings: Settings, month: Month | None = None) -> list[str]:
    """Every changed, missing or added file and every broken link of the chain, one sentence each; of all months or of
    one. The archive is checked where all releases are whole.
    """
    problems = []
    for release in ledger.all_releases(settings):
        if month is None or release.month == month:
            problems += _problems(settings, release)
    if not problems and month is None:
        problems += archive.problems(settings)
    for folder in sorted(settings.releases.glob("????-??/r*")):
        if re.fullmatch(r"r\d+", folder.name) and not (folder / "manifest.json").exists():
            problems.append(f"{folder.parent.name} {folder.name}: manifest.json is missing")
    return problems


def _problems(settings: Settings, release: ledger.Release) -> list[str]:
    """Problems of one release."""
    name = f"{release.month} {release.name}"
    try:
        previous = release.manifest["previous"]
    except BangdanError as error:
        return [str(error).splitlines()[0]]
    except KeyError as error:
        return [f"{name}: manifest.json has no {error}"]
    problems = [f"{name}: {file} {problem}" for file, problem in manifest.damage(release).items()]
    signature_problem = signing.problem(settings, release.path / "manifest.json")
    if signature_problem:
        problems.append(f"{name} {signature_problem}")
    if previous:
        problems += _chain_problems(settings, name, previous)
    if release.number == ledger.of_month(settings, release.month)[-1].number:
        problems += _latest_problems(release)
    return problems


def _chain_problems(settings: Settings, name: str, previous: dict[str, str]) -> list[str]:
    """The manifest before a release is the one whose hash the release holds."""
    file = settings.releases / previous["month"] / previous["release"] / "manifest.json"
    previous_name = f"{previous['month']} {previous['release']}"
    if not file.exists():
        return [f"{name}: the release before it, {previous_name}, is missing"]
    if sha256_of(file) != previous["sha256"]:
        return [f"{name}: the manifest of {previous_name} has changed since"]
    return []


def _latest_problems(newest: ledger.Release) -> list[str]:
    """`latest` leads to the newest release, and nowhere else."""
    link = newest.path.parent / "latest"
    if link.is_symlink() and os.readlink(link) == newest.name:
        return []
    state = f"leads to {os.readlink(link)}" if link.is_symlink() else "is no link" if link.exists() else "is missing"
    return [f"{newest.month}: latest {state}, the newest release is {newest.name}"]

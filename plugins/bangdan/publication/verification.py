"""Verification of what has been published: releases against their manifests, signatures, the chain, `latest`, the archive."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from bangdan.core import files
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import addresses, attestation, ledger, manifest, manifest_fields, signing
from bangdan.publication.pages import archive

# What is in the folder of all releases besides months, and in a month's folder besides releases.
BESIDE_MONTHS = {archive.INDEX, "archive.sig", *archive.PAGES}
FOLDERS_BESIDE_MONTHS = {addresses.FOLDER, *archive.PERIODS}
BESIDE_RELEASES = {"latest", "pending.json"}
# What a publication writes before it renames: expected while one is at work, and for a while after one was killed.
PARTIAL = re.compile(r"\.(r[0-9]+|latest|[a-z]+\.(html|xml|json|jsonld|csv|sig)\.[0-9]+)\.partial")
OLD_SECONDS = 3600


def verify(settings: Settings, month: Month | None = None) -> list[str]:
    """Every changed, missing or added file, every manifest in a folder that is not its own and every broken link of the
    chain, one sentence each; of all months or of one. The archive's index is checked with all months, its pages where
    all releases are whole.
    """
    releases = [one for one in ledger.all_releases(settings) if month in (None, one.month)]
    problems = [sentence for release in releases for sentence in _problems(settings, release)]
    problems += _entry_problems(settings, month)
    if month is None:
        problems += addresses.problems(settings) if not problems else []
        problems += archive.index_problems(settings) or ([] if problems else archive.page_problems(settings))
    return problems


def _problems(settings: Settings, release: ledger.Release) -> list[str]:
    """Problems of one release."""
    name = f"{release.month} {release.name}"
    signature_problem = signing.problem(settings, release.path / "manifest.json")
    problems = [f"{name} {signature_problem}"] if signature_problem else []
    try:
        fields = release.manifest
    except BangdanError as error:
        return [*problems, str(error).splitlines()[0]]
    if problem := manifest_fields.missing(fields):
        return [*problems, f"{name}: manifest.json is damaged ({problem})"]
    if problem := attestation.problem(settings, release.path):
        problems.append(f"{name} {problem}")
    if (fields["ranking_month"], fields["release"]) != (str(release.month), release.name):
        problems.append(f"{name}: its manifest is that of {fields['ranking_month']} {fields['release']}")
    problems += [f"{name}: {file} {problem}" for file, problem in manifest.damage(release).items()]
    problems += _chain_problems(settings, release, fields["previous"])
    if release.number == ledger.of_month(settings, release.month)[-1].number:
        problems += _latest_problems(release)
    return problems


def _chain_problems(settings: Settings, release: ledger.Release, previous: dict[str, str] | None) -> list[str]:
    """A release follows the one before it in its month, the first of a month one of an earlier month, and holds the
    hash of its manifest.
    """
    name = f"{release.month} {release.name}"
    if previous is None:
        return [] if release.number == 1 else [f"{name}: names no release before it"]
    previous_name = f"{previous['month']} {previous['release']}"
    is_next = previous_name == f"{release.month} r{release.number - 1}"
    if not (is_next if release.number > 1 else previous["month"] < str(release.month)):
        return [f"{name}: names {previous_name} as the release before it"]
    file = settings.releases / previous["month"] / previous["release"] / "manifest.json"
    if not files.is_regular(file):
        return [f"{name}: the release before it, {previous_name}, is missing"]
    if files.sha256_of(file) != previous["sha256"]:
        return [f"{name}: the manifest of {previous_name} has changed since"]
    return []


def _entry_problems(settings: Settings, month: Month | None) -> list[str]:
    """Whatever is in the folders of releases and months and belongs to neither; links and odd names among it."""
    sentences = []
    for path in sorted(settings.releases.glob("*")) if month is None else []:
        is_folder = path.is_dir() and not path.is_symlink()
        if is_folder and (path.name in FOLDERS_BESIDE_MONTHS or ledger.MONTH.fullmatch(path.name)):
            continue
        if not _is_expected(path, BESIDE_MONTHS):
            sentences.append(f"releases: {path.name!r} is {files.kind_of(path)} {_origin(path)}")
    for path in archive.unlisted_period_entries(settings) if month is None else []:
        if not _is_expected(path, set()):
            name = path.relative_to(settings.releases).as_posix()
            sentences.append(f"releases: {name!r} is {files.kind_of(path)} {_origin(path)}")
    for folder in sorted(settings.releases.glob(str(month) if month else "????-??")):
        if ledger.MONTH.fullmatch(folder.name) and not folder.is_symlink():
            sentences += [sentence for path in sorted(folder.glob("*")) for sentence in _entry_of_month(path)]
    return sentences


def _entry_of_month(path: Path) -> list[str]:
    """What is wrong with an entry of a month's folder: at most one sentence."""
    if ledger.NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
        has_manifest = (path / "manifest.json").exists()
        return [] if has_manifest else [f"{path.parent.name} {path.name}: manifest.json is missing"]
    if _is_expected(path, BESIDE_RELEASES):
        return []
    return [f"{path.parent.name}: {path.name!r} is {files.kind_of(path)} {_origin(path)}"]


def _origin(path: Path) -> str:
    if PARTIAL.fullmatch(path.name):
        return "that a killed publication has left, or that was put there; look at it and remove it"
    return "that no publication writes"


def _is_expected(path: Path, names: set[str]) -> bool:
    """True for an entry of these names that is of the right kind, and for what a publication is writing now."""
    if path.name == "latest":
        return path.name in names  # where it leads is checked with the newest release
    if path.name in names:
        return files.is_regular(path)
    return bool(PARTIAL.fullmatch(path.name)) and abs(time.time() - path.lstat().st_mtime) < OLD_SECONDS


def _latest_problems(newest: ledger.Release) -> list[str]:
    """`latest` leads to the newest release, and nowhere else."""
    link = newest.path.parent / "latest"
    if link.is_symlink() and os.readlink(link) == newest.name:
        return []
    state = f"leads to {os.readlink(link)}" if link.is_symlink() else "is no link" if link.exists() else "is missing"
    return [f"{newest.month}: latest {state}, the newest release is {newest.name}"]

"""The permanent address of each release: `id/<data digest>`, a link to its folder.

It lies as deep as the folder itself, so that the links of pages hold. Where releases of a month have the same data, the
address leads to the first.
"""

from __future__ import annotations

import os
from pathlib import Path

from bangdan.core import files
from bangdan.core.settings import Settings
from bangdan.publication import ledger

FOLDER = "id"


def follow(settings: Settings) -> None:
    """Make the links that are missing or lead elsewhere; remove those of data that no release holds."""
    wanted = _wanted(settings)
    for path in _entries(settings):
        if path.is_symlink() and wanted.get(path.name) != os.readlink(path):
            path.unlink()
    for digest, target in wanted.items():
        link = settings.releases / FOLDER / digest
        if not os.path.lexists(link):  # what else is in its place, `problems` names
            files.make_folder(link.parent)
            link.symlink_to(target)
            files.sync(link.parent)


def problems(settings: Settings) -> list[str]:
    """Links that are missing, lead elsewhere or belong to no release, and what is no link; one sentence each."""
    wanted = _wanted(settings)
    entries = {path.name: path for path in _entries(settings)}
    sentences = [
        f"{FOLDER}: the address {digest[:16]} of {target.removeprefix('../').replace('/', ' ')} is missing; the next "
        "publication of any month makes it again"
        for digest, target in wanted.items()
        if digest not in entries
    ]
    for name, path in entries.items():
        if not path.is_symlink():
            sentences.append(f"{FOLDER}: {name!r} is {files.kind_of(path)} that no publication writes")
        elif wanted.get(name) != os.readlink(path):
            sentences.append(
                f"{FOLDER}: {name[:16]!r} leads to {os.readlink(path)}, not to the release with these data"
            )
    return sentences


def _wanted(settings: Settings) -> dict[str, str]:
    """Data digest → target of its link, relative to the folder of links."""
    wanted: dict[str, str] = {}
    for release in ledger.all_releases(settings):
        wanted.setdefault(release.manifest["data_digest"], f"../{release.month}/{release.name}")
    return wanted


def _entries(settings: Settings) -> list[Path]:
    folder = settings.releases / FOLDER
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []

"""Keep what cannot be made again, and bring it back: bytes as received, releases, sign-offs, secrets.

All else (raw layer, evidence, warehouse, analysts' database) is made from these and from the checkout. A backup is a
folder with the same paths and `backup.json`, which names every file with its hash and is written last.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bangdan import __version__
from bangdan.core import city, documents, files
from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.logs import Progress
from bangdan.core.settings import Settings

KEPT = ("landing", "releases", "approvals", "secrets")
PRIVATE = ("landing", "secrets")
# Folders of a city that has no folder of its own: its data folder is the city. Others are under version control.
KEPT_OF_CITY = ("registry", "rules", "corrections", "method", "mappings")
LIST = "backup.json"
MARK = ".restoring"  # exists in a home while a restore is under way
# What follows the releases and is written anew with them; all else that was ever backed up stays in the backup.
PASSING = re.compile(r"releases/([^/]*|[^/]*/pending\.json|[^/]*/latest|(quarters|years)/.*)")
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """A file of a backup. `mtime_ns` is the source's: a file with the same size and time is not copied again."""

    sha256: str
    size: int
    mtime_ns: int


def back_up(
    settings: Settings, target: Path, *, verify: bool = False, progress: Progress | None = None
) -> dict[str, Any]:
    """Copy what is new or changed into `target`; with `verify`, read every copy again and compare hashes.

    Needs no lock and waits for no run: every file is whole or not there, bytes land before the note that names them,
    a release appears by one rename. What is lost at home later stays in the backup; what is purged leaves it too.
    """
    if target.resolve().is_relative_to(settings.home) or settings.home.is_relative_to(target.resolve()):
        raise UsageError(f"{target} lies in the data folder, or around it", remedy="name a folder on another disk")
    known = _read_list(target) if (target / LIST).exists() else {}
    if not known and target.exists() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty and holds no {LIST}", remedy="name an empty folder, or a backup")
    kept: dict[str, Entry] = {}
    copied = copied_bytes = 0
    for name in _names(settings):
        entry = _copied(settings.home / name, target / name, known.get(name))
        if entry is None:  # a pending note was dropped or a delivery note replaced meanwhile
            continue
        if entry != known.get(name):
            copied, copied_bytes = copied + 1, copied_bytes + entry.size
            if progress and copied % 500 == 0:
                progress(f"{copied:,} files, {copied_bytes / 1e6:,.0f} MB")
        kept[name] = entry
    removed_on_purpose = ("landing/purged/", "landing/forgotten/")
    purged = {Path(name).name[:64] for name in kept if name.startswith(removed_on_purpose)}
    gone = {
        name: entry
        for name, entry in known.items()
        if name not in kept and not PASSING.fullmatch(name) and Path(name).name[:64] not in purged
    }
    for name in known.keys() - kept.keys() - gone.keys():
        (target / name).unlink(missing_ok=True)
    _write_list(target, settings, kept | gone)
    if verify and (wrong := _damaged(target, kept | gone)):
        raise BangdanError(
            f"{len(wrong)} file(s) of the backup are not what was copied, the first: {wrong[0]}",
            remedy=f"look at the disk under {target}; remove those files and run the same command again",
        )
    return {
        "target": str(target), "files": len(kept | gone), "copied": copied, "copied_bytes": copied_bytes,
        "only_in_backup": sorted(gone), "verified": verify,
    }  # fmt: skip


def restore(settings: Settings, source: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Bring a backup into an empty data folder, every file checked against its hash; check the releases, and make
    `latest`, the analysts' database and the archive from them.

    A restore that broke off goes on. Raises UsageError where the folder holds anything else.
    """
    from bangdan.pipeline import publishing
    from bangdan.publication import ledger, verification

    if not (source / LIST).exists():
        raise UsageError(f"{source} holds no {LIST}: it is no backup", remedy="name the folder given to `backup`")
    home, wanted = settings.home, _read_list(source)
    links = [name for name in sorted(wanted) if files.has_link(source, name) or files.has_link(home, name)]
    if links:
        raise BangdanError(
            f"{links[0]}: a link in the backup or in the data folder, and no link is followed",
            remedy="put the file itself in its place, or take it from another backup",
        )
    mark = home / MARK
    if home.exists() and any(home.iterdir()) and not mark.exists():
        raise UsageError(f"{home} is not empty", remedy="set BANGDAN_HOME to a new folder; nothing is overwritten")
    files.write_text(mark, str(source) + "\n")
    for name in PRIVATE:
        files.make_private_folder(home / name)
    for number, (name, entry) in enumerate(sorted(wanted.items()), 1):
        if not (home / name).exists() and _copy(source / name, home / name) != entry.sha256:
            (home / name).unlink()
            raise BangdanError(
                f"{source / name} is not what was backed up", remedy="take this file from another backup, then go on"
            )
        if progress and number % 500 == 0:
            progress(f"{number:,} of {len(wanted):,} files")
    mark.unlink()
    with suppress(BangdanError):  # a damaged release: its problems are listed below, file by file
        publishing.follow(settings)
    problems = verification.verify(settings)
    releases = ledger.all_releases(settings)
    months = sorted({str(release.month) for release in releases})
    return {
        "home": str(home),
        "files": len(wanted),
        "releases": len(releases),
        "problems": problems,
        "seeds_that_differ": _seeds_that_differ(settings, source),
        "next": f"bangdan backfill {months[0]}..{months[-1]} --apply" if months else "bangdan run --month YYYY-MM",
    }


def _names(settings: Settings) -> Iterator[str]:
    """Paths below home to keep. Delivery notes come before the bytes they name, so that no note is kept without its bytes."""
    home = settings.home
    kept = (*KEPT, *KEPT_OF_CITY) if settings.city == home else KEPT
    if city.exists(settings) and settings.city == home:
        yield city.FILE
    for root in (home / "landing" / "deliveries", *(home / name for name in kept)):
        for path in sorted(root.rglob("*")):
            name = path.relative_to(home)
            if any(part.endswith(".partial") for part in name.parts) or path.is_symlink() or not path.is_file():
                continue
            if root.name != "deliveries" and name.parts[:2] == ("landing", "deliveries"):
                continue
            yield name.as_posix()


def _copied(path: Path, target: Path, known: Entry | None) -> Entry | None:
    """Copy a file unless the backup has it; None where it is gone."""
    try:
        stat = path.stat()
        if known and target.exists() and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            return known
        sha256 = _copy(path, target)
        return Entry(sha256, target.stat().st_size, stat.st_mtime_ns)
    except FileNotFoundError:
        return None


def _copy(path: Path, target: Path) -> str:
    """Copy a file with its mode, whole or not at all; returns the hash of what the copy holds."""
    with open(path, "rb", opener=_opened_without_links) as source, files.replacing(target) as partial:
        mode = os.fstat(source.fileno()).st_mode & 0o777
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)
        sha256 = files.sha256_of(partial)
    return sha256


def _opened_without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _damaged(target: Path, entries: dict[str, Entry]) -> list[str]:
    """Files of the backup that are not there or have other bytes."""
    return [
        name
        for name, entry in sorted(entries.items())
        if not (target / name).exists() or files.sha256_of(target / name) != entry.sha256
    ]


def _write_list(target: Path, settings: Settings, entries: dict[str, Entry]) -> None:
    values = {
        "code_version": __version__,
        # Shipped tables and a city's own folder are not in the backup: the hashes show whether the right ones are there.
        "seeds": city.hashes(settings),
        "files": {name: [entry.sha256, entry.size, entry.mtime_ns] for name, entry in sorted(entries.items())},
    }
    files.write_text(target / LIST, json.dumps(values, ensure_ascii=False, indent=0) + "\n")


def _read_list(folder: Path) -> dict[str, Entry]:
    """The entries of a backup by their path; raises BangdanError for a list that is damaged, or that names a place
    which no backup has.
    """
    try:
        entries = {name: Entry(*values) for name, values in documents.read(folder / LIST)["files"].items()}
        for name, entry in entries.items():
            if not _is_place(name):
                raise ValueError(f"{name[:200]!r} is no place of a backup")
            if not (isinstance(entry.sha256, str) and isinstance(entry.size, int) and isinstance(entry.mtime_ns, int)):
                raise ValueError(f"{name[:200]!r} has no hash, size and time")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BangdanError(
            f"{folder / LIST} cannot be read: {error}", remedy="take it from another backup; it is written whole or not"
        ) from None
    return entries


def _is_place(name: str) -> bool:
    """True for a path below one of the folders that are kept, in its shortest form."""
    parts = PurePosixPath(name).parts
    is_plain = "\0" not in name and ".." not in parts and "/".join(parts) == name
    is_file_of_city = len(parts) == 1 and name == city.FILE
    return is_plain and (is_file_of_city or (len(parts) > 1 and parts[0] in (*KEPT, *KEPT_OF_CITY)))


def _seeds_that_differ(settings: Settings, source: Path) -> list[str]:
    recorded, current = json.loads((source / LIST).read_text("utf-8"))["seeds"], city.hashes(settings)
    return sorted(name for name in recorded.keys() | current.keys() if recorded.get(name) != current.get(name))

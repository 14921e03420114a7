"""What is derived from the releases: the link `latest` of each month, the permanent addresses, the analysts' database, the archive and the feed.

Each publication makes again, of every month, whatever differs from the releases; so it also repairs what a publication
that was killed left behind.
"""

from __future__ import annotations

import os

import duckdb

from bangdan.core import files
from bangdan.core.settings import Settings
from bangdan.publication import addresses, ledger, manifest
from bangdan.publication.formats import database
from bangdan.publication.pages import archive


def follow(settings: Settings) -> None:
    """Point `latest` to the newest release of each month, and bring addresses, database, archive and feed up to the
    releases.
    """
    for folder in (settings.releases, settings.published.parent):
        files.sweep(folder)
    for release in ledger.latest_of_all(settings):
        _point(release)
    addresses.follow(settings)
    if _in_database(settings) != _in_ledger(settings) or not archive.is_of_this_code(settings):
        for release in ledger.all_releases(settings):
            manifest.require_whole(release)
        database.rebuild(settings)
    archive.rebuild(settings)


def problems(settings: Settings) -> list[str]:
    """Where the analysts' database differs from the releases, one sentence each; `latest` and the archive are
    `verification`'s to check. Every release has to be whole.
    """
    if _in_database(settings) != _in_ledger(settings):
        return ["published/bangdan.duckdb does not hold the releases; the next publication of any month repairs it"]
    if not settings.published.exists():
        return []
    try:
        sentences = database.problems(settings, has_these_definitions=archive.is_of_this_code(settings))
    except duckdb.Error as error:
        sentences = [f"cannot be read: {str(error).splitlines()[0]}"]
    remedy = "remove it, and the next publication of any month writes it again"
    return [f"published/bangdan.duckdb: {sentence}; {remedy}" for sentence in sentences]


def _target(release: ledger.Release) -> str | None:
    link = release.path.parent / "latest"
    return os.readlink(link) if link.is_symlink() else None


def _point(release: ledger.Release) -> None:
    if _target(release) == release.name:
        return
    link = release.path.parent / "latest"
    partial = link.with_name(".latest.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(release.name)
    os.replace(partial, link)
    files.sync(link.parent)


def _in_ledger(settings: Settings) -> list[tuple]:
    return [
        (str(release.month), release.number, release.manifest["data_digest"])
        for release in ledger.all_releases(settings)
    ]


def _in_database(settings: Settings) -> list[tuple] | None:
    """The releases that the analysts' database was made from; None where it cannot be read."""
    if not settings.published.exists():
        return [] if not ledger.all_releases(settings) else None
    try:
        con = duckdb.connect(str(settings.published), read_only=True)
    except duckdb.Error:
        return None
    try:
        return con.execute(
            "select ranking_month, number, data_digest from history.releases order by ranking_month, number"
        ).fetchall()
    except duckdb.Error:
        return None
    finally:
        con.close()

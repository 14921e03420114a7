"""The manifest of a release: hashes of its files, what it was made from, and the chain to the release before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bangdan.core import city, documents
from bangdan.core.errors import BangdanError
from bangdan.core.files import is_regular, kind_of, sha256_of
from bangdan.core.months import Month, read_by
from bangdan.core.settings import Settings
from bangdan.core.warehouse import connect
from bangdan.publication import ledger
from bangdan.publication.code_version import code_version
from bangdan.publication.edition import Edition

# Files that the manifest cannot list: itself, and the signatures over it.
NOT_LISTED = ("manifest.json", "manifest.sig", "manifest.intoto.jsonl")


def made_from(settings: Settings, month: Month) -> dict[str, Any]:
    """What the data of a month were made from: `inputs` (exports), `seeds` (hashes), `code_version`, and
    `knowledge_cut_off`, the time of the latest export.
    """
    query = Path(__file__).with_name("inputs.sql").read_text("utf-8")
    with connect(settings, read_only=True) as con:
        inputs = con.sql(query, params={"months": read_by(month)}).to_arrow_table().to_pylist()
    return {
        "inputs": inputs,
        "seeds": city.hashes(settings),
        "knowledge_cut_off": max((row["received_at"] for row in inputs), default=None),
        "code_version": code_version(),
    }


def build(settings: Settings, folder: Path, edition: Edition) -> dict[str, Any]:
    """The manifest of the files in `folder`; no clock, no host, no path."""
    return {
        "ranking_month": str(edition.month),
        "release": edition.release,
        "method_version": edition.tables["ranking"]["method_version"][0].as_py(),
        "data_digest": edition.digest,
        "reason": edition.reason,
        "note": edition.note,
        "effect": edition.restatement,
        "imprint": edition.imprint.to_json(),
        "previous": _previous(settings, edition.month),
        "gates": edition.gates,
        "files": {name: sha256_of(path) for name, path in sorted(_files(folder).items())},
        **edition.made_from,
    }


def _previous(settings: Settings, month: Month) -> dict[str, str] | None:
    """The link of the chain: the month's last release, or the newest of an earlier month."""
    releases = ledger.all_releases(settings)
    earlier = [one for one in releases if one.month == month] or [one for one in releases if one.month < month]
    if not earlier:
        return None
    last = earlier[-1]
    return {"month": str(last.month), "release": last.name, "sha256": sha256_of(last.path / "manifest.json")}


def _files(folder: Path) -> dict[str, Path]:
    """Name → path of the files that a manifest lists; links are not followed."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if is_regular(path)}
    return {name: path for name, path in paths.items() if name not in NOT_LISTED}


def _other_entries(folder: Path, files: dict[str, Path]) -> dict[str, str]:
    """Name → kind of what is in a release's folder and is neither a file nor a folder that leads to one."""
    folders = {parent for path in files.values() for parent in path.parents}
    others = [path for path in sorted(folder.rglob("*")) if not is_regular(path) and path not in folders]
    return {path.relative_to(folder).as_posix(): kind_of(path) for path in others}


def listed(folder: Path) -> tuple[dict[str, Any], ...]:
    """Name, size and SHA-256 of the files in a release so far, those for people first."""
    paths = sorted(folder.rglob("*"), key=lambda path: (path.parent != folder, path.relative_to(folder).as_posix()))
    return tuple(
        {"name": path.relative_to(folder).as_posix(), "size": path.stat().st_size, "sha256": sha256_of(path)}
        for path in paths
        if path.is_file()
    )


def write(manifest: dict[str, Any], target: Path) -> str:
    """Write the manifest; return its SHA-256."""
    target.write_text(documents.dump(manifest, indent=1, sort_keys=True) + "\n", "utf-8")
    return sha256_of(target)


def damage(release: ledger.Release) -> dict[str, str]:
    """File → problem, for every file of a release that differs from its manifest."""
    hashes, files = release.manifest["files"], _files(release.path)
    problems = dict.fromkeys(sorted(hashes.keys() - files.keys()), "is missing")
    problems |= dict.fromkeys(sorted(files.keys() - hashes.keys()), "is not in the manifest")
    problems |= {
        name: f"is {kind}, not a file of the release" for name, kind in _other_entries(release.path, files).items()
    }
    changed = (name for name in sorted(hashes.keys() & files.keys()) if sha256_of(files[name]) != hashes[name])
    return problems | dict.fromkeys(changed, "has changed since it was released")


def require_whole(release: ledger.Release) -> None:
    """Raise BangdanError where a table of a release differs from its manifest: nothing may be made from it."""
    problems = [f"{file} {problem}" for file, problem in damage(release).items() if file.endswith(".parquet")]
    if problems:
        raise BangdanError(
            f"{release.month} {release.name}: {'; '.join(problems)}",
            remedy=f"run `bangdan run --month {release.month}`, which writes its newest release again from the same data; "
            f"or restore {release.path} from a backup",
        )

"""The archive of releases: index pages in both languages and the feed, written anew at each publication."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pyarrow.parquet as pq

from bangdan.core import files
from bangdan.core.rendering import LANGUAGES, in_language, render
from bangdan.core.settings import Settings
from bangdan.publication import ledger
from bangdan.publication.code_version import code_version
from bangdan.publication.pages import claims, feed
from bangdan.publication.pages.names import lists_of, localised

INDEX = "archive.json"
LEADERS = 4


def rebuild(settings: Settings) -> None:
    """Write index.html, en.html and feed.xml into the releases' folder, and last archive.json, which holds their
    hashes and the code version that made them.
    """
    texts = pages(settings)
    for name, text in texts.items():
        files.write_text(settings.releases / name, text)
    index = {
        "code_version": code_version(),
        "files": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()},
    }
    files.write_text(settings.releases / INDEX, json.dumps(index, indent=1, sort_keys=True) + "\n")


def problems(settings: Settings) -> list[str]:
    """Archive files that are not those last written or, where this code version wrote them, not those that the releases
    give; one sentence each.
    """
    index = _read_index(settings)
    if index is None:
        return [f"archive: {INDEX} is missing or damaged"]
    expected = index["files"]
    if index["code_version"] == code_version():
        expected = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in pages(settings).items()}
    sentences = []
    for name, digest in expected.items():
        file = settings.releases / name
        if not file.exists():
            sentences.append(f"archive: {name} is missing")
        elif files.sha256_of(file) != digest:
            sentences.append(f"archive: {name} does not show the releases")
    return sentences


def _read_index(settings: Settings) -> dict[str, Any] | None:
    """What `rebuild` wrote last; None when it is missing or damaged."""
    try:
        index = json.loads((settings.releases / INDEX).read_text("utf-8"))
        return index if isinstance(index["files"], dict) and index["code_version"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def pages(settings: Settings) -> dict[str, str]:
    """Index pages and feed by file name; the same releases give the same text."""
    newest = {release.month: release.number for release in ledger.latest_of_all(settings)}
    entries = [
        _entry(release, is_latest=newest[release.month] == release.number)
        for release in reversed(ledger.all_releases(settings))
    ]
    index_pages = {}
    for name, language in zip(("index.html", "en.html"), LANGUAGES, strict=True):
        releases = [
            {**entry, "leaders": [in_language(pair, language) for pair in entry["leaders"]]} for entry in entries
        ]
        index_pages[name] = render("archive.html", language, {"releases": releases})
    return index_pages | {"feed.xml": feed.atom(entries)}


def _entry(release: ledger.Release, *, is_latest: bool) -> dict[str, Any]:
    """What the archive and the feed show of a release."""
    manifest = release.manifest
    restatement = manifest["effect"]
    summary = pq.read_table(release.path / "tables" / "monthly_summary.parquet").to_pylist()[0]
    return {
        "month": str(release.month),
        "name": release.name,
        "is_latest": is_latest,
        "post_count": summary["post_count"],
        "originality_rate": summary["originality_rate"],
        "is_restatement": bool(restatement),
        "reason": manifest["reason"] if restatement else None,
        "leaders": _leaders(release),
        "note": manifest["note"],
        "units_changed": restatement["units_changed"] if restatement else None,
        "known_at": manifest["knowledge_cut_off"],
        "digest": manifest["data_digest"],
        "issuers": pq.read_table(release.path / "tables" / "issuers.parquet")["issuer_name"].to_pylist(),
        "summary": claims.plain(claims.volumes({"monthly_summary": [summary]}, release.month), "zh"),
    }


def _leaders(release: ledger.Release) -> list[tuple[str, str]]:
    """Names (Chinese, English) of the units of rank 1, in the order of the lists, each unit once."""
    columns = ["ranking_list", "rank", "score", "unit_name", "unit_name_en"]
    rows = pq.read_table(release.path / "ranking.parquet", columns=columns).to_pylist()
    first = [row for row in rows if row["rank"] == 1 and row["score"]]
    file = release.path / "tables" / "ranking_lists.parquet"
    if file.exists():  # releases before version 3 of the contract do not list their lists
        order = list(lists_of(pq.read_table(file).to_pylist()))
        first.sort(key=lambda row: order.index(row["ranking_list"]))
    names = [(row["unit_name"], localised(row, "unit_name", "en")) for row in first]
    return list(dict.fromkeys(names))[:LEADERS]

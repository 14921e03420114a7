"""The archive of releases: index pages in both languages, the feed and the catalogue, written anew at each publication."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, StringConstraints

from bangdan.core import documents, files
from bangdan.core.months import Month
from bangdan.core.rendering import LANGUAGES, in_language, render, words
from bangdan.core.settings import Settings
from bangdan.publication import imprint, ledger, signing
from bangdan.publication.code_version import code_version
from bangdan.publication.formats import catalog
from bangdan.publication.pages import claims, feed, period_page
from bangdan.publication.pages.names import licences_of, lists_of, localised
from bangdan.publication.periods import period_tables

INDEX = "archive.json"
PAGES = ("index.html", "en.html", "feed.xml", catalog.NAME)
PERIODS = ("quarters", "years")  # folders


def _one_of(names: Iterable[str]) -> str:
    return f"({'|'.join(map(re.escape, names))})"


NAME = rf"{_one_of(PAGES)}|{_one_of(PERIODS)}/[0-9]{{4}}(-Q[1-4])?/{_one_of(period_page.FILES)}"
LEADERS = 4


class Index(BaseModel):
    """archive.json."""

    model_config = ConfigDict(strict=True)

    code_version: Annotated[str, StringConstraints(min_length=1)]
    files: dict[Annotated[str, StringConstraints(pattern=f"^({NAME})$")], str]
    releases: dict[str, str]  # `2021-08 r1` → SHA-256 of the manifest


def rebuild(settings: Settings) -> None:
    """Write the pages, the feed and the catalogue into the releases' folder, and last archive.json: their hashes, the code
    version that made them, and the hash of every release's manifest. It is signed where a key is set.
    """
    texts = pages(settings)
    for name, text in texts.items():
        files.write_text(settings.releases / name, text)
    _remove_periods(settings, texts.keys())
    content = {"code_version": code_version(), "files": _hashes(texts), "releases": _released(settings)}
    file, text = settings.releases / INDEX, json.dumps(content, indent=1, sort_keys=True) + "\n"
    if not file.exists() or file.read_bytes() != text.encode():
        signing.signature_of(file).unlink(missing_ok=True)  # it is of another index
    files.write_text(file, text)
    signing.sign(settings, file)


def is_of_this_code(settings: Settings) -> bool:
    """True where this version of the code wrote what is derived from the releases."""
    index = _read_index(settings)
    return index is not None and index.code_version == code_version()


def index_problems(settings: Settings) -> list[str]:
    """Where archive.json is damaged or not signed, and releases that it lists and that are gone, or the other way
    round; one sentence each.
    """
    index = _read_index(settings)
    if index is None:
        return [f"archive: {INDEX} is missing or damaged; the next publication of any month writes it again"]
    signature_problem = signing.problem(settings, settings.releases / INDEX)
    sentences = [f"archive: {INDEX} {signature_problem}"] if signature_problem else []
    listed, there = index.releases, _released(settings)
    sentences += [
        f"{name}: listed in {INDEX}, but the release is missing" for name in sorted(listed.keys() - there.keys())
    ]
    sentences += [f"{name}: {INDEX} does not list this release" for name in sorted(there.keys() - listed.keys())]
    changed = sorted(name for name in listed.keys() & there.keys() if listed[name] != there[name])
    return sentences + [f"{name}: not the manifest that {INDEX} lists" for name in changed]


def page_problems(settings: Settings) -> list[str]:
    """Pages and feed that are not those last written or, where this code version wrote them, not those that the
    releases give; one sentence each. Every release has to be whole.
    """
    index = _read_index(settings)
    if index is None:
        return []  # a problem of the index
    expected = index.files
    if index.code_version == code_version():
        expected = _hashes(pages(settings))
    sentences = []
    for name, digest in expected.items():
        file = settings.releases / name
        if not files.is_regular(file):
            sentences.append(f"archive: {name} is missing")
        elif files.sha256_of(file) != digest:
            sentences.append(f"archive: {name} does not show the releases")
    return sentences


def unlisted_period_entries(settings: Settings) -> list[Path]:
    """Whatever is in the folders of quarters and years and is neither a file that the index lists nor a folder that
    leads to one; links are not followed. None without an index, which is a problem of its own.
    """
    index = _read_index(settings)
    if index is None:
        return []
    listed = {settings.releases / name for name in index.files}
    listed |= {parent for file in listed for parent in file.parents}
    paths = [path for folder in PERIODS for path in sorted((settings.releases / folder).rglob("*"))]
    return [path for path in paths if path not in listed or path.is_symlink()]


def _remove_periods(settings: Settings, names: Iterable[str]) -> None:
    """Remove the files of periods that the index lists and that are no longer made: their months are gone."""
    index = _read_index(settings)
    for name in set(index.files) - set(names) if index else ():
        file = settings.releases / name
        if files.is_regular(file):
            file.unlink()
        if file.parent.parent.name in PERIODS and file.parent.is_dir() and not any(file.parent.iterdir()):
            file.parent.rmdir()


def _hashes(texts: dict[str, str]) -> dict[str, str]:
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def _released(settings: Settings) -> dict[str, str]:
    """Release, as `2021-08 r1` → SHA-256 of its manifest."""
    return {
        f"{release.month} {release.name}": files.sha256_of(release.path / "manifest.json")
        for release in ledger.all_releases(settings)
        if files.is_regular(release.path / "manifest.json")
    }


def _read_index(settings: Settings) -> Index | None:
    """What `rebuild` wrote last; None when it is missing or damaged."""
    try:
        return Index.model_validate(documents.read(settings.releases / INDEX))
    except (OSError, ValueError):
        return None


def pages(settings: Settings) -> dict[str, str]:
    """Index pages and feed by file name; the same releases give the same text."""
    releases = ledger.all_releases(settings)[::-1]
    newest = {release.month: release.number for release in ledger.latest_of_all(settings)}
    entries = [_entry(release, is_latest=newest[release.month] == release.number) for release in releases]
    periods = period_tables.all_periods(settings)
    newest_imprint = entries[0]["imprint"] if entries else imprint.Imprint()
    licences = entries[0]["licences"] if entries else []
    index_pages = {}
    for name, language in zip(("index.html", "en.html"), LANGUAGES, strict=True):
        context = {
            "releases": [
                {**entry, "leaders": [in_language(pair, language) for pair in entry["leaders"]]} for entry in entries
            ],
            "imprint": newest_imprint,
            "licences": licences,
            "data_catalog": _data_catalog(entries, language),
            "periods": [
                {
                    "title": period_page.title(tables, language),
                    "page": f"{tables.period.kind}/{tables.period.name}/{name}",
                    **tables.volumes.to_pylist()[0],
                }
                for tables in periods
            ],
        }
        index_pages[name] = render("archive.html", language, context)
    period_texts: dict[str, str] = {}
    for tables in periods:
        period_texts |= period_page.texts(tables, _lists_of_period(settings, tables))
    return index_pages | {"feed.xml": feed.atom(entries), catalog.NAME: catalog.text(releases)} | period_texts


def _lists_of_period(settings: Settings, tables: period_tables.PeriodTables) -> dict[str, tuple[str, str]]:
    """The lists of the newest month of a period."""
    newest = ledger.latest(settings, Month.parse(tables.months[-1]["ranking_month"]))
    return _lists(newest) if newest else {}


def _data_catalog(entries: list[dict[str, Any]], language: str) -> dict[str, Any]:
    """schema.org DataCatalog of the releases in force; each is described on its own page."""
    w, page = words(language), words(language)["list_file"]
    return {
        "@context": "https://schema.org",
        "@type": "DataCatalog",
        "name": w["title"],
        "description": w["archive_text"],
        "inLanguage": w["html_language"],
        "dataset": [
            {
                "@type": "Dataset",
                "name": f"{entry['month']} {w['title']}",
                "url": f"{entry['imprint'].web_address}{entry['month']}/{entry['name']}/{page}",
                "temporalCoverage": entry["month"],
                "version": entry["name"],
            }
            for entry in entries
            if entry["is_latest"]
        ],
    }


def _entry(release: ledger.Release, *, is_latest: bool) -> dict[str, Any]:
    """What the archive and the feed show of a release."""
    manifest = release.manifest
    restatement = manifest["effect"]
    issuers = pq.read_table(release.path / "tables" / "issuers.parquet").to_pylist()
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
        "imprint": imprint.of_manifest(manifest),
        "digest": manifest["data_digest"],
        "issuers": [row["issuer_name"] for row in issuers],
        "licences": licences_of(issuers),
        "summary": claims.plain(
            [*claims.volumes({"monthly_summary": [summary]}, release.month), *_moves(release)], "zh"
        ),
    }


def _leaders(release: ledger.Release) -> list[tuple[str, str]]:
    """Names (Chinese, English) of the units of rank 1, in the order of the lists, each unit once."""
    columns = ["ranking_list", "rank", "score", "unit_name", "unit_name_en"]
    rows = pq.read_table(release.path / "ranking.parquet", columns=columns).to_pylist()
    first = [row for row in rows if row["rank"] == 1 and row["score"]]
    if lists := _lists(release):
        first.sort(key=lambda row: list(lists).index(row["ranking_list"]))
    names = [(row["unit_name"], localised(row, "unit_name", "en")) for row in first]
    return list(dict.fromkeys(names))[:LEADERS]


def _moves(release: ledger.Release) -> list[claims.Claim]:
    """The notable rises and falls of each list, by name."""
    tables = {
        "ranking": pq.read_table(release.path / "ranking.parquet").to_pylist(),
        "subjects": [],
        "score_changes": [],
    }
    return [
        sentence
        for ranking_list, names in _lists(release).items()
        for sentence in claims.moves_in_short(tables, ranking_list, names)
    ]


def _lists(release: ledger.Release) -> dict[str, tuple[str, str]]:
    """Code → names of the lists, in their order; empty for releases before version 3 of the contract, which do not list
    their lists.
    """
    file = release.path / "tables" / "ranking_lists.parquet"
    return lists_of(pq.read_table(file).to_pylist()) if file.exists() else {}

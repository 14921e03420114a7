"""The files of a release: tables, ranking files, workbook, bulletin and pages."""

from __future__ import annotations

from pathlib import Path

from bangdan.core.rendering import LANGUAGES, word_pairs
from bangdan.core.settings import Settings
from bangdan.publication import manifest
from bangdan.publication.edition import Edition
from bangdan.publication.formats import citation, data_contract, datafiles, notes, packages, word, workbook
from bangdan.publication.pages import (
    account_page,
    bulletin,
    compare_page,
    finder,
    listings,
    method_page,
    outlet_page,
    rank_history,
    ranking_page,
    topic_page,
    unit_page,
)

REASONS = {
    "R1": ("来源更正", "better source"),
    "R2": ("重新计算", "recalculation"),
    "R3": ("方法变更", "method change"),
    "C": ("更正", "correction"),
}


def write_files(settings: Settings, folder: Path, edition: Edition) -> None:
    """Write every file but the manifest; the same edition gives the same bytes."""
    is_synthetic = edition.tables["monthly_summary"]["is_synthetic"][0].as_py()
    listed = listings.of(settings, edition.tables)
    _write_data(folder, edition, listed, is_synthetic)
    _write_bulletin(folder, bulletin.of(edition.tables, edition.month, is_synthetic, notes.lines(edition)))
    _write_pages(settings, folder, edition, listed)
    for module in (account_page, topic_page, outlet_page):
        for language, name in module.FILES.items():
            (folder / name).write_text(module.page(edition, listed, language), "utf-8")


def _write_data(folder: Path, edition: Edition, listed: listings.Listings, is_synthetic: bool) -> None:
    notice = f"榜单 {edition.month} {edition.release}"
    if is_synthetic:
        notice += "\n" + " / ".join(word_pairs()["synthetic_notice"])
    for name, table in edition.tables.items():
        datafiles.write_parquet(table, folder / "tables" / f"{name}.parquet", name)
    ranking = edition.tables["ranking"]
    datafiles.write_parquet(ranking, folder / "ranking.parquet", "ranking")
    datafiles.write_csv(ranking, folder / "ranking.csv")
    for name, table in listings.tables(listed).items():
        datafiles.write_csv(table, folder / name)
    lines = notes.lines(edition)
    datafiles.write_json(ranking, folder / "ranking.json", notice, lines)
    workbook.write_xlsx(edition.tables, folder / "ranking.xlsx", edition.month, notice, lines)
    (folder / notes.NAME).write_text(notes.text(edition, notice), "utf-8")
    (folder / "citation.bib").write_text(citation.bibtex(edition), "utf-8")
    (folder / "citation.json").write_text(citation.csl_json(edition), "utf-8")
    (folder / data_contract.NAME).write_text(data_contract.text(edition), "utf-8")
    files = manifest.listed(folder)
    (folder / "datapackage.json").write_text(packages.data_package(edition, files, listed), "utf-8")
    (folder / "croissant.json").write_text(packages.croissant(edition, files), "utf-8")


def _write_bulletin(folder: Path, text: bulletin.Bulletin) -> None:
    (folder / "bulletin.md").write_text(bulletin.markdown(text), "utf-8")
    (folder / "bulletin.txt").write_text(bulletin.plain_text(text), "utf-8")
    (folder / "bulletin.wechat.html").write_text(bulletin.wechat(text), "utf-8")
    word.write_docx(text, folder / "bulletin.docx")


def _write_pages(settings: Settings, folder: Path, edition: Edition, listed: listings.Listings) -> None:
    """The list, the method, the comparison and every unit, in both languages. The list names the files that are there by then."""
    tables, month, release = edition.tables, edition.month, edition.release
    earlier = rank_history.earlier(settings, month, tables["ranking"])
    former_names = rank_history.former_names(earlier.to_pylist(), tables["ranking"].to_pylist())
    former_accounts = rank_history.former_account_names(settings, month, tables["account_scores"])
    findable = {language: finder.findable(edition, listed, former_accounts, language) for language in LANGUAGES}
    citations = {language: citation.sentence(edition, language) for language in LANGUAGES}
    facts = ranking_page.ReleaseFacts(
        edition.gates, _restatement(edition), manifest.listed(folder), edition.imprint, former_names, citations,
        edition.digest, findable,
    )  # fmt: skip
    for name, language in (("index.html", "zh"), ("en.html", "en")):
        (folder / name).write_text(ranking_page.page(tables, month, release, language, facts), "utf-8")
    for name, language in (("method.html", "zh"), ("method.en.html", "en")):
        (folder / name).write_text(method_page.page(month, language), "utf-8")
    for language, name in compare_page.FILES.items():
        (folder / name).write_text(compare_page.page(edition, earlier, language), "utf-8")
    (folder / "units").mkdir()
    for name, html in unit_page.render_all(settings, edition, earlier):
        (folder / name).write_text(html, "utf-8")


def _restatement(edition: Edition) -> dict | None:
    if not edition.restatement:
        return None
    return {
        "reason": edition.reason,
        "reason_name": REASONS.get(edition.reason or ""),
        "note": edition.note,
        "ranks": edition.restatement,
    }

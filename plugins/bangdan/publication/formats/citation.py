"""How a release is cited: a sentence, BibTeX, and CSL-JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from bangdan.core import documents
from bangdan.core.formatting import one_line
from bangdan.core.rendering import in_language, words
from bangdan.publication.edition import Edition
from bangdan.publication.imprint import name_of
from bangdan.publication.pages.names import month_title

# Characters that BibTeX and TeX read as markup.
ESCAPED = {character: f"\\{character}" for character in "{}%&#$_"} | {
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
}  # fmt: skip


def sentence(edition: Edition, language: str) -> str:
    """Issuers: title, release, method; date of publication where it is recorded; permanent address."""
    w = words(language)
    names = [in_language((zh, en), language) for zh, en in _issuers(edition)]
    parts = [
        month_title(edition.month, language), edition.release, f"{w['method_version']} {_method(edition)}",
        edition.imprint.published_on or "", _address(edition) or name_of(edition.month, edition.release, edition.digest),
    ]  # fmt: skip
    issued = w["comma"].join(names) + w["colon"] if names else ""
    return issued + ", ".join(part for part in parts if part)


def bibtex(edition: Edition) -> str:
    """An entry for BibTeX; without a date of publication it has no year."""
    published_on = edition.imprint.published_on
    authors = " and ".join(f"{{{_tex(zh)}}}" for zh, _ in _issuers(edition))
    fields = {
        "author": authors,
        "title": f"{{{_tex(month_title(edition.month, 'zh'))} / {_tex(month_title(edition.month, 'en'))}}}",
        "year": published_on[:4] if published_on else "",
        "date": published_on or "",
        "version": edition.release,
        "url": _address(edition),
        "note": _tex(_note(edition)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{_key(edition)},", *lines, "}", ""])


def csl_json(edition: Edition) -> str:
    """A list with one item of CSL-JSON (https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html)."""
    item: dict[str, Any] = {
        "id": _key(edition),
        "type": "dataset",
        "title": f"{month_title(edition.month, 'zh')} / {month_title(edition.month, 'en')}",
        "author": [{"literal": zh} for zh, _ in _issuers(edition)],
        "version": edition.release,
        "note": _note(edition),
    }
    if _address(edition):
        item["URL"] = _address(edition)
    if edition.imprint.published_on:
        day = date.fromisoformat(edition.imprint.published_on)
        item["issued"] = {"date-parts": [[day.year, day.month, day.day]]}
    return documents.dump([item], indent=1) + "\n"


def _key(edition: Edition) -> str:
    return f"bangdan-{edition.month}-{edition.release}"


def _address(edition: Edition) -> str:
    return edition.imprint.permanent_address_of(edition.digest)


def _note(edition: Edition) -> str:
    cut_off = f"data as of {edition.imprint.data_cut_off}; " if edition.imprint.data_cut_off else ""
    return f"method {_method(edition)}; {cut_off}SHA-256 of the data {edition.digest}"


def _method(edition: Edition) -> str:
    return edition.tables["monthly_summary"]["method_version"][0].as_py()


def _issuers(edition: Edition) -> list[tuple[str, str]]:
    return [
        (one_line(row["issuer_name"]), one_line(row["issuer_name_en"] or row["issuer_name"]))
        for row in edition.tables["issuers"].to_pylist()
    ]


def _tex(text: str) -> str:
    return "".join(ESCAPED.get(character, character) for character in text)

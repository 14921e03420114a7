"""The notes to the data of a release: what they are, dates, licence, contact, appeal, how to cite, meaning of the columns."""

from __future__ import annotations

from bangdan.core.formatting import one_line
from bangdan.publication import contract
from bangdan.publication.edition import Edition
from bangdan.publication.formats import citation
from bangdan.publication.pages.names import licences_of

NAME = "notes.txt"


def lines(edition: Edition) -> list[str]:
    """Who issues the data and when, in both languages, a fact a line; what is not known has none."""
    imprint, tables = edition.imprint, edition.tables
    issuers = "、".join(row["issuer_name"] for row in tables["issuers"].to_pylist())
    licences = licences_of(tables["issuers"].to_pylist())
    facts = {
        "发布 / Issued by": issuers,
        "发布日期 / Published on": imprint.published_on,
        "数据截至 / Data cut-off": imprint.data_cut_off,
        "下期不晚于 / Next list due by": imprint.next_due_on,
        "数据许可 / Licence": "; ".join(licences),
        "联系 / Contact": imprint.contact,
        "申诉 / Appeal": imprint.appeal,
        "引用 / Cite as": citation.sentence(edition, "zh"),
    }
    return [f"{name}: {one_line(value)}" for name, value in facts.items() if value]


def text(edition: Edition, notice: str) -> str:
    """The notes to ranking.csv: the notice, the lines, and the meaning of every column."""
    labels = contract.labels()
    columns = [f"{name}: {labels[name]}" for name in edition.tables["ranking"].schema.names]
    return "\n".join([notice, "", *lines(edition), "", "ranking.csv", *columns, ""])

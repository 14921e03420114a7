"""The catalogue of all releases as DCAT-AP 3 in JSON-LD, which data portals harvest.

https://semiceu.github.io/DCAT-AP/releases/3.0.0/
"""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from bangdan.core import documents
from bangdan.core.months import Month
from bangdan.core.rendering import word_pairs
from bangdan.publication import imprint, ledger
from bangdan.publication.pages.names import licences_of, month_title

Row = dict[str, Any]
NAME = "catalog.jsonld"
# Files of a release that the catalogue lists, and the type of each.
MEDIA_TYPES = {
    "ranking.csv": "text/csv",
    "ranking.json": "application/json",
    "ranking.parquet": "application/vnd.apache.parquet",
    "ranking.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "accounts.csv": "text/csv",
    "topic_posts.csv": "text/csv",
    "topic_outlets.csv": "text/csv",
    "outlets.csv": "text/csv",
    "datapackage.json": "application/json",
}
IANA = "https://www.iana.org/assignments/media-types/"
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#", "vcard": "http://www.w3.org/2006/vcard/ns#", "xsd": "http://www.w3.org/2001/XMLSchema#",
}  # fmt: skip


def text(releases: list[ledger.Release]) -> str:
    """The catalogue; addresses are relative to it, or to the web address that the city names. `releases` newest first."""
    of_newest = imprint.of_manifest(releases[0].manifest) if releases else imprint.Imprint()
    document = {
        "@context": CONTEXT | ({"@base": of_newest.web_address} if of_newest.web_address else {}),
        "@id": NAME,
        "@type": "dcat:Catalog",
        "dct:title": _in_both(word_pairs()["title"]),
        "dct:description": _in_both(word_pairs()["archive_text"]),
        "dct:publisher": _publishers(releases[0]) if releases else [],
        "foaf:homepage": {"@id": "index.html"},
        "dcat:dataset": [_dataset(release) for release in releases],
    }
    return documents.dump(document, indent=1) + "\n"


def _dataset(release: ledger.Release) -> Row:
    fields, folder = release.manifest, f"{release.month}/{release.name}"
    issued = imprint.of_manifest(fields)
    licences = licences_of(_issuers(release))
    dataset: Row = {
        "@id": f"{folder}/",
        "@type": "dcat:Dataset",
        "dct:identifier": imprint.name_of(release.month, release.name, fields["data_digest"]),
        "dct:title": _in_both((month_title(release.month, "zh"), month_title(release.month, "en"))),
        "dct:description": _in_both(word_pairs()["title"]),
        "dct:publisher": _publishers(release),
        "dct:temporal": _temporal(release.month),
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/NEVER"},
        "dcat:version": release.name,
        "dcat:landingPage": {"@id": f"id/{fields['data_digest']}/"},
        "dcat:distribution": [
            _distribution(release, name, fields["files"][name], licences)
            for name in MEDIA_TYPES
            if name in fields["files"] and (release.path / name).exists()
        ],
    }
    if release.number > 1:
        dataset["dcat:previousVersion"] = {"@id": f"{release.month}/r{release.number - 1}/"}
    if issued.published_on:
        dataset["dct:issued"] = {"@type": "xsd:date", "@value": issued.published_on}
    if "@" in issued.contact and " " not in issued.contact:
        dataset["dcat:contactPoint"] = {"@type": "vcard:Kind", "vcard:hasEmail": {"@id": f"mailto:{issued.contact}"}}
    return dataset


def _distribution(release: ledger.Release, name: str, sha256: str, licences: list[str]) -> Row:
    folder = f"{release.month}/{release.name}"
    distribution: Row = {
        "@id": f"{folder}/{name}",
        "@type": "dcat:Distribution",
        "dct:title": name,
        "dcat:accessURL": {"@id": f"{folder}/index.html"},
        "dcat:downloadURL": {"@id": f"{folder}/{name}"},
        "dcat:mediaType": {"@id": f"{IANA}{MEDIA_TYPES[name]}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str((release.path / name).stat().st_size)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": sha256},
        },
    }
    return distribution | ({"dct:license": [_licence(licence) for licence in licences]} if licences else {})


def _temporal(month: Month) -> Row:
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": {"@type": "xsd:date", "@value": f"{month}-01"},
        "dcat:endDate": {"@type": "xsd:date", "@value": f"{month}-{month.days:02d}"},
    }


def _licence(licence: str) -> Row:
    """A licence by its address, else as a document with its name."""
    if licence.startswith(("https://", "http://")):
        return {"@id": licence}
    return {"@type": "dct:LicenseDocument", "dct:title": licence}


def _publishers(release: ledger.Release) -> list[Row]:
    return [
        {
            "@type": "foaf:Agent",
            "foaf:name": _in_both((row["issuer_name"], row["issuer_name_en"] or row["issuer_name"])),
        }
        for row in _issuers(release)
    ]


def _issuers(release: ledger.Release) -> list[Row]:
    return pq.read_table(release.path / "tables" / "issuers.parquet").to_pylist()


def _in_both(pair: tuple[str, str]) -> list[Row]:
    return [{"@language": language, "@value": text} for language, text in zip(("zh", "en"), pair, strict=True)]

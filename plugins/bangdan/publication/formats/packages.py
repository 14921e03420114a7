"""A release as other programs read it: Data Package v2 (datapackage.json) and Croissant 1.1 (croissant.json).

https://datapackage.org/standard/data-package/, https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from bangdan.core import documents
from bangdan.publication import contract
from bangdan.publication.edition import Edition
from bangdan.publication.formats import citation
from bangdan.publication.imprint import name_of
from bangdan.publication.pages import listings
from bangdan.publication.pages.names import licences_of, month_title

Row = dict[str, Any]
PARQUET = "application/vnd.apache.parquet"
LICENCE_CODE = re.compile(r"[-a-zA-Z0-9._]+")
# A column of one table that holds the key of another: table → (column, table).
REFERENCES = {"reprints": ("post_id", "posts")}
# The context that Croissant 1.1 recommends; validators know the terms of schema.org by https only.
CROISSANT_CONTEXT = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/", "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo", "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "data": {"@id": "cr:data", "@type": "@json"}, "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        term: f"cr:{term}"
        for term in (
            "citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet", "format",
            "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
            "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
        )
    },
}  # fmt: skip
REQUIRED_BY_CROISSANT = ("license", "url", "creator", "datePublished")


def data_package(edition: Edition, files: Iterable[Row], listed: listings.Listings) -> str:
    """datapackage.json; `files` hold name, size and sha256 of the release's files so far. The ranking and the listings are
    described as CSV, every table as Parquet.
    """
    imprint, tables = edition.imprint, edition.tables
    by_name = {file["name"]: file for file in files}
    resources = [_resource("ranking", by_name["ranking.csv"], "csv", "text/csv", tables["ranking"], "ranking")]
    for name, table in tables.items():
        resource = f"{name}-parquet" if name == "ranking" else name
        resources.append(_resource(resource, by_name[f"tables/{name}.parquet"], "parquet", PARQUET, table, name))
    for file_name, listing in listings.tables(listed).items():
        resources.append(_listing(listings.FILES[file_name], by_name[file_name], listing))
    return _text(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": f"bangdan-{edition.month}-{edition.release}",
            "id": name_of(edition.month, edition.release, edition.digest),
            "title": _title(edition),
            "version": edition.release,
            "created": f"{imprint.published_on}T00:00:00+08:00" if imprint.published_on else None,
            "homepage": imprint.address_of(edition.month, edition.release),
            "licenses": [_licence(licence) for licence in _licences(edition)],
            "contributors": [
                {"title": row["issuer_name"], "roles": ["publisher"]} for row in tables["issuers"].to_pylist()
            ],
            "sources": [{"title": "exports, seeds and gates of the release", "path": "manifest.json"}],
            "resources": resources,
        }
    )


def croissant(edition: Edition, files: Iterable[Row]) -> str:
    """croissant.json: every table as a record set. A release without a licence, an address, issuers or a day of
    publication lacks what Croissant requires; it then does not claim to conform.
    """
    by_name = {file["name"]: file for file in files}
    imprint, tables = edition.imprint, edition.tables
    known = {
        "@context": CROISSANT_CONTEXT,
        "@type": "sc:Dataset",
        "name": f"bangdan-{edition.month}-{edition.release}",
        "description": _title(edition),
        "version": f"{edition.release[1:]}.0.0",
        "license": _licences(edition),
        "url": imprint.address_of(edition.month, edition.release),
        "creator": [{"@type": "sc:Organization", "name": row["issuer_name"]} for row in tables["issuers"].to_pylist()],
        "datePublished": imprint.published_on,
        "citeAs": citation.bibtex(edition),
        "distribution": [_file_object(name, by_name[f"tables/{name}.parquet"]) for name in tables],
        "recordSet": [_record_set(name, table) for name, table in tables.items()],
    }
    is_complete = all(known[name] for name in REQUIRED_BY_CROISSANT)
    return _text(known | {"conformsTo": "http://mlcommons.org/croissant/1.1" if is_complete else None})


def _resource(name: str, file: Row, form: str, media_type: str, table: pa.Table, contracted: str) -> Row:
    schema: Row = {"fields": [_field(contracted, field) for field in table.schema], "primaryKey": _key(contracted)}
    if contracted in REFERENCES:
        column, other = REFERENCES[contracted]
        schema["foreignKeys"] = [{"fields": [column], "reference": {"resource": other, "fields": [column]}}]
    return {
        "name": name,
        "type": "table",
        "path": file["name"],
        "title": contract.tables()[contracted].label.zh,
        "description": contract.tables()[contracted].label.en,
        "format": form,
        "mediatype": media_type,
        **({"encoding": "utf-8"} if form == "csv" else {}),
        "bytes": file["size"],
        "hash": f"sha256:{file['sha256']}",
        "schema": _without_empty(schema),
    }


def _listing(listing: listings.ListingFile, file: Row, table: pa.Table) -> Row:
    """A listing as a resource; its columns are named as in the published tables, or by the listing."""
    labels = {name: (label.zh, label.en) for name, label in contract.labels().items()} | listings.LABELS
    return {
        "name": file["name"].removesuffix(".csv").replace("_", "-"),
        "type": "table",
        "path": file["name"],
        "title": listing.title,
        "description": listing.title_en,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file["size"],
        "hash": f"sha256:{file['sha256']}",
        "schema": {
            "fields": [
                {
                    "name": field.name,
                    "title": labels[field.name][0],
                    "description": labels[field.name][1],
                    "type": _kind(field.type)[0],
                }
                for field in table.schema
            ],
            "primaryKey": list(listing.key),
        },
    }


def _field(table: str, field: pa.Field) -> Row:
    """A column with its title (Chinese), description (English), type, and the values that it may hold."""
    label = contract.labels()[field.name]
    values = next((column.values for column in contract.tables()[table].columns if column.name == field.name), ())
    described = {"name": field.name, "title": label.zh, "description": label.en, "type": _kind(field.type)[0]}
    return described | ({"constraints": {"enum": list(values)}} if values and "" not in values else {})


def _file_object(name: str, file: Row) -> Row:
    return {
        "@type": "cr:FileObject",
        "@id": f"{name}.parquet",
        "name": f"{name}.parquet",
        "contentUrl": file["name"],
        "contentSize": f"{file['size']} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file["sha256"],
    }


def _record_set(name: str, table: pa.Table) -> Row:
    key = [{"@id": f"{name}/{column}"} for column in _key(name)]
    return _without_empty(
        {
            "@type": "cr:RecordSet",
            "@id": name,
            "name": name,
            "description": str(contract.tables()[name].label),
            "key": key[0] if len(key) == 1 else key,
            "field": [_record_field(name, field) for field in table.schema],
        }
    )


def _record_field(table: str, field: pa.Field) -> Row:
    described: Row = {
        "@type": "cr:Field",
        "@id": f"{table}/{field.name}",
        "name": field.name,
        "description": str(contract.labels()[field.name]),
        "dataType": _kind(field.type)[1],
        "source": {"fileObject": {"@id": f"{table}.parquet"}, "extract": {"column": field.name}},
    }
    column, other = REFERENCES.get(table, ("", ""))
    return described | ({"references": {"field": {"@id": f"{other}/{column}"}}} if field.name == column else {})


def _kind(kind: pa.DataType) -> tuple[str, str]:
    """The type of a column in Data Package and in Croissant."""
    if pa.types.is_boolean(kind):
        return "boolean", "sc:Boolean"
    if pa.types.is_integer(kind):
        return "integer", "sc:Integer"
    if pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return "number", "sc:Float"
    if pa.types.is_date(kind):
        return "date", "sc:Date"
    return ("datetime", "sc:DateTime") if pa.types.is_timestamp(kind) else ("string", "sc:Text")


def _key(table: str) -> list[str]:
    """The columns of a table's key; none where it is made of expressions, which neither format can write."""
    columns = [part.strip() for part in contract.tables()[table].key.split(",")]
    return columns if all(column.isidentifier() for column in columns) else []


def _title(edition: Edition) -> str:
    return f"{month_title(edition.month, 'zh')} / {month_title(edition.month, 'en')}"


def _licences(edition: Edition) -> list[str]:
    return licences_of(edition.tables["issuers"].to_pylist())


def _licence(licence: str) -> Row:
    """A licence by its code or address, else by its words."""
    if licence.startswith(("https://", "http://")):
        return {"path": licence}
    return {"name": licence} if LICENCE_CODE.fullmatch(licence) else {"name": "other", "title": licence}


def _without_empty(values: Row) -> Row:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _text(document: Row) -> str:
    return documents.dump(_without_empty(document), indent=1) + "\n"

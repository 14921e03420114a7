"""The contract of the published tables as an Open Data Contract (ODCS 3.1), which catalogues and checkers read.

https://bitol-io.github.io/open-data-contract-standard/v3.1.0/
"""

from __future__ import annotations

from typing import Any

import yaml

from bangdan.core.rendering import word_pairs
from bangdan.publication import contract
from bangdan.publication.edition import Edition
from bangdan.publication.formats.database import schema_version
from bangdan.publication.imprint import name_of
from bangdan.publication.pages.names import licences_of

NAME = "contract.odcs.yaml"
Row = dict[str, Any]
# What a type of DuckDB begins with → the logical type.
LOGICAL_TYPES = {
    "boolean": "boolean",
    "date": "date",
    "decimal": "number",
    "double": "number",
    "timestamp": "timestamp",
    "varchar": "string",
}


def text(edition: Edition) -> str:
    """The contract that a release fulfils, as YAML: every table of `tables/` with its columns, keys and values."""
    licences = licences_of(edition.tables["issuers"].to_pylist())
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name_of(edition.month, edition.release, edition.digest),
        "name": "bangdan",
        "version": f"{schema_version()}.0.0",
        "status": "active",
        "description": {"purpose": " / ".join(word_pairs()["title"])}
        | ({"limitations": ", ".join(licences)} if licences else {}),
        "schema": [_table(name) for name in edition.tables],
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def _table(name: str) -> Row:
    table = contract.tables()[name]
    parts = [part.strip() for part in table.key.split(",")]
    keys = parts if all(part.isidentifier() for part in parts) else []  # a key of expressions cannot be written
    properties = [_column(column, keys) for column in table.columns]
    release = contract.Column("release", "varchar", contract.labels()["release"])
    properties.insert(1, _column(release, []))
    return {
        "name": name,
        "physicalName": f"tables/{name}.parquet",
        "physicalType": "file",
        "description": str(table.label),
        "properties": properties,
    }


def _column(column: contract.Column, keys: list[str]) -> Row:
    """A column; `keys` are the columns of its table's key."""
    described: Row = {
        "name": column.name,
        "logicalType": logical_type(column.data_type),
        "physicalType": column.data_type,
        "description": str(column.label),
    }
    if column.name in keys:
        described |= {"primaryKey": True, "primaryKeyPosition": keys.index(column.name) + 1, "required": True}
    if column.values:
        described["quality"] = [
            {
                "type": "library",
                "metric": "invalidValues",
                "arguments": {"validValues": list(column.values)},
                "mustBe": 0,
            }
        ]
    return described


def logical_type(data_type: str) -> str:
    """The ODCS type of a DuckDB type; whole numbers where nothing else fits."""
    return next((logical for begin, logical in LOGICAL_TYPES.items() if data_type.startswith(begin)), "integer")

"""Read a release as the reference readers of its formats do; a JSON object on standard output: format → problems.

Runs in the environment of requirements-formats.lock, which has nothing of this program:
    read_formats.py FOLDER PUBLIC_KEY
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from pathlib import Path

import mlcroissant
import pyarrow.parquet as pq
import rdflib
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from frictionless import Package, Resource, Schema
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")


def package_problems(folder: Path) -> list[str]:
    """Of datapackage.json: its profile, and every row of every resource against its schema.

    Frictionless reads Parquet through pandas, which has no missing whole number; so rows of Parquet are handed over as
    they are, and size and hash are compared here.
    """
    package = Package(str(folder / "datapackage.json"))
    problems = []
    for resource in package.resources:
        if resource.format == "csv":
            report = resource.validate()
        else:
            data = (folder / resource.path).read_bytes()
            if (resource.bytes, resource.hash) != (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}"):
                problems.append(f"{resource.name}: size or hash")
            table = pq.read_table(folder / resource.path)
            rows = [table.schema.names, *([*row.values()] for row in table.to_pylist())]
            schema = {name: value for name, value in resource.schema.to_descriptor().items() if name != "foreignKeys"}
            report = Resource(name=resource.name, data=rows, schema=Schema.from_descriptor(schema)).validate()
        problems += [f"{resource.name}: {kind} {note}" for kind, note in report.flatten(["type", "note"])]
    return problems


def croissant_problems(folder: Path) -> list[str]:
    """Of croissant.json: errors and warnings of the validator, and record sets that do not read as many rows as the table."""
    notes: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: notes.append(record.getMessage())  # type: ignore[method-assign]
    handler.setLevel(logging.WARNING)
    logging.getLogger("absl").addHandler(handler)
    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    problems = [*issues.errors, *issues.warnings, *notes]
    for record_set in dataset.metadata.record_sets:
        count = sum(1 for _ in dataset.records(record_set.uuid))
        rows = pq.read_metadata(folder / "tables" / f"{record_set.uuid}.parquet").num_rows
        if count != rows:
            problems.append(f"{record_set.uuid}: {count} records of {rows} rows")
    return problems


def attestation_problems(folder: Path, public_key: Path) -> list[str]:
    """Of manifest.intoto.jsonl: whether the envelope verifies with the key's own id, and its files have their hashes."""
    envelope = Envelope.from_dict(json.loads((folder / "manifest.intoto.jsonl").read_text("utf-8")))
    key = SSlibKey.from_crypto(load_pem_public_key(public_key.read_bytes()))
    envelope.verify([key], 1)
    subjects = json.loads(envelope.payload)["subject"]
    return [
        subject["name"]
        for subject in subjects
        if subject["digest"]["sha256"] != hashlib.sha256((folder / subject["name"]).read_bytes()).hexdigest()
    ]


def catalog_problems(releases: Path) -> list[str]:
    """Of catalog.jsonld: distributions whose file is not there, or has another size or hash."""
    base = "https://example.org/ranking/"
    graph = rdflib.Graph().parse(releases / "catalog.jsonld", format="json-ld", publicID=base)
    problems, count = [], 0
    for distribution in graph.objects(None, DCAT.distribution):
        address = str(graph.value(distribution, DCAT.downloadURL))
        data = (releases / address.removeprefix(base)).read_bytes()
        checksum = graph.value(distribution, SPDX.checksum)
        written = (int(graph.value(distribution, DCAT.byteSize)), str(graph.value(checksum, SPDX.checksumValue)))
        if written != (len(data), hashlib.sha256(data).hexdigest()):
            problems.append(address)
        count += 1
    return problems if count else ["no distribution"]


if __name__ == "__main__":
    release, key_file = Path(sys.argv[1]), Path(sys.argv[2])
    problems_of = {
        "datapackage.json": package_problems(release),
        "croissant.json": croissant_problems(release),
        "manifest.intoto.jsonl": attestation_problems(release, key_file),
        "catalog.jsonld": catalog_problems(release.parents[1]),
    }
    print(json.dumps(problems_of))

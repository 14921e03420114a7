"""The raw layer: typed Parquet per table and month, with lineage, rejects, and one manifest row per export.

An export counts as loaded when its manifest row stands; that row is written last and swapped by rename. Files load in
any order and in parallel; loading twice changes nothing; a later parse of the same bytes replaces the earlier at once.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import dataset

from bangdan import __version__
from bangdan.core import files
from bangdan.core.errors import ExportRefused
from bangdan.core.settings import Settings
from bangdan.ingestion import contract, parquet, parse, privacy
from bangdan.ingestion import mapping as mappings
from bangdan.ingestion.columns import records, rows
from bangdan.ingestion.landing import Landed, check_bytes, delivery_order, earliest
from bangdan.ingestion.landing import landed as landed_exports
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.parse import Reading
from bangdan.ingestion.readers.tables import refuse

ACCOUNTING = ("rows_read", "accepted", "rejected", "duplicate")
# Raised when the reading of values changes, so that months can be told apart that were parsed differently.
PARSER_VERSION = "2"
SHOWN_REJECTS = 20


@dataclass
class FileReport:
    """What became of one export; rows_read = accepted + rejected + duplicate."""

    file: str
    status: str  # loaded | partial | refused
    connector: str | None = None
    rows_read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    message: str | None = None
    sha256: str | None = None
    encoding: str | None = None
    replaced_chars: int = 0
    dialect: str | None = None
    header_fingerprint: str | None = None
    metric_sums: dict[str, int] = field(default_factory=dict)
    months: list[str] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)  # the first 20

    def to_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def prepare_privacy(settings: Settings) -> None:
    """The key of pseudonyms is there before anything loads under it."""
    privacy.prepare(
        settings,
        is_synthetic=all(one.is_synthetic for one in landed_exports(settings)),
        has_loaded=any(one["privacy_key"] for one in _all_manifests(settings).values()),
    )


def ensure_layout(settings: Settings) -> None:
    """A zero-row file in each table's folder, so that no reader has to treat an empty layer apart."""
    for name, schema in contract.TABLES.items():
        folder = settings.raw / name / (f"month={parquet.EMPTY_MONTH}" if name == "records" else "")
        target = folder / "schema.parquet"
        if not target.exists():
            parquet.write(pa.Table.from_pylist([], schema=schema), target)


def waiting(landed: list[Landed], settings: Settings) -> list[Landed]:
    """Those exports that are not in the raw layer yet, read by the present parser, under their earliest delivery."""
    first: dict[str, Landed] = {}
    for one in landed_exports(settings):
        known = first.setdefault(one.sha256, one)
        first[one.sha256] = min(known, one, key=delivery_order)
    manifests = _all_manifests(settings)
    own = _own_mappings(manifests)
    return [one for one in landed if not _is_loaded(one, first.get(one.sha256, one), manifests, own, settings)]


def _own_mappings(manifests: dict[str, dict[str, Any]]) -> set[str]:
    """Hashes of mappings that people gave: neither a built-in one nor an earlier version of one."""
    versions = {one.name: one.version for one in mappings.built_in()}
    built_in = {one.sha256 for one in mappings.built_in()}
    return {
        one["mapping_sha256"]
        for one in manifests.values()
        if one["mapping_sha256"] not in built_in and versions.get(one["connector"]) in (None, one["connector_version"])
    }


def _is_loaded(
    landed: Landed, first: Landed, manifests: dict[str, dict[str, Any]], own: set[str], settings: Settings
) -> bool:
    for one in (landed, first):
        for export_id in (one.export_id, one.sha256):
            known = manifests.get(export_id)
            if known and known["source_file"] == one.source_file and known["received_at"] == one.received_at:
                if known["status"] == "refused":
                    return known["load_key"] == _refusal_key(one)
                return known["mapping_sha256"] in own or known["load_key"] == _load_key(
                    export_id, mappings.named(known["connector"]), settings
                )
    return False


def _all_manifests(settings: Settings) -> dict[str, dict[str, Any]]:
    """What `waiting` asks of every manifest row, by export id (the file's stem), in one read."""
    folder = settings.raw / "export_manifest"
    if not any(folder.glob("*.parquet")):
        return {}
    names = [
        "source_file",
        "received_at",
        "status",
        "load_key",
        "mapping_sha256",
        "connector",
        "connector_version",
        "privacy_key",
    ]
    table = dataset.dataset(folder, format="parquet").to_table(columns=[*names, "__filename"])
    return {Path(row.pop("__filename")).stem: row for row in table.to_pylist()}


def load_one(
    landed: Landed, settings: Settings, connector: str | None = None, mapping_file: Path | None = None
) -> FileReport:
    """Load one export: parse, write its Parquet, then its manifest row. A refused file loads nothing."""
    forced = mappings.read(mapping_file) if mapping_file else mappings.named(connector) if connector else None
    try:
        if landed.problem:
            raise refuse(landed.problem)
        check_bytes(landed)
        try:
            return _load(landed, _opened(landed, forced), settings)
        except parse.NotPlain:
            return _load(landed, _opened(landed, forced, fast=False), settings)
    except ExportRefused as error:
        return _refused(landed, settings, error)


def _opened(landed: Landed, forced: Mapping | None, fast: bool = True) -> Reading:
    return parse.opened(landed.path, landed.source_file, landed.received_at, forced, fast=fast)


def _load(landed: Landed, reading: Reading, settings: Settings) -> FileReport:
    export_id, first = landed.export_id, landed
    if not reading.mapping.reads_path:
        # The path means nothing here: the bytes are one export, named after their earliest delivery.
        export_id, first = landed.sha256, earliest(landed.sha256, settings)
    load_key = _load_key(export_id, reading.mapping, settings)
    known = _manifest(export_id, settings)
    is_again = first.export_id != landed.export_id or (
        known is not None and known["load_key"] == load_key and known["received_at"] == first.received_at
    )
    if known is not None and is_again and known["load_key"] == load_key:
        return _again(_told(known, landed, settings))
    lineage = {
        "load_key": load_key,
        "connector": reading.mapping.name,
        "connector_version": reading.mapping.version,
        "export_sha256": landed.sha256,
        "source_file": first.source_file,
    }
    report = _write_rows(reading, load_key, lineage, settings)
    report.file, report.sha256 = landed.source_file, landed.sha256
    if export_id != landed.export_id:  # an earlier refusal of this delivery was told under its own name
        _manifest_file(landed.export_id, settings).unlink(missing_ok=True)
    _commit(export_id, first, load_key, report, reading.mapping, settings)
    return _again(report) if is_again else report


def _write_rows(reading: Reading, load_key: str, lineage: dict[str, str], settings: Settings) -> FileReport:
    """Stream the rows into the raw layer: accepted ones by table and month, rejects beside them. All of the export's
    files take their places together when the last row has been read; when anything raises, none does.
    """
    mapping, reasons, key = reading.mapping, Counter[str](), privacy.read(settings)
    shown: list[rows.Reject] = []
    keys: list[pa.Table] = []
    with ExitStack() as stack:
        accepted = stack.enter_context(parquet.Writer(settings.raw / mapping.table, load_key, mapping.table))
        rejected = stack.enter_context(parquet.Writer(settings.raw / "rejects", load_key, "rejects"))
        for part in reading.parts():
            table = privacy.with_pseudonyms(rows.to_arrow(part, mapping, lineage), key)
            accepted.add(table)
            if mapping.table == "records":
                keys.append(_keys(table))
            if part.rejects:
                rejected.add(_rejects(part.rejects, lineage))
                reasons.update(code for _row, code, _column, _value in part.rejects)
                shown += part.rejects[: SHOWN_REJECTS - len(shown)]
        lost = records.superseded(pa.concat_tables(keys)) if keys else []
        accepted.drop(lost)
        accepted.close()
        rejected.close()
    warnings = reading.table.warnings
    if lost:
        warnings["DUP_ID"] = len(lost)
    number = sum(reasons.values())
    return FileReport(
        file=reading.name,
        status="partial" if number else "loaded",
        connector=mapping.name,
        rows_read=reading.rows_read,
        accepted=accepted.rows,
        rejected=number,
        duplicate=len(lost),
        reasons=dict(sorted((reasons + warnings).items())),
        encoding=reading.table.encoding,
        replaced_chars=reading.table.replaced_chars,
        dialect=reading.table.dialect,
        header_fingerprint=reading.header_fingerprint,
        metric_sums=accepted.sums,
        months=accepted.months,
        rejects=[
            {"row": row, "code": code, "column": column, "value": value, "remedy": contract.REASONS[code][1]}
            for row, code, column, value in shown
        ],
    )


def _keys(table: pa.Table) -> pa.Table:
    """What tells which of two rows of a file counts."""
    columns = dict(zip(table.column_names, table.columns, strict=True))
    weight = records.weights(columns)
    return table.select([*records.KEY, "source_row"]).append_column("weight", weight)


def _rejects(rejects: list[rows.Reject], lineage: dict[str, str]) -> pa.Table:
    told = [
        {
            "load_key": lineage["load_key"],
            "export_sha256": lineage["export_sha256"],
            "source_file": lineage["source_file"],
            "source_row": row,
            "reason_code": code,
            "column_name": column,
            "value_raw": value.encode("utf-8", "replace").decode(),
            "remedy": contract.REASONS[code][1],
        }
        for row, code, column, value in rejects
    ]
    return pa.Table.from_pylist(told, schema=contract.REJECTS)


def _again(report: FileReport) -> FileReport:
    """The report of an export that was here before: all that it would have added is a duplicate."""
    report.duplicate, report.accepted = report.duplicate + report.accepted, 0
    return report


def _told(known: dict[str, Any], landed: Landed, settings: Settings) -> FileReport:
    """The report of a loaded export, from its manifest row and its rejects."""
    file = settings.raw / "rejects" / f"{known['load_key']}.parquet"
    rejects = pq.read_table(file).slice(0, SHOWN_REJECTS).to_pylist() if known["rejected"] else []
    same = ("status", "connector", *ACCOUNTING, "encoding", "replaced_chars", "dialect", "header_fingerprint", "months")
    return FileReport(
        file=landed.source_file,
        sha256=landed.sha256,
        **{key: known[key] for key in same},
        reasons=json.loads(known["reasons"]),
        metric_sums=json.loads(known["metric_sums"]),
        rejects=[
            {
                "row": one["source_row"], "code": one["reason_code"], "column": one["column_name"],
                "value": one["value_raw"], "remedy": one["remedy"],
            }
            for one in rejects
        ],
    )  # fmt: skip


def _load_key(export_id: str, mapping: Mapping, settings: Settings) -> str:
    """Hash of what gives the bytes their meaning."""
    key = privacy.read(settings).fingerprint
    told = [export_id, mapping.name, mapping.version, mapping.sha256, PARSER_VERSION, key]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _refusal_key(landed: Landed) -> str:
    return hashlib.sha256(f"{landed.export_id}\nrefused\n{PARSER_VERSION}\n{__version__}".encode()).hexdigest()


def _manifest_file(export_id: str, settings: Settings) -> Path:
    return settings.raw / "export_manifest" / f"{export_id}.parquet"


def _manifest(export_id: str, settings: Settings) -> dict[str, Any] | None:
    file = _manifest_file(export_id, settings)
    return pq.read_table(file).to_pylist()[0] if file.exists() else None


def _commit(
    export_id: str, landed: Landed, load_key: str, report: FileReport, mapping: Mapping | None, settings: Settings
) -> None:
    """Write the manifest row: from here on the export counts."""
    row = {
        "export_id": export_id,
        "load_key": load_key,
        "export_sha256": landed.sha256,
        "source_file": landed.source_file,
        "path_key": parse.path_key(landed.source_file),
        "connector": report.connector,
        "connector_version": mapping.version if mapping else None,
        "mapping_sha256": mapping.sha256 if mapping else None,
        "privacy_key": privacy.read(settings).fingerprint if mapping else None,
        "table_name": mapping.table if mapping else None,
        "status": report.status,
        "is_synthetic": landed.is_synthetic,
        "received_at": landed.received_at,
        "encoding": report.encoding,
        "replaced_chars": report.replaced_chars,
        "dialect": report.dialect,
        "header_fingerprint": report.header_fingerprint,
        **{key: getattr(report, key) for key in ACCOUNTING},
        "reasons": json.dumps(report.reasons, sort_keys=True),
        "metric_sums": json.dumps(report.metric_sums, sort_keys=True),
        "months": report.months,
        "files": json.dumps(_sums(load_key, report.months, mapping, settings), sort_keys=True),
    }
    parquet.write(pa.Table.from_pylist([row], schema=contract.EXPORT_MANIFEST), _manifest_file(export_id, settings))


def _sums(load_key: str, months: list[str], mapping: Mapping | None, settings: Settings) -> dict[str, str]:
    """SHA-256 of the files that a load has written, by their path in the raw layer."""
    if mapping is None:
        return {}
    table = settings.raw / mapping.table
    folders = [table / f"month={month}" for month in months] if mapping.table == "records" else [table]
    paths = [folder / f"{load_key}.parquet" for folder in (*folders, settings.raw / "rejects")]
    return {path.relative_to(settings.raw).as_posix(): files.sha256_of(path) for path in paths if path.exists()}


def forget_damaged(settings: Settings, wanted: set[str] | None = None) -> list[str]:
    """Exports whose files are no longer what was loaded count as loaded no more, so that they load again from the
    landed bytes; without those they stay as they are. Returns what is wrong, in words. Reads every byte that the
    exports of the `wanted` hashes hold in the layer, or all of it.
    """
    landed = {path.name.partition(".")[0] for path in settings.landing.glob("*.*")}
    found = []
    for row in sorted((settings.raw / "export_manifest").glob("*.parquet")):
        sha256 = row.name.partition(".")[0]
        if wanted is not None and sha256 not in wanted:
            continue
        can_load = sha256 in landed or row.name == "schema.parquet"
        wrong = _damage(row, settings)
        if not can_load:  # taken away on purpose, or lost for good: only what stands and is wrong is told
            found += [told for told in wrong if told.endswith("damaged")]
        elif wrong:
            row.unlink(missing_ok=True)  # another load may have seen it first
            found += wrong
    return found


def _damage(row: Path, settings: Settings) -> list[str]:
    """What is wrong with the files that a manifest row names, and with the row itself."""
    try:
        told = [json.loads(text) for text in pq.read_table(row, columns=["files"])["files"].to_pylist()]
    except (OSError, ValueError):
        return [f"export_manifest/{row.name} is damaged"]
    return [
        f"{name} is {'damaged' if (settings.raw / name).exists() else 'missing'}"
        for one in told
        for name, sha256 in one.items()
        if not (settings.raw / name).exists() or files.sha256_of(settings.raw / name) != sha256
    ]


def _refused(landed: Landed, settings: Settings, error: ExportRefused) -> FileReport:
    report = FileReport(
        landed.source_file, "refused", reasons={error.reason_code: 1}, message=str(error), sha256=landed.sha256
    )
    if error.reason_code != "PURGED":  # its accounting stands
        _commit(landed.export_id, landed, _refusal_key(landed), report, None, settings)
    return report

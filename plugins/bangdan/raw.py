"""The raw layer: typed Parquet per table and month, with lineage, rejects, and one manifest row per export.

An export counts as loaded when its manifest row stands; that row is written last and swapped by rename. Files load in
any order and in parallel; loading twice changes nothing; a later parse of the same bytes replaces the earlier at once.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import dataset

from bangdan import __version__, files, privacy
from bangdan.errors import ExportRefused
from bangdan.exports import contract, parse, rows
from bangdan.exports import mapping as mappings
from bangdan.exports.mapping import Mapping
from bangdan.landing import Landed, delivery_order, earliest, read_bytes
from bangdan.landing import landed as landed_exports
from bangdan.settings import Settings

ACCOUNTING = ("rows_read", "accepted", "rejected", "duplicate")
# Raised when the reading of values changes, so that months can be told apart that were parsed differently.
PARSER_VERSION = "1"
UNKNOWN_MONTH = "unknown"
EMPTY_MONTH = "0000-00"


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
    encoding: str | None = None
    replaced_chars: int = 0
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
        folder = settings.raw / name / (f"month={EMPTY_MONTH}" if name == "records" else "")
        target = folder / "schema.parquet"
        if not target.exists():
            _write(pa.Table.from_pylist([], schema=schema), target)


def waiting(landed: list[Landed], settings: Settings) -> list[Landed]:
    """Those exports that are not in the raw layer yet, read by the present parser, under their earliest delivery."""
    first: dict[str, Landed] = {}
    for one in landed_exports(settings):
        known = first.setdefault(one.sha256, one)
        first[one.sha256] = min(known, one, key=delivery_order)
    manifests = _all_manifests(settings)
    return [one for one in landed if not _is_loaded(one, first.get(one.sha256, one), manifests, settings)]


def _is_loaded(landed: Landed, first: Landed, manifests: dict[str, dict[str, Any]], settings: Settings) -> bool:
    for one in (landed, first):
        for export_id in (one.export_id, one.sha256):
            known = manifests.get(export_id)
            if known and known["source_file"] == one.source_file and known["received_at"] == one.received_at:
                if known["status"] == "refused":
                    return known["load_key"] == _refusal_key(one)
                is_forced = known["mapping_sha256"] not in _built_in_hashes()
                return is_forced or known["load_key"] == _load_key(
                    export_id, mappings.named(known["connector"]), settings
                )
    return False


def _all_manifests(settings: Settings) -> dict[str, dict[str, Any]]:
    """What `waiting` asks of every manifest row, by export id (the file's stem), in one read."""
    folder = settings.raw / "export_manifest"
    if not any(folder.glob("*.parquet")):
        return {}
    names = ["source_file", "received_at", "status", "load_key", "mapping_sha256", "connector", "privacy_key"]
    table = dataset.dataset(folder, format="parquet").to_table(columns=[*names, "__filename"])
    return {Path(row.pop("__filename")).stem: row for row in table.to_pylist()}


def load_one(
    landed: Landed, settings: Settings, connector: str | None = None, mapping_file: Path | None = None
) -> FileReport:
    """Load one export: parse, write its Parquet, then its manifest row. A refused file loads nothing."""
    forced = mappings.read(mapping_file) if mapping_file else mappings.named(connector) if connector else None
    try:
        if landed.problem:
            raise parse.readers.refuse(landed.problem)
        data = read_bytes(landed)
        parsed = parse.parse(data, landed.source_file, landed.received_at, forced)
    except ExportRefused as error:
        return _refused(landed, settings, error)
    export_id, first = landed.export_id, landed
    if not parsed.mapping.reads_path:
        # The path means nothing here: the bytes are one export, named after their earliest delivery.
        export_id, first = landed.sha256, earliest(landed.sha256, settings)
    load_key = _load_key(export_id, parsed.mapping, settings)
    report = _report(landed, parsed)
    known = _manifest(export_id, settings)
    is_again = first.export_id != landed.export_id or (
        known is not None and known["load_key"] == load_key and known["received_at"] == first.received_at
    )
    if is_again:
        report.duplicate, report.accepted = report.duplicate + report.accepted, 0
    if is_again and known is not None:
        return report
    lineage = {
        "load_key": load_key,
        "connector": parsed.mapping.name,
        "connector_version": parsed.mapping.version,
        "export_sha256": landed.sha256,
        "source_file": first.source_file,
    }
    table = privacy.with_pseudonyms(rows.to_arrow(parsed.rows, parsed.mapping, lineage), privacy.read(settings))
    if parsed.mapping.table == "records":
        report.months = _write_records(table, load_key, settings)
    elif len(table):
        _write(table, settings.raw / parsed.mapping.table / f"{load_key}.parquet")
    _write_rejects(first, load_key, parsed.rows.rejects, settings)
    _commit(export_id, first, load_key, _report(first, parsed, report.months), parsed, settings)
    return report


def _load_key(export_id: str, mapping: Mapping, settings: Settings) -> str:
    """Hash of what gives the bytes their meaning."""
    key = privacy.read(settings).fingerprint
    told = [export_id, mapping.name, mapping.version, mapping.sha256, PARSER_VERSION, key]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _refusal_key(landed: Landed) -> str:
    return hashlib.sha256(f"{landed.export_id}\nrefused\n{PARSER_VERSION}\n{__version__}".encode()).hexdigest()


@lru_cache(maxsize=1)
def _built_in_hashes() -> set[str]:
    return {mapping.sha256 for mapping in mappings.built_in()}


def _manifest_file(export_id: str, settings: Settings) -> Path:
    return settings.raw / "export_manifest" / f"{export_id}.parquet"


def _manifest(export_id: str, settings: Settings) -> dict[str, Any] | None:
    file = _manifest_file(export_id, settings)
    return pq.read_table(file).to_pylist()[0] if file.exists() else None


def _report(landed: Landed, parsed: parse.Parsed, months: list[str] | None = None) -> FileReport:
    found = parsed.rows
    reasons = Counter(code for _row, code, _column, _value in found.rejects)
    reasons.update(found.warnings)
    return FileReport(
        file=landed.source_file,
        status="partial" if found.rejects else "loaded",
        connector=parsed.mapping.name,
        rows_read=parsed.rows_read,
        accepted=len(found),
        rejected=len(found.rejects),
        duplicate=found.duplicate,
        reasons=dict(sorted(reasons.items())),
        encoding=parsed.encoding,
        replaced_chars=parsed.replaced_chars,
        months=months or [],
        rejects=[
            {"row": row, "code": code, "column": column, "value": value, "remedy": contract.REASONS[code][1]}
            for row, code, column, value in found.rejects[:20]
        ],
    )


def _write_records(table: pa.Table, load_key: str, settings: Settings) -> list[str]:
    """Split by the Shanghai month of publication; rows without a time go to month=unknown."""
    local = pc.strftime(pc.cast(table["published_at"], pa.timestamp("us", "Asia/Shanghai")), "%Y-%m")
    months = pc.fill_null(local, UNKNOWN_MONTH)
    found = sorted(pc.unique(months).to_pylist())
    for month in found:
        part = table.filter(pc.equal(months, month)) if len(found) > 1 else table
        _write(part, settings.raw / "records" / f"month={month}" / f"{load_key}.parquet")
    return found


def _write_rejects(landed: Landed, load_key: str, rejects: list, settings: Settings) -> None:
    if not rejects:
        return
    told = [
        {
            "load_key": load_key,
            "export_sha256": landed.sha256,
            "source_file": landed.source_file,
            "source_row": row,
            "reason_code": code,
            "column_name": column,
            "value_raw": value.encode("utf-8", "replace").decode(),
            "remedy": contract.REASONS[code][1],
        }
        for row, code, column, value in sorted(rejects, key=lambda reject: reject[0])
    ]
    _write(pa.Table.from_pylist(told, schema=contract.REJECTS), settings.raw / "rejects" / f"{load_key}.parquet")


def _commit(
    export_id: str,
    landed: Landed,
    load_key: str,
    report: FileReport,
    parsed: parse.Parsed | None,
    settings: Settings,
) -> None:
    """Write the manifest row: from here on the export counts."""
    sums = {}
    if parsed and parsed.mapping.table == "records":
        sums = {m: sum(v for v in parsed.rows.columns[f"{m}_count"] if v is not None) for m in contract.METRICS}
    row = {
        "export_id": export_id,
        "load_key": load_key,
        "export_sha256": landed.sha256,
        "source_file": landed.source_file,
        "path_key": parse.path_key(landed.source_file),
        "connector": report.connector,
        "connector_version": parsed.mapping.version if parsed else None,
        "mapping_sha256": parsed.mapping.sha256 if parsed else None,
        "privacy_key": privacy.read(settings).fingerprint if parsed else None,
        "table_name": parsed.mapping.table if parsed else None,
        "status": report.status,
        "is_synthetic": landed.is_synthetic,
        "received_at": landed.received_at,
        "encoding": report.encoding,
        "replaced_chars": report.replaced_chars,
        "dialect": parsed.dialect if parsed else None,
        "header_fingerprint": parsed.header_fingerprint if parsed else None,
        **{key: getattr(report, key) for key in ACCOUNTING},
        "reasons": json.dumps(report.reasons, sort_keys=True),
        "metric_sums": json.dumps(sums, sort_keys=True),
        "months": report.months,
    }
    _write(pa.Table.from_pylist([row], schema=contract.EXPORT_MANIFEST), _manifest_file(export_id, settings))


def _refused(landed: Landed, settings: Settings, error: ExportRefused) -> FileReport:
    report = FileReport(landed.source_file, "refused", reasons={error.reason_code: 1}, message=str(error))
    _commit(landed.export_id, landed, _refusal_key(landed), report, None, settings)
    return report


def _write(table: pa.Table, target: Path) -> None:
    with files.replacing(target) as beside:
        pq.write_table(table, beside, compression="zstd", compression_level=1)

"""Loading one landed export into the raw layer: typed Parquet with lineage, rejected rows, and its manifest row.

The manifest row is written last, so an export with a row is loaded whole. Exports load in any order and in parallel;
loading one twice changes nothing; a later parse of the same bytes replaces the earlier one at once.
"""

from __future__ import annotations

import hashlib
import traceback
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bangdan import __version__
from bangdan.core import files
from bangdan.core.errors import ExportRefused
from bangdan.core.settings import Settings
from bangdan.ingestion import catalogue, city_mappings, contract, given_mappings, privacy
from bangdan.ingestion.catalogue import ManifestRow
from bangdan.ingestion.columns import canonical, records
from bangdan.ingestion.columns.canonical import Lineage
from bangdan.ingestion.export_reader import ENDS_THE_LOAD, ExportReader, open_export
from bangdan.ingestion.file_report import SHOWN_REJECTS, FileReport, RejectedRow
from bangdan.ingestion.landing import LandedExport, check_bytes, earliest_delivery, path_key
from bangdan.ingestion.mapping import Mapping, read_mapping
from bangdan.ingestion.raw_writer import RawWriter
from bangdan.ingestion.readers.delimited import NotPlain
from bangdan.ingestion.reasons import refusal

SHOWN_CHARS = 40  # of a value, in the message of a refused file
# Raised when the reading of values changes: exports that an earlier version parsed are loaded again.
PARSER_VERSION = "6"


def load_export(
    landed: LandedExport, settings: Settings, connector: str | None = None, mapping_file: Path | None = None
) -> FileReport:
    """Load one export: parse, write its Parquet, then its manifest row. A refused file loads nothing.

    `connector` or `mapping_file` replaces the mapping that the header would choose; it is kept with the landed bytes and
    chosen again when they load another time. A file on which the program breaks is refused too: only the machine's errors
    are raised.
    """
    named = (
        read_mapping(mapping_file) if mapping_file else city_mappings.named(connector, settings) if connector else None
    )
    try:
        if landed.problem:
            raise refusal(landed.problem, landed.problem_detail)
        check_bytes(landed)
        forced = named or given_mappings.find(landed.sha256, settings)
        try:
            report = _load(landed, _open(landed, forced, settings), settings)
        except NotPlain:
            report = _load(landed, _open(landed, forced, settings, fast=False), settings)
    except ExportRefused as error:
        return _refuse(landed, settings, error)
    except ENDS_THE_LOAD:
        raise
    except Exception as error:
        return _refuse(landed, settings, refusal("FILE_UNREADABLE", f"{type(error).__name__} in {_place_of(error)}"))
    given_mappings.keep(landed.sha256, settings, connector, mapping_file)
    return report


def load_key_of(export_id: str, mapping: Mapping, settings: Settings) -> str:
    """Hash of everything that gives the bytes of an export their meaning."""
    key = privacy.read(settings).fingerprint
    parts = [export_id, mapping.name, mapping.version, mapping.sha256, PARSER_VERSION, key]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def refusal_key_of(landed: LandedExport, settings: Settings) -> str:
    """Load key of a refused export: with another version of the program, or other mappings of the city, it is tried again."""
    parts = [landed.export_id, "refused", PARSER_VERSION, __version__, city_mappings.fingerprint(settings)]
    return hashlib.sha256("\n".join(filter(None, parts)).encode()).hexdigest()


def _open(landed: LandedExport, forced: Mapping | None, settings: Settings, fast: bool = True) -> ExportReader:
    own, limits = city_mappings.most_specific_first(settings), settings.reader_limits
    return open_export(landed.path, landed.source_file, landed.received_at, forced, own=own, fast=fast, limits=limits)


def _place_of(error: Exception) -> str:
    """File and line of this program at which an error arose."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "bangdan" in frame.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def _load(landed: LandedExport, reader: ExportReader, settings: Settings) -> FileReport:
    export_id, first = landed.export_id, landed
    if not reader.mapping.reads_path:
        # The path means nothing here: the bytes are one export, named after their earliest delivery.
        export_id, first = landed.sha256, earliest_delivery(landed.sha256, settings)
    load_key = load_key_of(export_id, reader.mapping, settings)
    known = catalogue.find(export_id, settings)
    is_known = known is not None and known.load_key == load_key
    is_duplicate = first.export_id != landed.export_id or (
        known is not None and is_known and known.received_at == first.received_at
    )
    if known is not None and is_known and is_duplicate:
        return _report_of(known, landed, settings).as_duplicate()
    mapping = reader.mapping
    lineage = Lineage(load_key, mapping.name, mapping.version, landed.sha256, first.source_file)
    report = _write_rows(reader, lineage, settings)
    report.file, report.sha256 = landed.source_file, landed.sha256
    if export_id != landed.export_id:  # an earlier refusal of this delivery is recorded under its own name
        catalogue.file_of(landed.export_id, settings).unlink(missing_ok=True)
    _record(export_id, first, load_key, report, mapping, settings)
    return report.as_duplicate() if is_duplicate else report


def _write_rows(reader: ExportReader, lineage: Lineage, settings: Settings) -> FileReport:
    """Stream the rows into the raw layer: accepted ones by table and month, rejected ones into a file of their own.

    All files of the export take their places together after the last row; if anything raises, none does.
    """
    mapping, reasons, privacy_key = reader.mapping, Counter[str](), privacy.read(settings)
    shown: list[RejectedRow] = []
    keys: list[pa.Table] = []
    with ExitStack() as stack:
        accepted = stack.enter_context(RawWriter(settings.raw / mapping.table, lineage.load_key, mapping.table))
        rejected = stack.enter_context(RawWriter(settings.raw / "rejects", lineage.load_key, "rejects"))
        for batch in reader.batches():
            table = privacy.with_pseudonyms(canonical.to_arrow(batch, mapping.table, lineage), privacy_key)
            accepted.add(table)
            if mapping.table == "records":
                keys.append(records.observation_keys(table))
            if batch.rejects:
                rejected.add(_rejects_table(batch.rejects, lineage))
                reasons.update(reject.code for reject in batch.rejects)
                shown += batch.rejects[: SHOWN_REJECTS - len(shown)]
        superseded = records.superseded(pa.concat_tables(keys)) if keys else []
        accepted.drop(superseded)
        accepted.close()
        if reasons and not accepted.rows:
            raise _nothing_accepted(reasons, shown[0])
        rejected.close()
    warnings = reader.table.warnings
    if superseded:
        warnings["DUP_ID"] = len(superseded)
    return FileReport(
        file=reader.name,
        status="partial" if reasons else "loaded",
        connector=mapping.name,
        rows_read=reader.rows_read,
        accepted=accepted.rows,
        rejected=reasons.total(),
        duplicate=len(superseded),
        reasons=dict(sorted((reasons + warnings).items())),
        encoding=reader.table.encoding,
        replaced_chars=reader.table.replaced_chars,
        dialect=reader.table.dialect,
        header_fingerprint=reader.header_fingerprint,
        metric_sums=accepted.sums,
        months=accepted.months,
        rejects=shown,
    )


def _nothing_accepted(reasons: Counter[str], first: RejectedRow) -> ExportRefused:
    """The refusal of a file none of whose rows could be accepted, worded by their most frequent reason."""
    ((code, _rows),) = reasons.most_common(1)
    column = f", {first.column}" if first.column else ""
    shown = f"row {first.row}{column}: {first.code} {first.value[:SHOWN_CHARS]!r}"
    return refusal(code, f"none of {reasons.total():,} rows could be accepted; {shown}")


def _rejects_table(rejects: list[RejectedRow], lineage: Lineage) -> pa.Table:
    rows = [
        {
            "load_key": lineage.load_key,
            "export_sha256": lineage.export_sha256,
            "source_file": lineage.source_file,
            "source_row": reject.row,
            "reason_code": reject.code,
            "column_name": reject.column,
            "value_raw": reject.value.encode("utf-8", "replace").decode(),
            "remedy": reject.remedy,
        }
        for reject in rejects
    ]
    return pa.Table.from_pylist(rows, schema=contract.REJECTS)


def _report_of(known: ManifestRow, landed: LandedExport, settings: Settings) -> FileReport:
    """The report of an export that is loaded already, from its manifest row and its rejected rows."""
    file = settings.raw / "rejects" / f"{known.load_key}.parquet"
    rejects = pq.read_table(file).slice(0, SHOWN_REJECTS).to_pylist() if known.rejected else []
    return FileReport(
        file=landed.source_file,
        status=known.status,
        connector=known.connector,
        rows_read=known.rows_read,
        accepted=known.accepted,
        rejected=known.rejected,
        duplicate=known.duplicate,
        reasons=known.reasons,
        sha256=landed.sha256,
        encoding=known.encoding,
        replaced_chars=known.replaced_chars,
        dialect=known.dialect,
        header_fingerprint=known.header_fingerprint,
        metric_sums=known.metric_sums,
        months=known.months,
        rejects=[
            RejectedRow(row["source_row"], row["reason_code"], row["column_name"], row["value_raw"]) for row in rejects
        ],
    )


def _record(
    export_id: str,
    landed: LandedExport,
    load_key: str,
    report: FileReport,
    mapping: Mapping | None,
    settings: Settings,
) -> None:
    """Write the manifest row: from here on the export counts. `mapping` is None for a refused one."""
    row = ManifestRow(
        export_id=export_id,
        load_key=load_key,
        export_sha256=landed.sha256,
        source_file=landed.source_file,
        path_key=path_key(landed.source_file),
        connector=report.connector,
        connector_version=mapping.version if mapping else None,
        mapping_sha256=mapping.sha256 if mapping else None,
        privacy_key=privacy.read(settings).fingerprint if mapping else None,
        table_name=mapping.table if mapping else None,
        status=report.status,
        is_synthetic=landed.is_synthetic,
        received_at=landed.received_at,
        encoding=report.encoding,
        replaced_chars=report.replaced_chars,
        dialect=report.dialect,
        header_fingerprint=report.header_fingerprint,
        rows_read=report.rows_read,
        accepted=report.accepted,
        rejected=report.rejected,
        duplicate=report.duplicate,
        reasons=report.reasons,
        metric_sums=report.metric_sums,
        months=report.months,
        files=_checksums(load_key, report.months, mapping.table, settings) if mapping else {},
    )
    catalogue.write(row, settings)


def _checksums(load_key: str, months: list[str], table: str, settings: Settings) -> dict[str, str]:
    """SHA-256 of the files that a load has written, by their path in the raw layer."""
    folder = settings.raw / table
    folders = [folder / f"month={month}" for month in months] if table == "records" else [folder]
    paths = [folder / f"{load_key}.parquet" for folder in (*folders, settings.raw / "rejects")]
    return {path.relative_to(settings.raw).as_posix(): files.sha256_of(path) for path in paths if path.exists()}


def _refuse(landed: LandedExport, settings: Settings, error: ExportRefused) -> FileReport:
    report = FileReport(
        landed.source_file, "refused", reasons={error.reason_code: 1}, message=str(error), sha256=landed.sha256
    )
    if error.reason_code != "PURGED":  # the accounting of a purged export stays
        _record(landed.export_id, landed, refusal_key_of(landed, settings), report, None, settings)
    return report

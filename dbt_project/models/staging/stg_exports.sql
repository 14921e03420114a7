-- One row is one export file: who wrote it, when it was first received, and how many of its rows were accepted.
{{ config(materialized='view', tags=['registry']) }}
select
    export_id, load_key, export_sha256, source_file, connector, connector_version, mapping_sha256, table_name, status,
    is_synthetic, received_at, rows_read, accepted, rejected, duplicate, reasons, metric_sums, months
from {{ source('raw', 'export_manifest') }}

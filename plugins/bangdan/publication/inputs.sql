-- One row is an export that a month was made from: registries, and records of the months that it reads.
select
    export_sha256,
    source_file,
    connector,
    strftime(received_at, '%Y-%m-%dT%H:%M:%S%z') as received_at,
    rows_read,
    accepted,
    rejected,
    duplicate
from staging.stg_exports
where table_name <> 'records' or list_has_any(months, $months)
order by export_sha256, export_id

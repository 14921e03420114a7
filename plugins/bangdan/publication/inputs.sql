-- One row is an export that a month was made from: registries in force, and records of the months that it reads.
select
    exports.export_sha256,
    exports.source_file,
    exports.connector,
    strftime(exports.received_at, '%Y-%m-%dT%H:%M:%S%z') as received_at,
    exports.rows_read,
    exports.accepted,
    exports.rejected,
    exports.duplicate
from staging.stg_exports as exports
left join registry.int_registry__deliveries as deliveries
    on exports.export_id = deliveries.export_id
where
    deliveries.is_in_force
    or (exports.table_name = 'records' and list_has_any(exports.months, $months))
order by exports.export_sha256, exports.export_id

-- One row is one export file: who wrote it, when it was first received, and how many of its rows were accepted.
with source as (
    select * from {{ source('raw', 'export_manifest') }}
),

renamed as (
    select
        export_id,
        load_key,
        export_sha256,
        -- Tools put the account's name into the path: only registries go by their file's name outside the raw layer.
        case when table_name <> 'records' then source_file end as source_file,
        connector,
        connector_version,
        mapping_sha256,
        table_name,
        status,
        is_synthetic,
        received_at,
        rows_read,
        accepted,
        rejected,
        duplicate,
        reasons,
        metric_sums,
        months
    from source
)

select * from renamed

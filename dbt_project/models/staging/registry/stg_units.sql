-- One row is one row of a registry export of units: a span of a unit's life under one name and list.
with source as (
    select * from {{ source('raw', 'units') }}
),

renamed as (
    select
        load_key,
        source_row,
        export_sha256,
        unit_id,
        unit_name,
        unit_name_en,
        unit_type,
        ranking_list,
        aliases,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from source
)

select * from renamed

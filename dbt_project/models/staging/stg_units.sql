-- One row is one span of a unit's life under one name and list, as the latest received registry tells it.
{{ config(materialized='table', tags=['registry']) }}
with told as (
    select
        u.*,
        dense_rank() over (partition by u.unit_id order by e.received_at desc, u.load_key desc) as newness
    from {{ source('raw', 'units') }} as u
    join {{ ref('stg_exports') }} as e on u.load_key = e.load_key
),

spans as (
    select
        *,
        row_number() over (partition by unit_id, valid_from order by source_row desc) as nth
    from told where newness = 1
)

select
    unit_id, unit_name, unit_name_en, unit_type, ranking_list, aliases,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    export_sha256, source_row
from spans where nth = 1

-- One row is one span of a unit's life under one name and list.
{{ config(materialized='table') }}
with units as (
    select * from {{ ref('int_registry__units') }}
),

final as (
    select
        unit_id,

        unit_name,
        unit_name_en,
        unit_type,
        ranking_list,
        aliases,

        valid_from,
        valid_to
    from units
)

select * from final

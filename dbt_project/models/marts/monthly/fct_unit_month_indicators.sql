-- One row is one indicator of one unit in a ranking month.
{{ config(materialized='view') }}
with indicators as (
    select * from {{ ref('fct_month_indicators') }}
),

final as (
    select
        ranking_month,
        method_version,
        unit_id,
        dimension,
        indicator_id,

        transformation,

        position,
        weight,
        goalpost,
        value,
        coverage,
        capped_count,
        term,
        cast(contribution as decimal(20, 12)) as contribution
    from indicators
    where entity_kind = 'unit'
)

select * from final

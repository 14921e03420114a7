-- One row is one indicator of one unit in a ranking month.
with indicators as (
    select * from {{ ref('fct_unit_month_indicators') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        unit_id,
        dimension,
        indicator_id,
        value,
        coverage,
        capped_count,
        weight,
        goalpost,
        transformation,
        term,
        contribution
    from indicators
)

select * from final

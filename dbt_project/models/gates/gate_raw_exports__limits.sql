-- One row is one measure that has a limit for all sources, with the limit in force in a ranking month.
with months as (
    select * from {{ ref('int_months') }}
),

floors as (
    select * from {{ ref('quality_floors') }}
),

limits as (
    select * from {{ ref('int_quality_limits') }}
),

measures as (
    select distinct measure
    from floors
    where coalesce(scope, '') = ''
),

final as (
    select
        months.ranking_month,
        measures.measure,
        limits.value
    from months
    cross join measures
    left join limits
        on
            months.ranking_month = limits.ranking_month
            and measures.measure = limits.measure
            and limits.scope = ''
)

select * from final

-- One row is one limit of a gate in force in a ranking month, for all sources (scope is empty) or for one of them.
{{ config(materialized='view') }}
with months as (
    select * from {{ ref('int_months') }}
),

floors as (
    select * from {{ ref('quality_floors') }}
),

-- Of two rows in force in a month, the later begun holds.
numbered as (
    select
        months.ranking_month,
        floors.measure,
        coalesce(floors.scope, '') as scope,
        cast(floors.value as double) as value,
        row_number() over (
            partition by months.ranking_month, floors.measure, coalesce(floors.scope, '')
            order by floors.valid_from desc
        ) as number_in_month
    from months
    inner join floors
        on {{ in_force_during('floors', 'months.month_start', 'months.month_end') }}
),

final as (
    select
        ranking_month,
        measure,
        scope,
        value
    from numbered
    where number_in_month = 1
)

select * from final

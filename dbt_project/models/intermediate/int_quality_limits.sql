-- One row is one limit of a gate in force in a ranking month, for all sources (scope is empty) or for one of them.
{{ config(materialized='view') }}

with months as (
    select * from {{ ref('int_months') }}
),

floors as (
    select * from {{ ref('quality_floors') }}
),

-- Of two rows in force in a month, the later begun holds.
final as (
    select
        months.ranking_month,
        floors.measure,
        coalesce(floors.scope, '') as scope,
        arg_max(cast(floors.value as double), floors.valid_from) as value
    from months
    inner join floors
        on floors.valid_from < months.month_end
        and (floors.valid_to is null or months.month_start < floors.valid_to)
    group by
        months.ranking_month,
        floors.measure,
        coalesce(floors.scope, '')
)

select * from final

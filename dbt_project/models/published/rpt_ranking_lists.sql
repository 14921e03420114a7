-- One row is one list of units that are ranked together in a month.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

ranking_lists as (
    select * from {{ ref('ranking_lists') }}
),

final as (
    select
        months.ranking_month,
        ranking_lists.position,
        ranking_lists.ranking_list,
        ranking_lists.list_name,
        ranking_lists.list_name_en,
        ranking_lists.short_name
    from months
    cross join ranking_lists
)

select * from final

-- One row is one outlet that carried one unit often and hardly any other in a ranking month, with the unit's rank in
-- dissemination as it is and without all such outlets.
with parts as (
    select * from {{ ref('fct_reprint_parts') }}
    where
        kind = 'largest_group'
        and part_id <> ''
),

leverage as (
    select * from {{ ref('rpt_rank_leverage') }}
    where
        kind = 'largest_group'
        and dimension = 'dissemination'
        and {{ in_months('ranking_month') }}
),

outlets as (
    select
        ranking_month,
        unit_id,
        outlet_id,
        channel_type,
        count(distinct post_id) as reprint_count
    from parts
    group by
        ranking_month,
        unit_id,
        outlet_id,
        channel_type
),

final as (
    select
        outlets.ranking_month,
        outlets.unit_id,
        outlets.outlet_id,
        outlets.channel_type,
        outlets.reprint_count,
        leverage.rank,
        leverage.rank_without
    from outlets
    left join leverage
        on
            outlets.ranking_month = leverage.ranking_month
            and outlets.unit_id = leverage.unit_id
)

select * from final

-- One row is one part of a unit's reprints without which its rank in a dimension of a ranking month falls below its
-- interval by more than the limit.
with leverage as (
    select * from {{ ref('rpt_rank_leverage') }}
    where {{ in_months('ranking_month') }}
),

ranking as (
    select * from {{ ref('rpt_ranking') }}
    where
        rank is not null
        and {{ in_months('ranking_month') }}
),

units as (
    select * from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
),

quality_limits as (
    select * from {{ ref('int_quality_limits') }}
),

limits as (
    select * from quality_limits
    where measure = 'leverage_ranks'
),

reprint_limits as (
    select * from quality_limits
    where measure = 'leverage_reprints_least'
),

-- What carries a unit alone widens its interval to the rank without it: no interval counts for more than the usual one
-- of its list.
usual_intervals as (
    select
        ranking_month,
        ranking_list,
        dimension,
        cast(percentile_disc(0.5) within group (order by rank_high - rank) as integer) as usual_width
    from ranking
    group by
        ranking_month,
        ranking_list,
        dimension
),

usual_reprints as (
    select
        ranking_month,
        ranking_list,
        cast(percentile_disc(0.5) within group (order by reprint_count) as bigint) as usual_reprint_count
    from units
    group by
        ranking_month,
        ranking_list
),

compared as (
    select
        leverage.ranking_month,
        leverage.dimension,
        leverage.unit_id,
        ranking.unit_name,
        leverage.kind,
        leverage.part_id,
        leverage.outlet_id,
        leverage.item_count,
        cast(leverage.points_share as double) as points_share,
        leverage.rank,
        leverage.rank_without,
        least(ranking.rank_high, ranking.rank + usual_intervals.usual_width) as interval_end,
        coalesce(own_limits.value, general_limits.value) as allowed_ranks,
        -- Where units have few reprints, any of them makes a rank.
        usual_reprints.usual_reprint_count < reprint_limits.value as is_list_small,
        leverage.decision
    from leverage
    inner join ranking
        on
            leverage.ranking_month = ranking.ranking_month
            and leverage.dimension = ranking.dimension
            and leverage.unit_id = ranking.unit_id
    inner join usual_intervals
        on
            ranking.ranking_month = usual_intervals.ranking_month
            and ranking.ranking_list = usual_intervals.ranking_list
            and ranking.dimension = usual_intervals.dimension
    inner join usual_reprints
        on
            ranking.ranking_month = usual_reprints.ranking_month
            and ranking.ranking_list = usual_reprints.ranking_list
    left join reprint_limits
        on leverage.ranking_month = reprint_limits.ranking_month
    left join limits as own_limits
        on
            leverage.ranking_month = own_limits.ranking_month
            and leverage.kind = own_limits.scope
    left join limits as general_limits
        on
            leverage.ranking_month = general_limits.ranking_month
            and general_limits.scope = ''
),

final as (
    select
        ranking_month,
        dimension,
        unit_id,
        unit_name,
        kind,
        part_id,
        outlet_id,
        item_count,
        points_share,
        rank,
        rank_without,
        interval_end,
        allowed_ranks,
        is_list_small,
        decision
    from compared
    where rank_without - interval_end > allowed_ranks
)

select * from final

-- One row is one ranked unit, dimension and kind of part in a ranking month, with the rank that the unit has without the
-- part of that kind that it gains most by, and what a person decided about it.
with leverage as (
    select * from {{ ref('fct_rank_leverage') }}
    where {{ in_months('ranking_month') }}
),

decisions as (
    select * from {{ ref('leverage_decisions') }}
),

final as (
    select
        leverage.ranking_month,
        leverage.unit_id,
        leverage.dimension,
        leverage.kind,
        leverage.part_id,
        leverage.outlet_id,
        leverage.item_count,
        leverage.outlet_count,
        leverage.points_share,
        leverage.rank,
        leverage.rank_without,
        leverage.score,
        leverage.score_without,
        decisions.decision
    from leverage
    left join decisions
        on
            leverage.ranking_month = decisions.ranking_month
            and leverage.unit_id = decisions.unit_id
            and leverage.dimension = decisions.dimension
            and leverage.kind = decisions.kind
            and leverage.part_id = decisions.part_id
)

select * from final

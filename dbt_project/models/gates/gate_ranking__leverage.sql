-- One row is one part of a unit's reprints without which its rank in a dimension of a ranking month falls below its
-- interval by more than the limit.
with leverage as (
    select * from {{ ref('qc_rank_leverage') }}
),

undecided as (
    select
        *,
        coalesce(decision, '') <> 'confirm' as is_undecided
    from leverage
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
        decision,
        case when is_undecided and not is_list_small then 1 else 0 end as is_undecided,
        case when is_undecided and is_list_small then 1 else 0 end as is_undecided_in_small_list
    from undecided
)

select * from final

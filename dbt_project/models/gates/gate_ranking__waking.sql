-- One row is one unit that outlets carry which had nothing in the month before and carry hardly any other unit.
with waking_outlets as (
    select * from {{ ref('qc_waking_outlets') }}
),

final as (
    select
        ranking_month,
        unit_id,
        count(*) as outlet_count,
        cast(sum(reprint_count) as bigint) as reprint_count,
        max(rank) as rank,
        max(rank_without) as rank_without
    from waking_outlets
    group by
        ranking_month,
        unit_id
)

select * from final

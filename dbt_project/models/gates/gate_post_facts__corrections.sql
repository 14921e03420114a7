-- One row is one correction in force in a ranking month that no longer fits the data.
with corrections as (
    select * from {{ ref('qc_stale_corrections') }}
),

final as (
    select
        ranking_month,
        seed,
        post_id,
        item_id,
        problem,
        guard,
        found,
        1 as is_stale
    from corrections
)

select * from final

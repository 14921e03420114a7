-- One row is one person's decision on a part of a unit's reprints in a ranking month.
with decisions as (
    select * from {{ ref('leverage_decisions') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        unit_id,
        dimension,
        kind,
        part_id,
        decision,
        decided_by as decision_by,
        decided_on as decision_on,
        reason as decision_reason
    from decisions
)

select * from final

-- One row is one unit and channel type with stretches of a few minutes in which too many outlets carried the unit.
with bursts as (
    select * from {{ ref('qc_bursts') }}
),

final as (
    select
        ranking_month,
        unit_id,
        channel_type,
        count(*) as burst_count,
        max(outlet_count) as outlet_count,
        min(first_reprint_at) as first_reprint_at,
        min(allowed_count) as allowed_count
    from bursts
    group by
        ranking_month,
        unit_id,
        channel_type
)

select * from final

-- One row is one count of a ranking month that fell between two observations, or is far above what its carrier usually has.
with suspect_counts as (
    select * from {{ ref('qc_suspect_counts') }}
),

final as (
    select
        ranking_month,
        reason,
        item_id,
        channel_type,
        carrier,
        connector,
        metric,
        value,
        compared_with,
        case when reason = 'fell' then 1 else 0 end as fell,
        case when reason = 'jumped' then 1 else 0 end as jumped
    from suspect_counts
)

select * from final

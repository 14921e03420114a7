-- One row is one count of a ranking month that is hard to believe, with the reason.
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
        case when reason = 'jumped' then 1 else 0 end as jumped,
        case when reason = 'above_channel' then 1 else 0 end as above_channel,
        case when reason = 'above_reads' then 1 else 0 end as above_reads
    from suspect_counts
)

select * from final

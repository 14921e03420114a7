-- One row is one day of a ranking month and one channel type, with the items seen.
with channel_days as (
    select * from {{ ref('fct_channel_days') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        channel_type,
        day,
        item_count
    from channel_days
)

select * from final

-- One row is one day of a ranking month and one channel type, with the items seen; days without any are there with 0.
with days as (
    select ranking_month, cast({{ explode('generate_series(month_start, month_end - interval 1 day, interval 1 day)') }} as date) as day
    from {{ ref('int_months') }} where {{ in_months('ranking_month') }}
),

seen as (
    select channel_type, cast(published_at_local as date) as day, count(*) as item_count
    from {{ ref('stg_channel_items') }}
    where account_id is null and {{ in_months('published_month') }}
    group by channel_type, cast(published_at_local as date)
)

select days.ranking_month, types.channel_type, days.day, coalesce(seen.item_count, 0) as item_count
from days
cross join {{ ref('channel_types') }} as types
left join seen on days.day = seen.day and types.channel_type = seen.channel_type

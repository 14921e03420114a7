-- One row is one day of a ranking month and one channel type, with the items seen; days without any are there with 0.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

channel_types as (
    select * from {{ ref('channel_types') }}
),

items as (
    select
        channel_type,
        cast(published_at_local as date) as day
    from {{ ref('stg_channel_items') }}
    where
        account_id is null
        and {{ in_months('published_month') }}
),

days as (
    select
        ranking_month,
        {{ explode(days_of('month_start', 'month_end')) }} as day
    from months
),

items_per_day as (
    select
        channel_type,
        day,
        count(*) as item_count
    from items
    group by channel_type, day
),

final as (
    select
        days.ranking_month,
        channel_types.channel_type,
        days.day,
        coalesce(items_per_day.item_count, 0) as item_count
    from days
    cross join channel_types
    left join items_per_day
        on
            days.day = items_per_day.day
            and channel_types.channel_type = items_per_day.channel_type
)

select * from final

-- One row is one channel type that the registry declares, with the share of a ranking month's days on which it has items.
with months as (
    select * from {{ ref('int_months') }}
),

channel_types as (
    select * from {{ ref('channel_types') }}
),

declared_channel_types as (
    select distinct channel_type from {{ ref('int_registry__channels') }}
),

limits as (
    select * from {{ ref('int_quality_limits') }}
),

records as (
    select
        month,
        channel_type,
        count(record_id) as item_count,
        count(distinct cast({{ local_time('published_at') }} as date)) as day_count
    from {{ source('raw', 'records') }}
    group by
        month,
        channel_type
),

-- A sample has days without items, a city's month has none. A sample is declared: a month of few rows may be an outage.
samples as (
    select ranking_month
    from limits
    where
        measure = 'is_sample'
        and scope = ''
        and value > 0
),

channels as (
    select
        months.ranking_month,
        channel_types.channel_type,
        cast(coalesce(records.day_count, 0) as double)
            / {{ days_between('months.month_start', 'months.month_end') }} as seen_share,
        coalesce(records.item_count, 0) as item_count,
        coalesce(limits.value, 0) as floor,
        samples.ranking_month is not null as is_sample
    from months
    cross join channel_types
    inner join declared_channel_types
        on channel_types.channel_type = declared_channel_types.channel_type
    left join samples
        on months.ranking_month = samples.ranking_month
    left join records
        on
            months.ranking_month = records.month
            and channel_types.channel_type = records.channel_type
    left join limits
        on
            months.ranking_month = limits.ranking_month
            and channel_types.channel_type = limits.scope
            and limits.measure = 'days_with_items_share'
),

final as (
    select
        ranking_month,
        channel_type,
        seen_share,
        item_count,
        floor,
        case when floor > 0 then 1 else 0 end as least_count,
        case when is_sample then 0 else floor end as city_floor,
        case when is_sample then floor else 0 end as sample_floor
    from channels
)

select * from final

-- One row is one connector with enough rows of a ranking month, with the share of days on which it saw anything.
with months as (
    select * from {{ ref('int_months') }}
),

limits as (
    select * from {{ ref('int_quality_limits') }}
),

seen_days as (
    select
        month as ranking_month,
        connector,
        cast({{ local_time('published_at') }} as date) as day,
        count(*) as row_count
    from {{ source('raw', 'records') }}
    group by
        month,
        connector,
        cast({{ local_time('published_at') }} as date)
),

sources as (
    select
        seen_days.ranking_month,
        seen_days.connector
    from seen_days
    inner join limits
        on
            seen_days.ranking_month = limits.ranking_month
            and limits.measure = 'source_rows_least'
            and limits.scope = ''
    group by
        seen_days.ranking_month,
        seen_days.connector
    having sum(seen_days.row_count) >= max(limits.value)
),

days as (
    select
        ranking_month,
        {{ explode(days_of('month_start', 'month_end')) }} as day
    from months
),

shares as (
    select
        sources.ranking_month,
        sources.connector,
        cast(count(seen_days.day) as double) / count(*) as seen_share,
        {{ joined_in_order(
            "case when seen_days.day is null then right(cast(days.day as string), 2) end", 'days.day'
        ) }} as silent_days
    from sources
    inner join days
        on sources.ranking_month = days.ranking_month
    left join seen_days
        on
            sources.ranking_month = seen_days.ranking_month
            and sources.connector = seen_days.connector
            and days.day = seen_days.day
    group by
        sources.ranking_month,
        sources.connector
),

final as (
    select
        shares.ranking_month,
        shares.connector,
        shares.seen_share,
        coalesce(own_limits.value, general_limits.value) as floor,
        shares.silent_days
    from shares
    left join limits as own_limits
        on
            shares.ranking_month = own_limits.ranking_month
            and shares.connector = own_limits.scope
            and own_limits.measure = 'source_days_share'
    left join limits as general_limits
        on
            shares.ranking_month = general_limits.ranking_month
            and general_limits.scope = ''
            and general_limits.measure = 'source_days_share'
)

select * from final

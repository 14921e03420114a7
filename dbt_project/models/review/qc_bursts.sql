-- One row is one stretch of a few minutes of a ranking month in which more outlets of a channel type carried one unit than
-- the limit lets pass: reprints that were agreed on, or made by a program.
with reprints as (
    select * from {{ ref('fct_reprints') }}
    where
        is_counted
        and published_precision <> 'day'
        and {{ in_months('ranking_month') }}
),

general_limits as (
    select * from {{ ref('int_quality_limits') }}
    where
        scope = ''
        and {{ in_months('ranking_month') }}
),

limits_of_channel as (
    select * from {{ ref('int_quality_limits') }}
    where
        measure = 'burst_outlets'
        and scope <> ''
        and {{ in_months('ranking_month') }}
),

numbered_stretches as (
    select
        reprints.*,
        {{ whole_division(seconds_of('reprints.reprinted_at_local'), 'general_limits.value * 60') }} as stretch_number
    from reprints
    inner join general_limits
        on
            reprints.ranking_month = general_limits.ranking_month
            and general_limits.measure = 'burst_minutes'
),

stretches as (
    select
        ranking_month,
        unit_id,
        channel_type,
        stretch_number,
        min(reprinted_at_local) as first_reprint_at,
        max(reprinted_at_local) as last_reprint_at,
        count(distinct outlet_id) as outlet_count,
        count(distinct post_id) as post_count,
        min(post_id) as post_id
    from numbered_stretches
    group by
        ranking_month,
        unit_id,
        channel_type,
        stretch_number
),

final as (
    select
        stretches.ranking_month,
        stretches.unit_id,
        stretches.channel_type,
        stretches.first_reprint_at,
        stretches.last_reprint_at,
        stretches.outlet_count,
        stretches.post_count,
        stretches.post_id,
        cast(coalesce(limits_of_channel.value, general_limits.value) as integer) as allowed_count
    from stretches
    inner join general_limits
        on
            stretches.ranking_month = general_limits.ranking_month
            and general_limits.measure = 'burst_outlets'
    left join limits_of_channel
        on
            stretches.ranking_month = limits_of_channel.ranking_month
            and stretches.channel_type = limits_of_channel.scope
    where stretches.outlet_count > coalesce(limits_of_channel.value, general_limits.value)
)

select * from final

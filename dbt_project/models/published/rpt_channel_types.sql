-- One row is one channel type in a month, and whether the city monitors it.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

channel_types as (
    select * from {{ ref('channel_types') }}
),

monitored_channels as (
    select * from {{ ref('monitored_channels') }}
),

final as (
    select
        months.ranking_month,
        channel_types.channel_type,
        monitored_channels.channel_type is not null as is_monitored
    from months
    cross join channel_types
    left join monitored_channels
        on channel_types.channel_type = monitored_channels.channel_type
)

select * from final

-- One row is one indicator of one unit or account in a ranking month, before any score.
{{ config(materialized='view') }}
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

indicators as (
    select * from {{ ref('method_indicators') }}
),

unit_months as (
    select * from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
),

account_months as (
    select * from {{ ref('fct_account_months') }}
    where {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

channel_days as (
    select * from {{ ref('fct_channel_days') }}
    where {{ in_months('ranking_month') }}
),

entities as (
    select
        ranking_month,
        'unit' as entity_kind,
        unit_id as entity_id,
        unit_id
    from unit_months
    union all
    select
        ranking_month,
        'account' as entity_kind,
        account_id as entity_id,
        unit_id
    from account_months
),

-- Each reprint twice: for its unit and for its account.
reprints_of_entity as (
    select
        'unit' as entity_kind,
        unit_id as entity_id,
        *
    from reprints
    union all
    select
        'account' as entity_kind,
        account_id as entity_id,
        *
    from reprints
),

channel_values as (
    select
        ranking_month,
        entity_kind,
        entity_id,
        unit_id,
        channel_type as source_name,
        count(*) as value
    from reprints_of_entity
    group by ranking_month, entity_kind, entity_id, unit_id, channel_type
),

metric_values as (
    {%- for metric in ['read', 'like', 'comment'] %}
    select
        ranking_month,
        entity_kind,
        entity_id,
        unit_id,
        '{{ metric }}' as source_name,
        cast(sum({{ metric }}_count) as bigint) as value,
        count({{ metric }}_count) as known_count,
        count(*) as reprint_count,
        count(case when is_{{ metric }}_capped then 1 end) as capped_count
    from reprints_of_entity
    group by ranking_month, entity_kind, entity_id, unit_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

days_of_channel as (
    select
        ranking_month,
        channel_type,
        count(case when item_count > 0 then 1 end) as seen_days,
        count(*) as all_days
    from channel_days
    group by ranking_month, channel_type
),

final as (
    select
        entities.ranking_month,
        months.method_version,
        entities.entity_kind,
        entities.entity_id,
        entities.unit_id,
        indicators.dimension,
        indicators.indicator_id,

        indicators.transformation,

        indicators.position,
        indicators.weight,
        indicators.goalpost,
        case
            when indicators.source_kind = 'channel' then coalesce(channel_values.value, 0)
            -- No reprints: nothing is unknown. Reprints whose metric nobody knows: NULL.
            when coalesce(metric_values.reprint_count, 0) = 0 then 0
            else metric_values.value
        end as value,
        case
            when indicators.source_kind = 'channel'
                then {{ ratio('days_of_channel.seen_days', 'days_of_channel.all_days') }}
            else {{ ratio('metric_values.known_count', 'metric_values.reprint_count') }}
        end as coverage,
        coalesce(metric_values.capped_count, 0) as capped_count
    from entities
    inner join months
        on entities.ranking_month = months.ranking_month
    inner join indicators
        on months.method_version = indicators.method_version
    left join channel_values
        on
            indicators.source_kind = 'channel'
            and indicators.source_name = channel_values.source_name
            and entities.ranking_month = channel_values.ranking_month
            and entities.entity_kind = channel_values.entity_kind
            and entities.entity_id = channel_values.entity_id
            and entities.unit_id = channel_values.unit_id
    left join metric_values
        on
            indicators.source_kind = 'metric'
            and indicators.source_name = metric_values.source_name
            and entities.ranking_month = metric_values.ranking_month
            and entities.entity_kind = metric_values.entity_kind
            and entities.entity_id = metric_values.entity_id
            and entities.unit_id = metric_values.unit_id
    left join days_of_channel
        on
            indicators.source_name = days_of_channel.channel_type
            and entities.ranking_month = days_of_channel.ranking_month
)

select * from final

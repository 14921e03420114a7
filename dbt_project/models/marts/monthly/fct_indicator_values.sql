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

totals as (
    select * from {{ ref('fct_reprint_totals') }}
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
        -- No reprints: nothing is unknown. Reprints of which no export has the metric: NULL.
        case when totals.reprint_count > 0 then totals.value else 0 end as value,
        case
            when indicators.source_kind = 'channel'
                then {{ ratio('days_of_channel.seen_days', 'days_of_channel.all_days') }}
            else {{ ratio('totals.known_count', 'totals.reprint_count') }}
        end as coverage,
        coalesce(totals.capped_count, 0) as capped_count
    from entities
    inner join months
        on entities.ranking_month = months.ranking_month
    inner join indicators
        on months.method_version = indicators.method_version
    left join totals
        on
            indicators.source_kind = totals.source_kind
            and indicators.source_name = totals.source_name
            and entities.ranking_month = totals.ranking_month
            and entities.entity_kind = totals.entity_kind
            and entities.entity_id = totals.entity_id
            and entities.unit_id = totals.unit_id
    left join days_of_channel
        on
            indicators.source_name = days_of_channel.channel_type
            and entities.ranking_month = days_of_channel.ranking_month
)

select * from final

-- One row is one match that a person's decision on a unit's leverage takes out of its ranking month.
{{ config(materialized='view') }}
with matched as (
    select * from {{ ref('int_reprints__matched') }}
    where {{ in_months('ranking_month') }}
),

items as (
    select * from {{ ref('stg_channel_items') }}
),

decisions as (
    select * from {{ ref('leverage_decisions') }}
    where decision = 'exclude'
),

final as (
    select distinct
        matched.ranking_month,
        matched.item_id,
        matched.post_id
    from matched
    inner join items
        on matched.item_id = items.item_id
    inner join decisions
        on
            matched.ranking_month = decisions.ranking_month
            and matched.unit_id = decisions.unit_id
    where
        case decisions.kind
            when 'largest_item' then matched.item_id = decisions.part_id
            when 'largest_outlet' then matched.outlet_id = decisions.part_id
            when 'busiest_day' then cast(cast(matched.reprinted_at_local as date) as string) = decisions.part_id
            when 'link_only' then matched.method = 'link'
            when 'unregistered' then not items.is_mapped and items.account_id is null
        end
)

select * from final

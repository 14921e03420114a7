-- One row is one indicator of one unit or account in a ranking month, before any score.
{{ config(materialized='view') }}
with entities as (
    select ranking_month, 'unit' as entity_kind, unit_id as entity_id, unit_id from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
    union all
    select ranking_month, 'account' as entity_kind, account_id as entity_id, unit_id from {{ ref('fct_account_months') }}
    where {{ in_months('ranking_month') }}
),

-- Each reprint twice: for its unit and for its account.
carried as (
    select ranking_month, 'unit' as entity_kind, unit_id as entity_id, unit_id, channel_type, read_count, like_count,
        comment_count, is_read_capped, is_like_capped, is_comment_capped
    from {{ ref('fct_post_outlets') }} where {{ in_months('ranking_month') }}
    union all
    select ranking_month, 'account' as entity_kind, account_id as entity_id, unit_id, channel_type, read_count,
        like_count, comment_count, is_read_capped, is_like_capped, is_comment_capped
    from {{ ref('fct_post_outlets') }} where {{ in_months('ranking_month') }}
),

channels as (
    select ranking_month, entity_kind, entity_id, unit_id, channel_type as source_name, count(*) as value
    from carried group by ranking_month, entity_kind, entity_id, unit_id, channel_type
),

metrics as (
    {% for metric in ['read', 'like', 'comment'] -%}
    select
        ranking_month, entity_kind, entity_id, unit_id, '{{ metric }}' as source_name,
        cast(sum({{ metric }}_count) as bigint) as value, count({{ metric }}_count) as known_count,
        count(*) as reprint_count, count(case when is_{{ metric }}_capped then 1 end) as capped_count
    from carried group by ranking_month, entity_kind, entity_id, unit_id
    {% if not loop.last %}union all{% endif %}
    {% endfor -%}
),

days as (
    select ranking_month, channel_type, count(case when item_count > 0 then 1 end) as seen_days, count(*) as all_days
    from {{ ref('fct_channel_days') }} where {{ in_months('ranking_month') }}
    group by ranking_month, channel_type
)

select
    e.ranking_month, m.method_version, e.entity_kind, e.entity_id, e.unit_id, i.dimension, i.indicator_id, i.position,
    i.weight, i.goalpost, i.transformation,
    case
        when i.source_kind = 'channel' then coalesce(channels.value, 0)
        -- No reprints: nothing is unknown. Reprints whose metric nobody knows: NULL.
        when coalesce(metrics.reprint_count, 0) = 0 then 0
        else metrics.value
    end as value,
    case
        when i.source_kind = 'channel' then {{ ratio('days.seen_days', 'days.all_days') }}
        else {{ ratio('metrics.known_count', 'metrics.reprint_count') }}
    end as coverage,
    coalesce(metrics.capped_count, 0) as capped_count
from entities as e
join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on e.ranking_month = m.ranking_month
join {{ ref('method_indicators') }} as i on m.method_version = i.method_version
left join channels
    on i.source_kind = 'channel' and i.source_name = channels.source_name and e.ranking_month = channels.ranking_month
    and e.entity_kind = channels.entity_kind and e.entity_id = channels.entity_id and e.unit_id = channels.unit_id
left join metrics
    on i.source_kind = 'metric' and i.source_name = metrics.source_name and e.ranking_month = metrics.ranking_month
    and e.entity_kind = metrics.entity_kind and e.entity_id = metrics.entity_id and e.unit_id = metrics.unit_id
left join days on i.source_name = days.channel_type and e.ranking_month = days.ranking_month

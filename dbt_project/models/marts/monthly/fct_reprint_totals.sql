-- One row is one channel or one metric of the reprints of one unit or account in a ranking month, with its total.
{{ config(materialized='view') }}
with reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
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
        'channel' as source_kind,
        channel_type as source_name,
        count(*) as value,
        count(*) as known_count,
        count(*) as reprint_count,
        0 as capped_count
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
        'metric' as source_kind,
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

final as (
    select * from channel_values
    union all
    select * from metric_values
)

select * from final

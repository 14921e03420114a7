-- One row is one observation of one metric of a counted post or reprint in a ranking month, with the source of its export.
{{ config(materialized='view') }}
with counts as (
    select * from {{ ref('fct_counts') }}
    where {{ in_months('ranking_month') }}
),

observations as (
    select * from {{ ref('stg_observations') }}
    where {{ in_months('published_month', 'items') }}
),

exports as (
    select * from {{ ref('stg_exports') }}
),

observed_counts as (
    {%- for metric in ['read', 'like', 'comment'] %}
    select
        observations.item_id,
        observations.load_key,
        observations.source_row,
        exports.connector,
        '{{ metric }}' as metric,
        {% if metric == 'read' -%}
        coalesce(observations.read_count, observations.view_count) as value,
        {%- else -%}
        observations.{{ metric }}_count as value,
        {%- endif %}
        coalesce(observations.{{ metric }}_count_qualifier, 'exact') = 'exact' as is_exact,
        observations.observed_at
    from observations
    inner join exports
        on observations.load_key = exports.load_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        counts.ranking_month,
        counts.item_id,
        counts.carrier_id,
        observed_counts.load_key,
        observed_counts.source_row,
        counts.channel_type,
        observed_counts.connector,
        counts.metric,
        observed_counts.value,
        observed_counts.is_exact,
        observed_counts.observed_at
    from counts
    inner join observed_counts
        on
            counts.item_id = observed_counts.item_id
            and counts.metric = observed_counts.metric
)

select * from final

-- One row is one count that is hard to believe: it fell from an earlier observation of the same item, or it is so far
-- above what its carrier usually has that a 万 may have slipped.
{{ config(materialized='incremental', incremental_strategy='month_range') }}
{%- set metrics = ['read', 'like', 'comment'] %}
with counted as (
    select ranking_month, post_id as item_id, platform as channel_type, account_id as carrier,
        coalesce(read_count, view_count) as read_count, like_count, comment_count
    from {{ ref('fct_posts') }} where is_counted and {{ in_months('ranking_month') }}
    union
    select ranking_month, item_id, channel_type, outlet_id as carrier, read_count, like_count, comment_count
    from {{ ref('fct_reprints') }} where is_counted and {{ in_months('ranking_month') }}
),

counts as (
    {%- for metric in metrics %}
    select ranking_month, item_id, channel_type, carrier, '{{ metric }}' as metric, {{ metric }}_count as value
    from counted where {{ metric }}_count is not null
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
),

usual as (
    select ranking_month, channel_type, carrier, metric,
        percentile_disc(0.5) within group (order by value) as usual_value
    from counts where value > 0
    group by ranking_month, channel_type, carrier, metric
    having count(*) >= 5
),

observations as (
    {%- for metric in metrics %}
    select counted.ranking_month, counted.item_id, counted.channel_type, counted.carrier, '{{ metric }}' as metric,
        {% if metric == 'read' %}coalesce(o.read_count, o.view_count){% else %}o.{{ metric }}_count{% endif %} as value,
        o.observed_at, o.source_row
    from counted join {{ ref('stg_observations') }} as o on counted.item_id = o.item_id
    where coalesce(o.{{ metric }}_count_qualifier, 'exact') = 'exact' and {{ in_months('o.published_month', 0, 1) }}
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
),

before as (
    select *, lag(value) over (
        partition by ranking_month, item_id, carrier, metric order by observed_at, source_row
    ) as earlier_value
    from observations where value is not null
),

fell as (
    select ranking_month, item_id, channel_type, carrier, metric, min(value) as value,
        max(earlier_value) as compared_with
    from before where value < earlier_value
    group by ranking_month, item_id, channel_type, carrier, metric
)

select ranking_month, 'fell' as reason, item_id, channel_type, carrier, metric, value, compared_with from fell
union all
select counts.ranking_month, 'jumped' as reason, counts.item_id, counts.channel_type, counts.carrier, counts.metric,
    counts.value, usual.usual_value as compared_with
from counts
join usual
    on counts.ranking_month = usual.ranking_month and counts.channel_type = usual.channel_type
    and counts.carrier = usual.carrier and counts.metric = usual.metric
join {{ ref('int_months') }} as m on counts.ranking_month = m.ranking_month
join {{ ref('quality_floors') }} as floors
    on floors.measure = 'jump_factor'
    and floors.valid_from < cast(m.month_end as date) and (floors.valid_to is null or floors.valid_to > cast(m.month_start as date))
where counts.value >= usual.usual_value * cast(floors.value as double)

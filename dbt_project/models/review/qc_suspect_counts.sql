-- One row is one count that is hard to believe: it fell, within a source, from an earlier observation of the same item by
-- more than its source's counts may, or it is so far above what its carrier usually has that a 万 may have slipped.
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

seen as (
    select o.*, e.connector
    from {{ ref('stg_observations') }} as o
    join {{ ref('stg_exports') }} as e on o.load_key = e.load_key
    where {{ in_months('o.published_month', 'items') }}
),

sources as (
    select item_id, arg_max(connector, (observed_at, source_row)) as connector from seen group by item_id
),

-- The limit of the source, else the general one (scope is empty); of two in force the one that begins later.
limits as (
    select m.ranking_month, f.measure, coalesce(f.scope, '') as scope,
        arg_max(cast(f.value as double), f.valid_from) as value
    from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
    join {{ ref('quality_floors') }} as f
        on f.measure in ('jump_factor', 'fall_share')
        and f.valid_from < cast(m.month_end as date) and (f.valid_to is null or f.valid_to > cast(m.month_start as date))
    group by all
),

observations as (
    {%- for metric in metrics %}
    select counted.ranking_month, counted.item_id, counted.channel_type, counted.carrier, '{{ metric }}' as metric,
        {% if metric == 'read' %}coalesce(seen.read_count, seen.view_count){% else %}seen.{{ metric }}_count{% endif %} as value,
        seen.connector, seen.observed_at, seen.source_row
    from counted join seen on counted.item_id = seen.item_id
    where coalesce(seen.{{ metric }}_count_qualifier, 'exact') = 'exact'
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
),

before as (
    select *, lag(value) over (
        partition by ranking_month, item_id, carrier, metric, connector order by observed_at, source_row
    ) as earlier_value
    from observations where value is not null
),

fell as (
    select before.ranking_month, before.item_id, before.channel_type, before.carrier, before.metric,
        min(before.connector) as connector, min(before.value) as value, max(before.earlier_value) as compared_with
    from before
    join limits as general
        on before.ranking_month = general.ranking_month and general.measure = 'fall_share' and general.scope = ''
    left join limits as own
        on before.ranking_month = own.ranking_month and own.measure = 'fall_share' and before.connector = own.scope
    where before.value < before.earlier_value * (1 - coalesce(own.value, general.value))
    group by before.ranking_month, before.item_id, before.channel_type, before.carrier, before.metric
)

select ranking_month, 'fell' as reason, item_id, channel_type, carrier, connector, metric, value, compared_with from fell
union all
select counts.ranking_month, 'jumped' as reason, counts.item_id, counts.channel_type, counts.carrier, sources.connector,
    counts.metric, counts.value, usual.usual_value as compared_with
from counts
join usual
    on counts.ranking_month = usual.ranking_month and counts.channel_type = usual.channel_type
    and counts.carrier = usual.carrier and counts.metric = usual.metric
left join sources on counts.item_id = sources.item_id
join limits as general
    on counts.ranking_month = general.ranking_month and general.measure = 'jump_factor' and general.scope = ''
left join limits as own
    on counts.ranking_month = own.ranking_month and own.measure = 'jump_factor' and sources.connector = own.scope
where counts.value >= usual.usual_value * coalesce(own.value, general.value)

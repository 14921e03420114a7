-- One row is one variable of one account or unit on one platform, or on all (platform empty), in a ranking month.
{{ config(materialized='view') }}
{%- set metrics = ['read', 'recommend', 'like', 'share'] %}
with entities as (
    select 'account' as entity_kind, account_id as entity_id, p.* from {{ ref('fct_posts') }} as p
    where is_counted and {{ in_months('ranking_month') }}
    union all
    select 'unit' as entity_kind, unit_id as entity_id, p.* from {{ ref('fct_posts') }} as p
    where is_counted and {{ in_months('ranking_month') }}
),

-- Each post on its platform and once for both together.
placed as (
    select e.*, e.platform as on_platform from entities as e
    union all
    select e.*, '' as on_platform from entities as e
),

carried as (
    select ranking_month, post_id, count(*) as reprint_count from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }} group by ranking_month, post_id
),

posted as (
    select
        placed.ranking_month, placed.entity_kind, placed.entity_id, placed.unit_id, placed.on_platform as platform,
        cast(count(*) as double) as post_count,
        cast(count(case when placed.is_original then 1 end) as double) as original_count,
        {% for metric in metrics -%}
        cast(sum(placed.{{ metric }}_count) as double) as {{ metric }}_total,
        cast(max(placed.{{ metric }}_count) as double) as {{ metric }}_max,
        -- Only where some export says which post led its push.
        case when count(placed.position) > 0
            then cast(coalesce(sum(case when placed.position = 1 then placed.{{ metric }}_count end), 0) as double)
        end as {{ metric }}_headline,
        {% endfor -%}
        cast(sum(placed.comment_count) as double) as comment_total, cast(sum(placed.repost_count) as double) as repost_total,
        cast(coalesce(sum(carried.reprint_count), 0) as double) as reprint_count,
        cast(coalesce(max(carried.reprint_count), 0) as double) as reprint_max,
        cast(count(carried.post_id) as double) as reprinted_post_count
    from placed
    left join carried on placed.ranking_month = carried.ranking_month and placed.post_id = carried.post_id
    group by placed.ranking_month, placed.entity_kind, placed.entity_id, placed.unit_id, placed.on_platform
),

outlets as (
    select ranking_month, entity_kind, entity_id, unit_id, on_platform as platform, cast(max(n) as double) as outlet_post_max
    from (
        select p.ranking_month, p.entity_kind, p.entity_id, p.unit_id, p.on_platform, o.outlet_id, count(*) as n
        from placed as p
        join {{ ref('fct_post_outlets') }} as o on p.ranking_month = o.ranking_month and p.post_id = o.post_id
        group by p.ranking_month, p.entity_kind, p.entity_id, p.unit_id, p.on_platform, o.outlet_id
    ) as counted
    group by ranking_month, entity_kind, entity_id, unit_id, on_platform
),

wide as (
    select
        posted.*, coalesce(outlets.outlet_post_max, 0) as outlet_post_max,
        -- The weight of a medium counts only when it wrote something of its own.
        case when posted.original_count > 0 then coalesce(cast(w.weight as double), 1.0) else 0.0 end as unit_weight,
        {% for metric in metrics -%}
        posted.{{ metric }}_total / posted.post_count as {{ metric }}_per_post,
        posted.{{ metric }}_total / {{ days_between('m.month_start', 'm.month_end') }} as {{ metric }}_per_day,
        posted.{{ metric }}_headline / {{ days_between('m.month_start', 'm.month_end') }} as {{ metric }}_headline_per_day{{ ',' if not loop.last }}
        {% endfor %}
    from posted
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on posted.ranking_month = m.ranking_month
    left join outlets
        on posted.ranking_month = outlets.ranking_month and posted.entity_kind = outlets.entity_kind
        and posted.entity_id = outlets.entity_id and posted.unit_id = outlets.unit_id and posted.platform = outlets.platform
    left join {{ ref('rival_unit_weights') }} as w
        on posted.unit_id = w.unit_id and w.valid_from <= m.month_start and (w.valid_to is null or m.month_start < w.valid_to)
)

{% for variable in ['post_count', 'original_count', 'comment_total', 'repost_total', 'reprint_count', 'reprint_max',
    'reprinted_post_count', 'outlet_post_max', 'unit_weight', 'read_total', 'recommend_total', 'like_total'] -%}
select ranking_month, entity_kind, entity_id, unit_id, platform, '{{ variable }}' as variable, false as is_average, {{ variable }} as value from wide
union all
{% endfor -%}
{% for metric in metrics -%}
select ranking_month, entity_kind, entity_id, unit_id, platform, '{{ metric }}_max' as variable, false as is_average, {{ metric }}_max as value from wide
union all
{% for suffix in ['per_post', 'per_day', 'headline_per_day'] -%}
select ranking_month, entity_kind, entity_id, unit_id, platform, '{{ metric }}_{{ suffix }}' as variable, true as is_average, {{ metric }}_{{ suffix }} as value from wide
{% if not loop.last %}union all{% endif %}
{% endfor -%}
{% if not loop.last %}union all{% endif %}
{% endfor %}

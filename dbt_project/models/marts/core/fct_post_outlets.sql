-- One row is one reprint: one post carried by one outlet, however often, with its largest value per metric.
select
    ranking_month, post_id, outlet_id, unit_id, account_id, channel_type,
    min(reprinted_at_local) as reprinted_at_local,
    arg_min(item_id, (reprinted_at_local, item_id)) as item_id,
    count(*) as item_count,
    {% for metric in ['read', 'like', 'comment'] -%}
    max({{ metric }}_count) as {{ metric }}_count,
    coalesce(
        max(case when {{ metric }}_count_qualifier = 'floor' then {{ metric }}_count end) = max({{ metric }}_count), false
    ) as is_{{ metric }}_capped{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('fct_reprints') }}
where is_counted and {{ in_months('ranking_month') }}
group by ranking_month, post_id, outlet_id, unit_id, account_id, channel_type

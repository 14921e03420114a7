-- One row is one reprint: one post carried by one outlet, however often, with its largest value per metric.
with reprints as (
    select * from {{ ref('fct_reprints') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        post_id,
        outlet_id,
        unit_id,
        account_id,
        {{ value_of_first('item_id', ['reprinted_at_local', 'item_id']) }} as item_id,

        channel_type,

        count(*) as item_count,
        {%- for metric in ['read', 'like', 'comment'] %}
        max({{ metric }}_count) as {{ metric }}_count,
        {%- endfor %}

        {% for metric in ['read', 'like', 'comment'] -%}
        coalesce(
            max(case when {{ metric }}_count_qualifier = 'floor' then {{ metric }}_count end)
            = max({{ metric }}_count),
            false
        ) as is_{{ metric }}_capped,
        {% endfor %}
        min(reprinted_at_local) as reprinted_at_local
    from reprints
    group by
        ranking_month,
        post_id,
        outlet_id,
        unit_id,
        account_id,
        channel_type
)

select * from final

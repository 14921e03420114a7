-- One row is one variable of one account or unit on one platform, or on all (platform empty), in a ranking month.
{{ config(materialized='view') }}
{%- set metrics = ['read', 'recommend', 'like', 'share'] %}
{%- set sums = ['post_count', 'original_count', 'comment_total', 'repost_total', 'reprint_count', 'reprint_max',
    'reprinted_post_count', 'outlet_post_max', 'unit_weight', 'read_total', 'recommend_total', 'like_total', 'read_max',
    'recommend_max', 'like_max', 'share_max'] %}
{%- set averages = [] %}
{%- for metric in metrics %}
    {%- do averages.extend([metric ~ '_per_post', metric ~ '_per_day', metric ~ '_headline_per_day']) %}
{%- endfor %}
with months as (
    select
        *,
        {{ days_between('month_start', 'month_end') }} as day_count
    from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

totals as (
    select * from {{ ref('fct_rival_totals') }}
),

unit_weights as (
    select * from {{ ref('rival_unit_weights') }}
),

totals_and_averages as (
    select
        totals.*,
        -- The weight of a medium counts only when it wrote something of its own.
        case
            when totals.original_count > 0 then coalesce(cast(unit_weights.weight as double), 1.0)
            else 0.0
        end as unit_weight,
        {%- for metric in metrics %}
        totals.{{ metric }}_total / totals.post_count as {{ metric }}_per_post,
        totals.{{ metric }}_total / months.day_count as {{ metric }}_per_day,
        totals.{{ metric }}_headline / months.day_count as {{ metric }}_headline_per_day{{ ',' if not loop.last }}
        {%- endfor %}
    from totals
    inner join months
        on totals.ranking_month = months.ranking_month
    left join unit_weights
        on
            totals.unit_id = unit_weights.unit_id
            and {{ in_force('unit_weights', 'months.month_start') }}
),

final as (
    {%- for variable in sums + averages %}
    select
        ranking_month,
        entity_kind,
        entity_id,
        unit_id,
        platform,
        '{{ variable }}' as variable,
        {{ variable in averages }} as is_average,
        {{ variable }} as value
    from totals_and_averages
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final

-- One row is one metric, with the share of a ranking month's counted reprints that have it.
{%- set metrics = ['read', 'like', 'comment'] %}

with months as (
    select * from {{ ref('int_months') }}
),

reprints as (
    select * from {{ ref('fct_reprints') }}
    where is_counted
),

shares as (
    select
        months.ranking_month,
        {%- for metric in metrics %}
        coalesce(
            cast(count(reprints.{{ metric }}_count) as double) / nullif(count(reprints.item_id), 0), 1
        ) as {{ metric }}_share{{ ',' if not loop.last }}
        {%- endfor %}
    from months
    left join reprints
        on months.ranking_month = reprints.ranking_month
    group by months.ranking_month
),

final as (
    {%- for metric in metrics %}
    select
        ranking_month,
        '{{ metric }}' as metric,
        {{ metric }}_share as covered_share
    from shares
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final

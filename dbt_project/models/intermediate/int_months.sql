-- One row is one ranking month with the method version that is in force in it, or the one that was asked for.
{%- set months = months_of_the_build().split(",") %}

with months as (
    {% for month in months -%}
    select '{{ month }}' as ranking_month, date '{{ month }}-01' as month_start,
        date '{{ month_plus(month, 1) | trim }}-01' as month_end
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    months.ranking_month, months.month_start, months.month_end, versions.method_version,
    {% for parameter, kind in [
        ('window_hours', 'integer'), ('skew_minutes', 'integer'), ('bonus_per_theme', 'decimal(8, 4)'),
        ('bonus_reference_posts', 'integer'), ('bonus_transformation', 'varchar'), ('bonus_ceiling', 'decimal(8, 4)'),
        ('count_self', 'integer'), ('count_sibling', 'integer')
    ] -%}
    max(case when parameters.parameter = '{{ parameter }}' then cast(parameters.value as {{ kind }}) end) as {{ parameter }}{{ ',' if not loop.last }}
    {% endfor %}
from months
join {{ ref('method_versions') }} as versions
    {% if var('method_version') -%}
    on versions.method_version = '{{ var("method_version") }}'
    {%- else -%}
    on versions.valid_from <= months.month_start and (versions.valid_to is null or months.month_start < versions.valid_to)
    {%- endif %}
join {{ ref('method_parameters') }} as parameters on versions.method_version = parameters.method_version
group by months.ranking_month, months.month_start, months.month_end, versions.method_version

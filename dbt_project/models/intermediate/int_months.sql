-- One row is one ranking month with the method version that is in force in it, or the one that was asked for.
{%- set months = months_of_the_build().split(",") %}
{%- set types = {
    'window_hours': 'integer',
    'skew_minutes': 'integer',
    'bonus_per_theme': 'decimal(8, 4)',
    'bonus_reference_posts': 'integer',
    'bonus_transformation': 'string',
    'bonus_ceiling': 'decimal(8, 4)',
    'count_self': 'integer',
    'count_sibling': 'integer',
} %}
with versions as (
    select * from {{ ref('method_versions') }}
),

parameters as (
    select * from {{ ref('method_parameters') }}
),

months as (
    {%- for month in months %}
    select
        '{{ month }}' as ranking_month,
        date '{{ month }}-01' as month_start,
        date '{{ month_plus(month, 1) | trim }}-01' as month_end
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

parameters_of_version as (
    select
        method_version,
        {%- for parameter, type in types.items() %}
        max(case when parameter = '{{ parameter }}' then cast(value as {{ type }}) end) as {{ parameter }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from parameters
    group by method_version
),

final as (
    select
        months.ranking_month,
        months.month_start,
        months.month_end,
        versions.method_version,
        {%- for parameter in types %}
        parameters_of_version.{{ parameter }}{{ ',' if not loop.last }}
        {%- endfor %}
    from months
    inner join versions
        on
            {% if var('method_version') -%}
            versions.method_version = '{{ var("method_version") }}'
            {%- else -%}
            {{ in_force('versions', 'months.month_start') }}
            {%- endif %}
    inner join parameters_of_version
        on versions.method_version = parameters_of_version.method_version
)

select * from final

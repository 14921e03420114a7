{#- Contributions in whole units of 10^-12 points, as DECIMAL(20,12) points; 0 for none. -#}
{% macro points(picopoints) -%}
    cast(
        cast(coalesce({{ picopoints }}, 0) as decimal(20, 0)) * cast(0.000000000001 as decimal(13, 12))
        as decimal(20, 12)
    )
{%- endmacro %}

{#- Contributions to one dimension in a group, in whole units of 10^-12 points. -#}
{% macro picopoints_of(dimension, contribution) -%}
    cast(coalesce(sum(case when {{ contribution }}.dimension = '{{ dimension }}' then {{ contribution }}.picopoints end), 0) as bigint)
{%- endmacro %}

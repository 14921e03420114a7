{#- a / b as DECIMAL(9,6), NULL where b is 0. -#}
{% macro ratio(a, b) -%}
    cast(round(cast({{ a }} as double) / nullif({{ b }}, 0), 6) as decimal(9, 6))
{%- endmacro %}

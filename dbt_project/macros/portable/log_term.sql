{#- min(1, ln(1 + x) / ln(1 + goal)) as DECIMAL(14,12): rounded before it is weighted, so that engines agree. -#}
{% macro log_term(value, goal) -%}
    cast(round(least(1.0, ln(1.0 + cast({{ value }} as double)) / ln(1.0 + cast({{ goal }} as double))), 12) as decimal(14, 12))
{%- endmacro %}

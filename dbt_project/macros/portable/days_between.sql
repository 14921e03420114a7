{#- Whole days from one DATE to another. -#}
{% macro days_between(begin, finish) -%}
    {{ return(adapter.dispatch('days_between', 'bangdan')(begin, finish)) }}
{%- endmacro %}

{% macro default__days_between(begin, finish) -%}
    date_diff('day', {{ begin }}, {{ finish }})
{%- endmacro %}

{% macro spark__days_between(begin, finish) -%}
    datediff({{ finish }}, {{ begin }})
{%- endmacro %}

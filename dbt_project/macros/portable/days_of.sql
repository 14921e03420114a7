{#- The list of the dates from one to before another. -#}
{% macro days_of(first, end) %}{{ return(adapter.dispatch('days_of', 'bangdan')(first, end)) }}{% endmacro %}
{% macro default__days_of(first, end) %}cast(generate_series({{ first }}, {{ end }} - interval 1 day, interval 1 day) as date[]){% endmacro %}
{% macro spark__days_of(first, end) %}sequence({{ first }}, date_sub({{ end }}, 1)){% endmacro %}

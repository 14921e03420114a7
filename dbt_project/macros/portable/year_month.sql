{#- A local time as text YYYY-MM. -#}
{% macro year_month(local) %}{{ return(adapter.dispatch('year_month', 'bangdan')(local)) }}{% endmacro %}
{% macro default__year_month(local) %}strftime({{ local }}, '%Y-%m'){% endmacro %}
{% macro spark__year_month(local) %}date_format({{ local }}, 'yyyy-MM'){% endmacro %}

{#- A floating number with as many decimals as a column has; Spark's own rounding takes only a constant. -#}
{% macro rounded(value, decimals) %}{{ return(adapter.dispatch('rounded', 'bangdan')(value, decimals)) }}{% endmacro %}
{% macro default__rounded(value, decimals) %}round({{ value }}, {{ decimals }}){% endmacro %}
{% macro spark__rounded(value, decimals) %}(round({{ value }} * power(10, {{ decimals }})) / power(10, {{ decimals }})){% endmacro %}

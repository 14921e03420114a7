{#- Of a group the non-null value in the row with the largest value of a column, NULLs left out. -#}
{% macro value_of_last(value, column) %}{{ return(adapter.dispatch('value_of_last', 'bangdan')(value, column)) }}{% endmacro %}
{% macro default__value_of_last(value, column) %}arg_max({{ value }}, {{ column }}){% endmacro %}
{% macro spark__value_of_last(value, column) %}max_by({{ value }}, {{ column }}) filter (where {{ value }} is not null){% endmacro %}

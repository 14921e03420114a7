{#- Of a group the non-null value in the row that comes first by a list of columns, none of which is NULL. -#}
{% macro value_of_first(value, columns) %}{{ return(adapter.dispatch('value_of_first', 'bangdan')(value, columns)) }}{% endmacro %}
{% macro default__value_of_first(value, columns) %}arg_min({{ value }}, ({{ columns | join(', ') }})){% endmacro %}
{% macro spark__value_of_first(value, columns) %}min_by({{ value }}, struct({{ columns | join(', ') }})) filter (where {{ value }} is not null){% endmacro %}

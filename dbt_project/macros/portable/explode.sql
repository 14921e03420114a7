{#- One row per element of a list column: use in a select list, alone. -#}
{% macro explode(list) %}{{ return(adapter.dispatch('explode', 'bangdan')(list)) }}{% endmacro %}
{% macro default__explode(list) %}unnest({{ list }}){% endmacro %}
{% macro spark__explode(list) %}explode({{ list }}){% endmacro %}

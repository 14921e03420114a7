{#- The distinct texts of a list, sorted, joined by commas. -#}
{% macro joined_distinct(list) %}{{ return(adapter.dispatch('joined_distinct', 'bangdan')(list)) }}{% endmacro %}
{% macro default__joined_distinct(list) %}array_to_string(list_sort(list_distinct({{ list }})), ','){% endmacro %}
{% macro spark__joined_distinct(list) %}array_join(array_sort(array_distinct(array_compact({{ list }}))), ','){% endmacro %}

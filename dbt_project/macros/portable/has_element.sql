{#- Whether a list has an element that is not NULL; NULL for no list. -#}
{% macro has_element(list, element) %}{{ return(adapter.dispatch('has_element', 'bangdan')(list, element)) }}{% endmacro %}
{% macro default__has_element(list, element) %}list_contains({{ list }}, {{ element }}){% endmacro %}
{% macro spark__has_element(list, element) %}array_contains(array_compact({{ list }}), {{ element }}){% endmacro %}

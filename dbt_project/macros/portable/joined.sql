{#- The distinct non-null texts of a group, sorted, joined by commas; NULL for none. -#}
{% macro joined(expression) %}{{ return(adapter.dispatch('joined', 'bangdan')(expression)) }}{% endmacro %}
{% macro default__joined(expression) %}nullif(array_to_string(list_sort(list_distinct(list({{ expression }}))), ','), ''){% endmacro %}
{% macro spark__joined(expression) %}nullif(array_join(array_sort(collect_set({{ expression }})), ','), ''){% endmacro %}

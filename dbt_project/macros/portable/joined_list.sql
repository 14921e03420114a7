{#- The texts of a list, joined by commas; empty for none and for no list. -#}
{% macro joined_list(list) %}{{ return(adapter.dispatch('joined_list', 'bangdan')(list)) }}{% endmacro %}
{% macro default__joined_list(list) %}coalesce(array_to_string({{ list }}, ','), ''){% endmacro %}
{% macro spark__joined_list(list) %}coalesce(array_join({{ list }}, ','), ''){% endmacro %}

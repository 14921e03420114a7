{#- The non-null texts of a group in the order of an expression, joined by blanks; NULL for none. -#}
{% macro joined_in_order(expression, position) %}{{ return(adapter.dispatch('joined_in_order', 'bangdan')(expression, position)) }}{% endmacro %}
{% macro default__joined_in_order(expression, position) %}string_agg({{ expression }}, ' ' order by {{ position }}){% endmacro %}
{% macro spark__joined_in_order(expression, position) %}listagg({{ expression }}, ' ') within group (order by {{ position }}){% endmacro %}

{#- A number as a whole number of up to 38 digits. -#}
{% macro whole_number(expression) %}{{ return(adapter.dispatch('whole_number', 'bangdan')(expression)) }}{% endmacro %}
{% macro default__whole_number(expression) %}cast({{ expression }} as hugeint){% endmacro %}
{% macro spark__whole_number(expression) %}cast({{ expression }} as decimal(38, 0)){% endmacro %}

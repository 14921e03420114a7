{#- Whole part of a / b for whole numbers up to 38 digits. -#}
{% macro whole_division(a, b) %}{{ return(adapter.dispatch('whole_division', 'bangdan')(a, b)) }}{% endmacro %}
{% macro default__whole_division(a, b) %}(cast({{ a }} as hugeint) // cast({{ b }} as hugeint)){% endmacro %}
{% macro spark__whole_division(a, b) %}(cast({{ a }} as decimal(38, 0)) div cast({{ b }} as decimal(38, 0))){% endmacro %}

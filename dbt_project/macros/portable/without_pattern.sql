{#- A text without any match of a pattern. -#}
{% macro without_pattern(text, pattern) %}{{ return(adapter.dispatch('without_pattern', 'bangdan')(text, pattern)) }}{% endmacro %}
{% macro default__without_pattern(text, pattern) %}regexp_replace({{ text }}, '{{ pattern }}', '', 'g'){% endmacro %}
{% macro spark__without_pattern(text, pattern) %}regexp_replace({{ text }}, '{{ pattern | replace('\\', '\\\\') }}', ''){% endmacro %}

{#- Whether a text has a match of a pattern, a boolean. -#}
{% macro has_pattern(text, pattern) -%}
    {{ return(adapter.dispatch('has_pattern', 'bangdan')(text, pattern)) }}
{%- endmacro %}

{% macro default__has_pattern(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__has_pattern(text, pattern) -%}
    ({{ text }} rlike '{{ pattern | replace('\\', '\\\\') }}')
{%- endmacro %}

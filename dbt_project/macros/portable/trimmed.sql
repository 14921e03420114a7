{#- A text without any of some characters at its ends. -#}
{% macro trimmed(text, characters) %}{{ return(adapter.dispatch('trimmed', 'bangdan')(text, characters)) }}{% endmacro %}
{% macro default__trimmed(text, characters) %}trim({{ text }}, '{{ characters }}'){% endmacro %}
{% macro spark__trimmed(text, characters) %}btrim({{ text }}, '{{ characters }}'){% endmacro %}

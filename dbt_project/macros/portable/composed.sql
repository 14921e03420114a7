{#- A text in Unicode's composed form (NFC). Spark has no such function. -#}
{% macro composed(text) %}{{ return(adapter.dispatch('composed', 'bangdan')(text)) }}{% endmacro %}
{% macro default__composed(text) %}nfc_normalize({{ text }}){% endmacro %}
{% macro spark__composed(text) %}{{ text }}{% endmacro %}

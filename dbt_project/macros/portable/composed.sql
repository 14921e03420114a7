{#- A text, not NULL, in Unicode's composed form (NFC). Spark reaches ICU's through Java; it takes no such call in a join's condition. -#}
{% macro composed(text) %}{{ return(adapter.dispatch('composed', 'bangdan')(text)) }}{% endmacro %}
{% macro default__composed(text) %}nfc_normalize({{ text }}){% endmacro %}
{% macro spark__composed(text) %}reflect('com.ibm.icu.text.Normalizer', 'compose', {{ text }}, false){% endmacro %}

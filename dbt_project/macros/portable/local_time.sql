{#- A moment as Shanghai wall-clock time, without a zone. Spark's session is in Shanghai (profiles.yml). -#}
{% macro local_time(moment) %}{{ return(adapter.dispatch('local_time', 'bangdan')(moment)) }}{% endmacro %}
{% macro default__local_time(moment) %}timezone('Asia/Shanghai', {{ moment }}){% endmacro %}
{% macro spark__local_time(moment) %}cast({{ moment }} as timestamp_ntz){% endmacro %}

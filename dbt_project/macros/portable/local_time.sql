{#- A moment as Shanghai wall-clock time, without a zone. -#}
{% macro local_time(moment) %}{{ return(adapter.dispatch('local_time', 'bangdan')(moment)) }}{% endmacro %}
{% macro default__local_time(moment) %}timezone('Asia/Shanghai', {{ moment }}){% endmacro %}
{% macro spark__local_time(moment) %}cast(from_utc_timestamp({{ moment }}, 'Asia/Shanghai') as timestamp_ntz){% endmacro %}

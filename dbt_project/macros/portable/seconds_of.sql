{#- Whole seconds from 1970-01-01 00:00 to a time without zone. -#}
{% macro seconds_of(moment) %}{{ return(adapter.dispatch('seconds_of', 'bangdan')(moment)) }}{% endmacro %}
{% macro default__seconds_of(moment) %}cast(floor(epoch({{ moment }})) as bigint){% endmacro %}
{% macro spark__seconds_of(moment) %}timestampdiff(second, timestamp_ntz '1970-01-01 00:00:00', {{ moment }}){% endmacro %}

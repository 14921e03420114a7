{#- The moment that lies a number of seconds after 1970-01-01 00:00 UTC. -#}
{% macro moment_of_seconds(seconds) %}{{ return(adapter.dispatch('moment_of_seconds', 'bangdan')(seconds)) }}{% endmacro %}
{% macro default__moment_of_seconds(seconds) %}to_timestamp(cast({{ seconds }} as bigint)){% endmacro %}
{% macro spark__moment_of_seconds(seconds) %}timestamp_seconds({{ seconds }}){% endmacro %}

{#- Run-operation: makes the views over raw and evidence without building anything. -#}
{% macro register() %}
    {% do run_query(register_sources()) %}
    {% if target.type == 'duckdb' %}{% do run_query('commit') %}{% endif %}
{% endmacro %}

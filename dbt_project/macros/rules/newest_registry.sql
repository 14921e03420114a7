{#- The rows of a registry as the latest received export has them: of each `key`, those of the newest export that names
    it. `registry` and `exports` are CTEs of the model. -#}
{% macro newest_registry(registry, key) -%}
    select *
    from (
        select
            {{ registry }}.*,
            dense_rank() over (
                partition by {{ registry }}.{{ key }}
                order by exports.received_at desc, {{ registry }}.load_key desc
            ) as newness
        from {{ registry }}
        inner join exports
            on {{ registry }}.load_key = exports.load_key
    ) as ranked
    where newness = 1
{%- endmacro %}

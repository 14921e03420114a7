{#- Rows of a registry table as the latest received registry tells them: of each `key`, those of its newest export. -#}
{% macro newest_registry(table, key) -%}
    select *
    from (
        select
            t.*,
            dense_rank() over (partition by t.{{ key }} order by e.received_at desc, t.load_key desc) as newness
        from {{ source('raw', table) }} as t
        join {{ ref('stg_exports') }} as e on t.load_key = e.load_key
    ) as told
    where newness = 1
{%- endmacro %}

-- One row is one span of a unit's life under one name and list, in the registry in force that was received last.
with units as (
    select * from {{ ref('stg_units') }}
),

exports as (
    select * from {{ ref('int_registry__deliveries') }}
    where is_in_force
),

newest as (
    {{ newest_registry('units', 'unit_id') }}
),

-- Of two rows that begin together, the later one in the file.
numbered as (
    select
        *,
        row_number() over (
            partition by unit_id, valid_from
            order by source_row desc
        ) as number_in_span
    from newest
),

final as (
    select
        unit_id,
        unit_name,
        unit_name_en,
        unit_type,
        ranking_list,
        aliases,
        valid_from,
        valid_to,
        export_sha256,
        source_row
    from numbered
    where number_in_span = 1
)

select * from final

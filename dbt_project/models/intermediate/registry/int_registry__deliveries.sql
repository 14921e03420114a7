-- One row is one export of the registry, and whether its rows are in force: those that the city's own folder holds and
-- those that a person has confirmed are.
with exports as (
    select * from {{ ref('stg_exports') }}
    where table_name <> 'records'
),

city_registries as (
    select * from {{ source('raw', 'city_registries') }}
),

registry_confirmations as (
    select distinct export_sha256 from {{ ref('registry_confirmations') }}
),

final as (
    select
        exports.export_id,
        exports.load_key,
        exports.export_sha256,
        exports.source_file,
        exports.table_name,
        exports.accepted,
        city_registries.export_sha256 is not null as is_of_city,
        coalesce(city_registries.is_current, false) or registry_confirmations.export_sha256 is not null as is_in_force,
        exports.received_at
    from exports
    left join city_registries
        on exports.export_sha256 = city_registries.export_sha256
    left join registry_confirmations
        on exports.export_sha256 = registry_confirmations.export_sha256
)

select * from final

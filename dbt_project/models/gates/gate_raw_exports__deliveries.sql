-- One row is one export of the registry, in each ranking month, that is not an earlier version of the city's own, and
-- whether its rows are in force.
with months as (
    select * from {{ ref('int_months') }}
),

deliveries as (
    select * from {{ ref('int_registry__deliveries') }}
),

final as (
    select
        months.ranking_month,
        deliveries.table_name,
        deliveries.source_file,
        deliveries.export_sha256,
        deliveries.accepted as row_count,
        case when deliveries.is_in_force then 1 else 0 end as is_in_force
    from months
    cross join deliveries
    where deliveries.is_in_force or not deliveries.is_of_city
)

select * from final

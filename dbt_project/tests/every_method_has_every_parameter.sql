-- A version that lacks a parameter would drop its months from every model that joins it. A row is a missing parameter.
with versions as (
    select * from {{ ref('method_versions') }}
),

parameters as (
    select * from {{ ref('method_parameters') }}
),

parameter_names as (
    select distinct parameter
    from parameters
),

final as (
    select
        versions.method_version,
        parameter_names.parameter
    from versions
    cross join parameter_names
    left join parameters
        on
            versions.method_version = parameters.method_version
            and parameter_names.parameter = parameters.parameter
    where parameters.value is null
)

select * from final

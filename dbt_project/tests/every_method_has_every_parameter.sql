-- A version that lacks a parameter would drop its months from every model that joins it.
select v.method_version, p.parameter
from {{ ref('method_versions') }} as v
cross join (select distinct parameter from {{ ref('method_parameters') }}) as p
left join {{ ref('method_parameters') }} as own
    on v.method_version = own.method_version and p.parameter = own.parameter
where own.value is null

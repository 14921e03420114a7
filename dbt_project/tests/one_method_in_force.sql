-- No month has two method versions in force; trial versions lie beyond the year 9999.
select a.method_version, b.method_version as other_version
from {{ ref('method_versions') }} as a
join {{ ref('method_versions') }} as b on a.method_version < b.method_version
where coalesce(b.valid_to, date '9999-01-01') > a.valid_from and coalesce(a.valid_to, date '9999-01-01') > b.valid_from

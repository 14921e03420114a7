-- One row is one indicator of the method $1, in the order of dimensions and positions.
select
    dimension,
    indicator_id,

    transformation,

    cast(cast(weight as decimal(4, 2)) * 100 as integer) as weight,
    cast(goalpost as bigint) as goalpost
from seeds.method_indicators
where method_version = $1
order by dimension, position

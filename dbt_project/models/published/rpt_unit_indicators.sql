-- One row is one indicator of one unit in a ranking month.
select
    cast(ranking_month as varchar) as ranking_month, cast(unit_id as varchar) as unit_id,
    cast(dimension as varchar) as dimension, cast(indicator_id as varchar) as indicator_id,
    cast(value as bigint) as value, cast(coverage as decimal(9, 6)) as coverage,
    cast(capped_count as bigint) as capped_count, cast(weight as decimal(4, 2)) as weight,
    cast(goalpost as bigint) as goalpost, cast(transformation as varchar) as transformation, cast(term as decimal(14, 12)) as term,
    cast(contribution as decimal(20, 12)) as contribution
from {{ ref('fct_unit_month_indicators') }}
where {{ in_months('ranking_month') }}

-- One row is one indicator of one unit or account in a ranking month: value, normalised term and exact contribution.
with terms as (
    select
        *,
        case when value is null then cast(0 as decimal(14, 12)) else {{ term('value', 'goalpost', 'transformation') }} end as term
    from {{ ref('int_indicator_values') }}
)

select
    ranking_month, method_version, entity_kind, entity_id, unit_id, dimension, indicator_id, position,
    cast(weight as decimal(4, 2)) as weight, goalpost, transformation, value, coverage, capped_count, term,
    -- Weights have two decimals, so 100 · weight · term has no more than twelve: exact.
    cast(cast(weight as decimal(4, 2)) * 100 as decimal(6, 0)) * term as contribution
from terms

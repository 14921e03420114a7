-- One row is one indicator of one unit in a ranking month.
{{ config(materialized='view') }}
select ranking_month, method_version, unit_id, dimension, indicator_id, position, weight, goalpost, transformation, value, coverage,
    capped_count, term, cast(contribution as decimal(20, 12)) as contribution
from {{ ref('fct_month_indicators') }} where entity_kind = 'unit'

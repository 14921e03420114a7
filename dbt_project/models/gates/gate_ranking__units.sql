-- One row is one unit and dimension that a ranking month should rank, or does rank.
with months as (
    select * from {{ ref('int_months') }}
),

dimensions as (
    select * from {{ ref('dimensions') }}
),

units as (
    select * from {{ ref('stg_units') }} where ranking_list is not null
),

ranking as (
    select * from {{ ref('rpt_ranking') }}
),

expected_and_ranked as (
    select
        months.ranking_month,
        dimensions.dimension,
        units.unit_id,
        units.unit_name,
        1 as is_expected,
        0 as is_ranked
    from months
    cross join dimensions
    inner join units
        on units.valid_from < months.month_end
        and months.month_start < units.valid_to
    union all
    select
        ranking_month,
        dimension,
        unit_id,
        unit_name,
        0 as is_expected,
        1 as is_ranked
    from ranking
),

final as (
    select
        ranking_month,
        dimension,
        unit_id,
        max(unit_name) as unit_name,
        max(is_expected) as is_expected,
        max(is_ranked) as is_ranked
    from expected_and_ranked
    group by
        ranking_month,
        dimension,
        unit_id
)

select * from final

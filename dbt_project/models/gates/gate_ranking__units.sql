-- One row is one unit and dimension that a ranking month should rank, or does rank.
with months as (
    select * from {{ ref('int_months') }}
),

dimensions as (
    select distinct
        method_version,
        dimension
    from {{ ref('method_indicators') }}
),

units as (
    select * from {{ ref('int_registry__units') }}
    where ranking_list is not null
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
    inner join dimensions
        on months.method_version = dimensions.method_version
    inner join units
        on {{ in_force_during('units', 'months.month_start', 'months.month_end') }}
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

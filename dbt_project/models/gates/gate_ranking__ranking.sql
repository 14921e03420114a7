-- One row is one unit, list and dimension of a ranking month's candidate.
with months as (
    select * from {{ ref('int_months') }}
),

ranking as (
    select * from {{ ref('rpt_ranking') }}
),

final as (
    select
        ranking.ranking_month,
        ranking.ranking_list,
        ranking.dimension,
        ranking.unit_id,
        ranking.unit_name,
        ranking.rank,
        cast(ranking.score as double) as score,
        cast(ranking.base_score as double) as base_score,
        cast(ranking.bonus_points as double) as bonus_points,
        cast(months.bonus_ceiling as double) as bonus_ceiling
    from ranking
    left join months
        on ranking.ranking_month = months.ranking_month
)

select * from final

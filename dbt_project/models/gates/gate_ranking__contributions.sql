-- One row is one ranking month, with the largest difference between a base score and the sum of its parts.
with ranking as (
    select * from {{ ref('rpt_ranking') }}
),

indicators as (
    select
        ranking_month,
        unit_id,
        dimension,
        sum(contribution) as total
    from {{ ref('rpt_unit_indicators') }}
    group by
        ranking_month,
        unit_id,
        dimension
),

final as (
    select
        ranking.ranking_month,
        cast(max(abs(ranking.base_score - coalesce(indicators.total, 0))) as double) as residual
    from ranking
    left join indicators
        on
            ranking.ranking_month = indicators.ranking_month
            and ranking.unit_id = indicators.unit_id
            and ranking.dimension = indicators.dimension
    group by ranking.ranking_month
)

select * from final

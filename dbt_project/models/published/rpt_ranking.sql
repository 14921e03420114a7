-- One row is one unit in one list and dimension of a ranking month.
with scores as (
    select * from {{ ref('fct_unit_month_scores') }}
    where {{ in_months('ranking_month') }}
),

units as (
    select * from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
),

certainty as (
    select * from {{ source('evidence', 'certainty') }}
),

final as (
    select
        scores.ranking_month,
        scores.method_version,
        scores.ranking_list,
        scores.dimension,
        scores.unit_id,
        units.unit_name,
        units.unit_name_en,
        units.unit_type,
        scores.rank,
        scores.base_score,
        scores.bonus_points,
        scores.score,
        scores.rank_without_bonus,
        certainty.rank_low,
        certainty.rank_high,
        certainty.tier,
        scores.cap_rank_low,
        scores.cap_rank_high,
        scores.note
    from scores
    inner join units
        on
            scores.ranking_month = units.ranking_month
            and scores.unit_id = units.unit_id
    left join certainty
        on
            scores.ranking_month = certainty.ranking_month
            and scores.method_version = certainty.method_version
            and scores.ranking_list = certainty.ranking_list
            and scores.dimension = certainty.dimension
            and scores.unit_id = certainty.unit_id
)

select * from final

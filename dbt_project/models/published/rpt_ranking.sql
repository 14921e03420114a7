-- One row is one unit in one list and dimension of a ranking month.
select
    cast(s.ranking_month as varchar) as ranking_month, cast(s.method_version as varchar) as method_version,
    cast(s.ranking_list as varchar) as ranking_list, cast(s.dimension as varchar) as dimension,
    cast(s.unit_id as varchar) as unit_id, cast(u.unit_name as varchar) as unit_name,
    cast(u.unit_name_en as varchar) as unit_name_en, cast(u.unit_type as varchar) as unit_type,
    cast(s.rank as integer) as rank, cast(s.base_score as decimal(20, 12)) as base_score,
    cast(s.bonus_points as decimal(20, 12)) as bonus_points, cast(s.score as decimal(6, 2)) as score,
    cast(s.rank_without_bonus as integer) as rank_without_bonus, cast(c.rank_low as integer) as rank_low,
    cast(c.rank_high as integer) as rank_high, cast(c.tier as integer) as tier,
    cast(s.cap_rank_low as integer) as cap_rank_low, cast(s.cap_rank_high as integer) as cap_rank_high, cast(s.note as varchar) as note
from {{ ref('fct_unit_month_scores') }} as s
join {{ ref('fct_unit_months') }} as u on s.ranking_month = u.ranking_month and s.unit_id = u.unit_id
left join {{ source('evidence', 'certainty') }} as c
    on s.ranking_month = c.ranking_month and s.method_version = c.method_version and s.ranking_list = c.ranking_list
    and s.dimension = c.dimension and s.unit_id = c.unit_id
where {{ in_months('s.ranking_month') }}

-- One row is one unit that is ranked in one dimension of the month $1, with its rank.
select
    dimension,
    ranking_list,
    unit_id,

    rank
from marts.fct_unit_month_scores
where
    ranking_month = $1
    and rank is not null
order by ranking_list, unit_id, dimension

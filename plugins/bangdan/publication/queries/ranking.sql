-- One row is one unit in one list and dimension of a ranking month, with its movement on the previous month's release.
-- previous_ranking: the previous month's released ranking, no rows where there is none. earlier_units: units that any
-- earlier release ranks. restated_ranks: the previous month under this month's method, no rows where both are the same.
select
    candidate_ranking.*,
    previous_ranking.rank as previous_rank,
    previous_ranking.rank_low as previous_rank_low,
    previous_ranking.rank_high as previous_rank_high,
    previous_ranking.rank - candidate_ranking.rank as rank_change,
    case
        when candidate_ranking.rank is null then ''
        when previous_ranking.rank is not null then ''
        when not exists (select 1 from previous_ranking) then ''
        when earlier_units.unit_id is not null then 'RE'
        else 'NEW'
    end as movement,
    restated_ranks.rank as restated_previous_rank
from candidate_ranking
left join previous_ranking
    on
        candidate_ranking.ranking_list = previous_ranking.ranking_list
        and candidate_ranking.dimension = previous_ranking.dimension
        and candidate_ranking.unit_id = previous_ranking.unit_id
left join earlier_units
    on
        candidate_ranking.ranking_list = earlier_units.ranking_list
        and candidate_ranking.unit_id = earlier_units.unit_id
left join restated_ranks
    on
        candidate_ranking.ranking_list = restated_ranks.ranking_list
        and candidate_ranking.dimension = restated_ranks.dimension
        and candidate_ranking.unit_id = restated_ranks.unit_id

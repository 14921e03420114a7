-- One row is a list with the number of its units.
select
    ranking_list,
    count(distinct unit_id)::integer as units
from ranking
group by ranking_list

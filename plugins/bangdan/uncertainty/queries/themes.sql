-- One row is one theme that earns a bonus in the month $1.
select distinct theme_id
from marts.fct_unit_month_bonus
where ranking_month = $1
order by theme_id

-- One row is one unit of a month's release, by its id: tables of a release have the ids of units without their names.
select
    ranking_month,
    release,
    unit_id,
    min(unit_name) as unit_name
from history.units
group by all

-- One row is one unit of a list in a month's release.
create table history.units as
select
    ranking_month,
    month_starts_on,
    release,
    unit_id,
    unit_name,
    unit_name_en,
    unit_type,
    ranking_list,
    bool_or(rank is not null) as is_ranked
from history.ranking
group by all
order by all;

-- The newest release of each month of a table, and a macro that gives a release by its name (r1) or, by a time, the
-- newest release of each month that had only data known by then. Braces: the table's name.
create view {table} as
select rows.*
from history.{table} as rows
where (rows.ranking_month, rows.release) in (
    select (ranking_month, release) from history.releases
    where is_latest
);

create macro {table}_asof(moment) as table
select rows.*
from history.{table} as rows
where (rows.ranking_month, rows.release) in (
    select (ranking_month, arg_max(release, number)) from history.releases
    where release = moment::varchar or known_at <= try_cast(moment as timestamp)
    group by ranking_month
);

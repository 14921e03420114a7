-- Views of the ledger's tables for analysts.
create view releases as
select * from history.releases
order by ranking_month, number;

create view restated_ranks as
select * from history.restated_ranks
order by all;

create view restatements as
select
    ranking_month,
    release,
    reason,
    note,
    units_changed,
    method_version,
    known_at
from history.releases
where number > 1
order by ranking_month, number;

create view about as
select * from history.about;

-- One row is one account and the unit that it posted for, in a month's release.
create table history.accounts as
select distinct
    ranking_month,
    month_starts_on,
    release,
    account_id,
    account_name,
    platform,
    unit_id,
    unit_name
from history.account_scores
order by all;

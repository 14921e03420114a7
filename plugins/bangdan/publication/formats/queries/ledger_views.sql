-- Views of the ledger's tables for analysts. Braces: the columns of each.
create view releases as
select {releases}
from history.releases as rows
order by rows.ranking_month, rows.number;

create view restated_ranks as
select {restated_ranks}
from history.restated_ranks as rows
order by all;

create view restatements as
select {restatements}
from history.releases as rows
where rows.number > 1
order by rows.ranking_month, rows.number;

create view metrics as
select {metrics}
from history.metrics as rows;

create view about as
select {about}
from history.about as rows;

-- The macro of a table in the schema main. Braces: the table's name.
create macro main.{table}_asof(moment) as table
select * from published.{table}_asof(moment);

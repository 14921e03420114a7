-- The views of the schema published in the schema main too, where a client looks first. Braces: the table's name.
create view main.{table} as
select * from published.{table};

-- One row is a unit's rank in one dimension.
select * from ranking
order by dimension

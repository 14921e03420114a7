-- One row is an indicator of a unit.
select * from unit_indicators
order by dimension, indicator_id

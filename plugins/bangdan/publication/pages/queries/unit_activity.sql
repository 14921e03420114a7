-- One row is a unit.
select * from unit_activity

-- One row is a cause of a unit's change, the largest first.
select * from score_changes
order by dimension, abs(change_points) desc, cause

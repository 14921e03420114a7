-- One row is a reason for which items of a unit are not counted, the most frequent first.
select
    unit_id,
    not_counted_reason as reason,
    count(*) as n
from reprints
where not is_counted
group by unit_id, not_counted_reason
order by n desc, reason

-- One row is one part of a unit's reprints that a person excluded.
select
    unit_id,
    kind,
    part_id,
    decision_by,
    decision_on,
    decision_reason
from leverage_decisions
where decision = 'exclude'
order by
    kind,
    part_id,
    dimension

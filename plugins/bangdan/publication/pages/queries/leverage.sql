-- One row is one part of a unit's reprints in a dimension, with the rank without it and what a person decided about it.
select
    rank_leverage.unit_id,
    rank_leverage.dimension,
    rank_leverage.kind,
    rank_leverage.item_count,
    rank_leverage.points_share,
    rank_leverage.rank,
    rank_leverage.rank_without,
    leverage_decisions.decision,
    leverage_decisions.decision_by,
    leverage_decisions.decision_on,
    leverage_decisions.decision_reason
from rank_leverage
left join leverage_decisions using (unit_id, dimension, kind, part_id)
where rank_leverage.item_count > 0
order by
    rank_leverage.rank_without desc,
    rank_leverage.points_share desc,
    rank_leverage.kind

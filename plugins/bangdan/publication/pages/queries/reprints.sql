-- One row is one of the five counted reprints of a post that contribute most.
select
    post_id,
    outlet_name,
    channel_type,
    strftime(reprinted_at, '%m-%d %H:%M') as reprinted_at,
    confidence,
    method,
    match_class,
    containment,
    read_count,
    case when outlet_name is not null and url like 'http%' then url end as link
from reprints
where is_counted
qualify row_number() over (
    partition by post_id
    order by dissemination_contribution + influence_contribution desc, item_id
) <= 5
order by dissemination_contribution + influence_contribution desc, item_id

-- One row is one of three items of a unit and reason that are not counted, the most similar first.
select
    reprints.unit_id,
    reprints.not_counted_reason as reason,
    reprints.outlet_name,
    reprints.channel_type,
    posts.title,
    reprints.containment,
    strftime(reprints.reprinted_at, '%m-%d %H:%M') as reprinted_at
from reprints
inner join posts on reprints.post_id = posts.post_id
where not reprints.is_counted
qualify row_number() over (
    partition by reprints.unit_id, reprints.not_counted_reason
    order by reprints.containment desc nulls last, reprints.matched_chars desc, reprints.item_id
) <= 3
order by reprints.containment desc nulls last, reprints.matched_chars desc, reprints.item_id

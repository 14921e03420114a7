-- One row is a day on which a unit was reprinted in a channel type, with the counted reprints of the day.
select
    unit_id,
    strftime(reprinted_at, '%Y-%m-%d') as day,
    channel_type,
    count(*) as n
from reprints
where is_counted and reprinted_at is not null
group by all
order by day, channel_type

-- One row is a theme of a unit, the one with most bonus points first.
select
    topic_units.*,
    hot_topics.name,
    hot_topics.name_en
from topic_units
inner join hot_topics on topic_units.theme_id = hot_topics.theme_id
order by topic_units.bonus_points desc, topic_units.theme_id

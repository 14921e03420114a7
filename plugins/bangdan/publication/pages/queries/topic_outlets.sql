-- One row is an outlet that carried posts on a hot topic, private persons apart: how many posts, of how many units.
with topics as (
    select theme_id
    from hot_topics
),

carried as (
    select
        topics.theme_id,
        reprints.channel_type,
        reprints.outlet_id,
        reprints.outlet_name,
        reprints.post_id,
        reprints.unit_id
    from reprints
    inner join posts on reprints.post_id = posts.post_id
    inner join topics on list_contains(string_split(posts.theme_ids, ','), topics.theme_id)
    where
        reprints.is_counted
        and reprints.outlet_name is not null
),

final as (
    select
        theme_id,
        channel_type,
        outlet_id,
        min(outlet_name) as outlet_name,
        count(distinct post_id) as reprint_count,
        count(distinct unit_id) as unit_count
    from carried
    group by
        theme_id,
        channel_type,
        outlet_id
)

select * from final
order by theme_id, reprint_count desc, channel_type, outlet_id

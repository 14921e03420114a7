-- One row is a post on a hot topic.
with topics as (
    select
        theme_id,
        name as theme_name,
        name_en as theme_name_en
    from hot_topics
),

units as (
    select distinct
        unit_id,
        unit_name,
        unit_name_en
    from ranking
),

final as (
    select
        topics.theme_id,
        topics.theme_name,
        topics.theme_name_en,
        posts.post_id,
        posts.unit_id,
        units.unit_name,
        units.unit_name_en,
        account_scores.account_name,
        posts.platform,
        posts.title,
        case when posts.url like 'http%' then posts.url end as url,
        posts.reprint_count,
        posts.published_at
    from topics
    inner join posts on list_contains(string_split(posts.theme_ids, ','), topics.theme_id)
    inner join units on posts.unit_id = units.unit_id
    left join account_scores
        on posts.account_id = account_scores.account_id
        and posts.unit_id = account_scores.unit_id
)

select * from final
order by theme_id, reprint_count desc, post_id

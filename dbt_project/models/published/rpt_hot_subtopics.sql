-- One row is one sub-topic of a theme declared for a ranking month, with its posts.
with posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

posts_by_theme as (
    select * from {{ ref('int_posts__themed') }}
    where {{ in_months('ranking_month') }}
),

subtopics as (
    select * from {{ ref('subtopics') }}
),

final as (
    select
        posts.ranking_month,
        posts_by_theme.theme_id,
        posts_by_theme.subtopic_id,
        min(subtopics.subtopic_name) as name,
        min(subtopics.subtopic_name_en) as name_en,
        count(distinct posts.post_id) as post_count
    from posts_by_theme
    inner join posts
        on
            posts_by_theme.ranking_month = posts.ranking_month
            and posts_by_theme.post_id = posts.post_id
    inner join subtopics
        on
            posts_by_theme.theme_id = subtopics.theme_id
            and posts_by_theme.subtopic_id = subtopics.subtopic_id
    group by
        posts.ranking_month,
        posts_by_theme.theme_id,
        posts_by_theme.subtopic_id
)

select * from final

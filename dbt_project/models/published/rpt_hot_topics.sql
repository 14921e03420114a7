-- One row is one theme declared for a ranking month, with its posts.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

themes as (
    select * from {{ ref('themes') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

themes_of_post as (
    select distinct
        ranking_month,
        post_id,
        theme_id
    from {{ ref('int_posts__themed') }}
    where {{ in_months('ranking_month') }}
),

themes_of_month as (
    select
        months.ranking_month,
        themes.theme_id,
        min(themes.theme_name) as theme_name,
        min(themes.theme_name_en) as theme_name_en
    from months
    inner join themes
        on {{ in_force('themes', 'months.month_start') }}
    group by months.ranking_month, themes.theme_id
),

posts_of_theme as (
    select
        posts.ranking_month,
        themes_of_post.theme_id,
        count(*) as post_count,
        count(distinct posts.unit_id) as unit_count
    from themes_of_post
    inner join posts
        on
            themes_of_post.ranking_month = posts.ranking_month
            and themes_of_post.post_id = posts.post_id
    group by posts.ranking_month, themes_of_post.theme_id
),

reprints_of_theme as (
    select
        reprints.ranking_month,
        themes_of_post.theme_id,
        count(*) as reprint_count
    from reprints
    inner join themes_of_post
        on
            reprints.ranking_month = themes_of_post.ranking_month
            and reprints.post_id = themes_of_post.post_id
    group by reprints.ranking_month, themes_of_post.theme_id
),

final as (
    select
        themes_of_month.ranking_month,
        themes_of_month.theme_id,
        themes_of_month.theme_name as name,
        themes_of_month.theme_name_en as name_en,
        coalesce(posts_of_theme.post_count, 0) as post_count,
        coalesce(posts_of_theme.unit_count, 0) as unit_count,
        coalesce(reprints_of_theme.reprint_count, 0) as reprint_count
    from themes_of_month
    left join posts_of_theme
        on
            themes_of_month.ranking_month = posts_of_theme.ranking_month
            and themes_of_month.theme_id = posts_of_theme.theme_id
    left join reprints_of_theme
        on
            themes_of_month.ranking_month = reprints_of_theme.ranking_month
            and themes_of_month.theme_id = reprints_of_theme.theme_id
)

select * from final

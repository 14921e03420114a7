-- One row is one declared theme and one unit in a ranking month, with the bonus points the theme is worth before the ceiling.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

posts_by_theme as (
    select * from {{ ref('int_posts__themed') }}
    where {{ in_months('ranking_month') }}
),

posts_of_unit as (
    select
        posts.ranking_month,
        posts.unit_id,
        posts_by_theme.theme_id,
        count(distinct posts.post_id) as post_count,
        count(distinct posts.family_id) as cluster_count
    from posts_by_theme
    inner join posts
        on
            posts_by_theme.ranking_month = posts.ranking_month
            and posts_by_theme.post_id = posts.post_id
    group by posts.ranking_month, posts.unit_id, posts_by_theme.theme_id
),

final as (
    select
        posts_of_unit.ranking_month,
        months.method_version,
        posts_of_unit.unit_id,
        posts_of_unit.theme_id,

        posts_of_unit.post_count,
        posts_of_unit.cluster_count,
        cast(
            months.bonus_per_theme
            * {{ term('posts_of_unit.cluster_count', 'months.bonus_reference_posts', 'months.bonus_transformation') }}
            as decimal(20, 12)
        ) as bonus_points
    from posts_of_unit
    inner join months
        on posts_of_unit.ranking_month = months.ranking_month
)

select * from final

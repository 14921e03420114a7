-- One row is one post among a list's, or a theme's, largest contributions in a dimension; at most one per unit.
with contributions as (
    select * from {{ ref('fct_reprint_contributions') }}
    where {{ in_months('ranking_month') }}
),

units as (
    select * from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
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

contributions_of_post as (
    select
        contributions.ranking_month,
        units.ranking_list,
        cast(null as string) as theme_id,
        contributions.dimension,
        contributions.unit_id,
        contributions.post_id,
        cast(sum(contributions.picopoints) as bigint) as picopoints
    from contributions
    inner join units
        on
            contributions.ranking_month = units.ranking_month
            and contributions.unit_id = units.unit_id
    group by
        contributions.ranking_month,
        units.ranking_list,
        contributions.dimension,
        contributions.unit_id,
        contributions.post_id
),

-- Each post for its list (no theme) and for each of its themes.
candidates as (
    select * from contributions_of_post
    union all
    select
        contributions_of_post.ranking_month,
        contributions_of_post.ranking_list,
        themes_of_post.theme_id,
        contributions_of_post.dimension,
        contributions_of_post.unit_id,
        contributions_of_post.post_id,
        contributions_of_post.picopoints
    from contributions_of_post
    inner join themes_of_post
        on
            contributions_of_post.ranking_month = themes_of_post.ranking_month
            and contributions_of_post.post_id = themes_of_post.post_id
),

numbered_in_unit as (
    select
        *,
        row_number() over (
            partition by ranking_month, ranking_list, theme_id, dimension, unit_id
            order by picopoints desc, post_id asc
        ) as number_in_unit
    from candidates
),

best_of_units as (
    select
        *,
        row_number() over (
            partition by ranking_month, ranking_list, theme_id, dimension
            order by picopoints desc, unit_id asc
        ) as position
    from numbered_in_unit
    where number_in_unit = 1
),

final as (
    select
        best_of_units.ranking_month,
        best_of_units.ranking_list,
        best_of_units.theme_id,
        best_of_units.dimension,
        cast(best_of_units.position as integer) as position,
        best_of_units.unit_id,
        best_of_units.post_id,
        coalesce(nullif(posts.title, ''), posts.lead) as title,
        posts.url,
        {{ points('best_of_units.picopoints') }} as contribution
    from best_of_units
    inner join posts
        on
            best_of_units.ranking_month = posts.ranking_month
            and best_of_units.post_id = posts.post_id
    where best_of_units.position <= 5
)

select * from final

-- One row is one counted post of a ranking month.
with posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

contributions as (
    select * from {{ ref('fct_reprint_contributions') }}
    where {{ in_months('ranking_month') }}
),

reprints_of_post as (
    select
        ranking_month,
        post_id,
        count(*) as reprint_count
    from reprints
    group by ranking_month, post_id
),

contributions_of_post as (
    select
        contributions.ranking_month,
        contributions.post_id,
        {{ picopoints_of('dissemination', 'contributions') }} as dissemination_picopoints,
        {{ picopoints_of('influence', 'contributions') }} as influence_picopoints
    from contributions
    group by contributions.ranking_month, contributions.post_id
),

final as (
    select
        posts.ranking_month,
        posts.post_id,
        posts.unit_id,
        posts.account_id,
        posts.platform,
        posts.published_at_local as published_at,
        posts.url,
        coalesce(nullif(posts.title, ''), posts.lead) as title,
        posts.is_original,
        posts.theme_ids,
        posts.subject_ids,
        posts.hashtags,
        coalesce(reprints_of_post.reprint_count, 0) as reprint_count,
        {{ points('contributions_of_post.dissemination_picopoints') }} as dissemination_contribution,
        {{ points('contributions_of_post.influence_picopoints') }} as influence_contribution
    from posts
    left join reprints_of_post
        on
            posts.ranking_month = reprints_of_post.ranking_month
            and posts.post_id = reprints_of_post.post_id
    left join contributions_of_post
        on
            posts.ranking_month = contributions_of_post.ranking_month
            and posts.post_id = contributions_of_post.post_id
)

select * from final

-- One row is one post of a ranking month, with its themes, subjects and hashtags.
with posts as (
    select * from {{ ref('int_posts__attributed') }}
    where {{ in_months('ranking_month') }}
),

posts_by_theme as (
    select * from {{ ref('int_posts__themed') }}
    where {{ in_months('ranking_month') }}
),

posts_by_subject as (
    select * from {{ ref('int_posts__subjects') }}
    where {{ in_months('ranking_month') }}
),

themes_of_post as (
    select
        ranking_month,
        post_id,
        {{ joined('theme_id') }} as theme_ids,
        {{ joined("theme_id || '/' || subtopic_id") }} as subtopic_ids
    from posts_by_theme
    group by ranking_month, post_id
),

subjects_of_post as (
    select
        ranking_month,
        post_id,
        {{ joined('subject_id') }} as subject_ids
    from posts_by_subject
    group by ranking_month, post_id
),

final as (
    select
        posts.ranking_month,
        posts.post_id,
        posts.account_id,
        posts.unit_id,
        posts.family_id,

        posts.platform,
        posts.url,
        posts.title,
        left(posts.text, 60) as lead,
        themes_of_post.theme_ids,
        themes_of_post.subtopic_ids,
        subjects_of_post.subject_ids,
        {{ joined_distinct('posts.topics') }} as hashtags,
        posts.original_evidence,

        posts.position,
        cast(length(coalesce(posts.text, '')) as bigint) as text_chars,
        {{ metrics('posts') }},

        posts.is_quarantined,
        posts.is_withdrawn,
        posts.is_counted,
        posts.is_original,
        posts.is_original_flag,
        posts.is_original_by_link,
        posts.is_original_by_text,
        posts.is_family_origin,
        posts.is_deleted,

        posts.published_at_local,
        posts.published_precision,

        posts.export_sha256,
        posts.source_row
    from posts
    left join themes_of_post
        on
            posts.ranking_month = themes_of_post.ranking_month
            and posts.post_id = themes_of_post.post_id
    left join subjects_of_post
        on
            posts.ranking_month = subjects_of_post.ranking_month
            and posts.post_id = subjects_of_post.post_id
)

select * from final

-- One row is one post of a registered account that no unit owned when it was posted.
with posts as (
    select * from {{ ref('fct_posts') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        post_id,
        account_id,
        platform,
        published_at_local,
        url,
        title
    from posts
    where is_quarantined
)

select * from final

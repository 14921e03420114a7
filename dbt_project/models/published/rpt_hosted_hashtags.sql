-- One row is one hosted hashtag of a ranking month, with the posts of all units that bear it and what they earned.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

hashtags as (
    select * from {{ ref('hosted_hashtags') }}
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

posts_with_hashtag as (
    select
        posts.ranking_month,
        hashtags.hashtag,
        hashtags.host_account_id,
        hashtags.unit_id,
        posts.post_id
    from posts
    inner join months
        on posts.ranking_month = months.ranking_month
    inner join hashtags
        on
            {{ in_force('hashtags', 'months.month_start') }}
            and contains(',' || posts.hashtags || ',', ',' || hashtags.hashtag || ',')
),

final as (
    select
        posts_with_hashtag.ranking_month,
        posts_with_hashtag.hashtag,
        posts_with_hashtag.host_account_id,
        posts_with_hashtag.unit_id,
        count(distinct posts_with_hashtag.post_id) as post_count,
        count(reprints.outlet_id) as reprint_count,
        cast(sum(reprints.read_count) as bigint) as read_count,
        cast(sum(reprints.like_count) as bigint) as like_count,
        cast(sum(reprints.comment_count) as bigint) as comment_count
    from posts_with_hashtag
    left join reprints
        on
            posts_with_hashtag.ranking_month = reprints.ranking_month
            and posts_with_hashtag.post_id = reprints.post_id
    group by
        posts_with_hashtag.ranking_month,
        posts_with_hashtag.hashtag,
        posts_with_hashtag.host_account_id,
        posts_with_hashtag.unit_id
)

select * from final

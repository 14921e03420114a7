-- One row is one post of a ranking month with its words in simplified characters, as themes and subjects look for them.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('int_posts__attributed') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        posts.ranking_month,
        posts.post_id,
        {{ simplified("coalesce(posts.title, '') || chr(10) || coalesce(posts.text, '')") }} as words,
        {{ simplified("',' || " ~ joined_list('posts.topics') ~ " || ','") }} as hashtags,
        months.month_start
    from posts
    inner join months
        on posts.ranking_month = months.ranking_month
)

select * from final

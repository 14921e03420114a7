-- One row is one post of the months $1 to $2, with the post that it forwards.
select
    post_id,
    account_id,
    unit_id,
    repost_of_post_id as forward_of,

    published_month,
    url,
    title,
    text,

    published_at
from staging.stg_posts
where published_month between $1 and $2
order by published_at, post_id

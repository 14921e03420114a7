-- One row is one hosted hashtag of a ranking month, with the posts of all units that bear it and what they earned.
with bearing as (
    select p.ranking_month, h.hashtag, h.host_account_id, h.unit_id, p.post_id
    from {{ ref('fct_posts') }} as p
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on p.ranking_month = m.ranking_month
    join {{ ref('hosted_hashtags') }} as h
        on h.valid_from <= m.month_start and (h.valid_to is null or m.month_start < h.valid_to)
        and contains(',' || p.hashtags || ',', ',' || h.hashtag || ',')
    where p.is_counted
)

select
    cast(b.ranking_month as varchar) as ranking_month, cast(b.hashtag as varchar) as hashtag,
    cast(b.host_account_id as varchar) as host_account_id, cast(b.unit_id as varchar) as unit_id,
    cast(count(distinct b.post_id) as bigint) as post_count, cast(count(o.outlet_id) as bigint) as reprint_count,
    cast(sum(o.read_count) as bigint) as read_count, cast(sum(o.like_count) as bigint) as like_count,
    cast(sum(o.comment_count) as bigint) as comment_count
from bearing as b
left join {{ ref('fct_post_outlets') }} as o on b.ranking_month = o.ranking_month and b.post_id = o.post_id
group by b.ranking_month, b.hashtag, b.host_account_id, b.unit_id

-- One row is one account and the unit it posted for in a ranking month, with its posts.
select
    ranking_month, account_id, unit_id, min(platform) as platform, count(*) as post_count,
    count(case when is_original then 1 end) as original_count,
    count(case when is_original_by_link then 1 end) as original_by_link_count,
    count(case when is_original_by_text then 1 end) as original_by_text_count,
    cast(sum(read_count) as bigint) as own_read_count, max(read_count) as own_read_max,
    cast(sum(like_count) as bigint) as own_like_count, max(like_count) as own_like_max,
    cast(sum(recommend_count) as bigint) as own_recommend_count, max(recommend_count) as own_recommend_max,
    cast(sum(comment_count) as bigint) as own_comment_count,
    cast(sum(share_count) as bigint) as own_share_count,
    cast(sum(repost_count) as bigint) as own_repost_count
from {{ ref('fct_posts') }}
where is_counted and {{ in_months('ranking_month') }}
group by ranking_month, account_id, unit_id

-- One row is one account and the unit it posted for in a ranking month, with its posts.
with posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        account_id,
        unit_id,

        min(platform) as platform,

        count(*) as post_count,
        count(case when is_original then 1 end) as original_count,
        count(case when is_original_by_link then 1 end) as original_by_link_count,
        count(case when is_original_by_text then 1 end) as original_by_text_count,
        {%- for metric in ['read', 'like', 'recommend'] %}
        cast(sum({{ metric }}_count) as bigint) as own_{{ metric }}_count,
        max({{ metric }}_count) as own_{{ metric }}_max,
        {%- endfor %}
        cast(sum(comment_count) as bigint) as own_comment_count,
        cast(sum(share_count) as bigint) as own_share_count,
        cast(sum(repost_count) as bigint) as own_repost_count
    from posts
    group by ranking_month, account_id, unit_id
)

select * from final

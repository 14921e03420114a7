-- One row is one ranking month: what was posted, and what of it was carried.
with posts as (
    select
        ranking_month, count(case when is_counted then 1 end) as post_count,
        count(case when is_counted and platform = 'wechat' then 1 end) as wechat_post_count,
        count(case when is_counted and platform = 'weibo' then 1 end) as weibo_post_count,
        count(case when is_counted and is_original then 1 end) as original_count,
        count(case when is_counted and is_original_by_link then 1 end) as original_by_link_count,
        count(case when is_counted and is_original_by_text then 1 end) as original_by_text_count,
        count(distinct case when is_counted then account_id end) as account_count,
        count(distinct case when is_counted then unit_id end) as unit_count,
        count(case when is_quarantined then 1 end) as quarantined_post_count
    from {{ ref('fct_posts') }} where {{ in_months('ranking_month') }} group by ranking_month
),

reprints as (
    select ranking_month, count(*) as reprint_count, count(distinct post_id) as reprinted_post_count,
        count(case when is_read_capped or is_like_capped or is_comment_capped then 1 end) as capped_count
    from {{ ref('fct_post_outlets') }} where {{ in_months('ranking_month') }} group by ranking_month
),

siblings as (
    select ranking_month, cast(sum(sibling_reprint_count) as bigint) as sibling_reprint_count
    from {{ ref('fct_unit_months') }} where {{ in_months('ranking_month') }} group by ranking_month
),

items as (
    select published_month as ranking_month, count(*) as item_count
    from {{ ref('stg_channel_items') }} where account_id is null and {{ in_months('published_month') }}
    group by published_month
),

caps as (
    select ranking_month, bool_or(cap_rank_low <> rank or cap_rank_high <> rank) as could_cap_change_rank
    from {{ ref('fct_unit_month_scores') }} where rank is not null and {{ in_months('ranking_month') }}
    group by ranking_month
),

synthetic as (select coalesce(bool_or(is_synthetic), false) as is_synthetic from {{ ref('stg_exports') }})

select
    cast(m.ranking_month as varchar) as ranking_month, cast(m.method_version as varchar) as method_version,
    {% for column in ['post_count', 'wechat_post_count', 'weibo_post_count', 'original_count', 'original_by_link_count',
        'original_by_text_count'] -%}
    cast(coalesce(posts.{{ column }}, 0) as bigint) as {{ column }},
    {% endfor -%}
    {{ ratio('posts.original_count', 'posts.post_count') }} as originality_rate,
    cast(coalesce(posts.account_count, 0) as bigint) as account_count,
    cast(coalesce(posts.unit_count, 0) as bigint) as unit_count,
    cast(coalesce(reprints.reprint_count, 0) as bigint) as reprint_count,
    cast(coalesce(reprints.reprinted_post_count, 0) as bigint) as reprinted_post_count,
    cast(coalesce(siblings.sibling_reprint_count, 0) as bigint) as sibling_reprint_count,
    cast(coalesce(posts.quarantined_post_count, 0) as bigint) as quarantined_post_count,
    cast(coalesce(reprints.capped_count, 0) as bigint) as capped_count,
    coalesce(caps.could_cap_change_rank, false) as could_cap_change_rank,
    cast(coalesce(items.item_count, 0) as bigint) as item_count,
    synthetic.is_synthetic
from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
cross join synthetic
left join posts on m.ranking_month = posts.ranking_month
left join reprints on m.ranking_month = reprints.ranking_month
left join caps on m.ranking_month = caps.ranking_month
left join siblings on m.ranking_month = siblings.ranking_month
left join items on m.ranking_month = items.ranking_month

-- One row is one ranking month: what was posted, and what of it was carried.
{%- set post_counts = ['post_count', 'wechat_post_count', 'weibo_post_count', 'original_count', 'original_by_link_count',
    'original_by_text_count'] %}
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
    where {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

unit_months as (
    select * from {{ ref('fct_unit_months') }}
    where {{ in_months('ranking_month') }}
),

scores as (
    select * from {{ ref('fct_unit_month_scores') }}
    where
        rank is not null
        and {{ in_months('ranking_month') }}
),

items as (
    select published_month as ranking_month
    from {{ ref('stg_channel_items') }}
    where
        account_id is null
        and {{ in_months('published_month') }}
),

exports as (
    select * from {{ ref('stg_exports') }}
),

posts_of_month as (
    select
        ranking_month,
        count(case when is_counted then 1 end) as post_count,
        count(case when is_counted and platform = 'wechat' then 1 end) as wechat_post_count,
        count(case when is_counted and platform = 'weibo' then 1 end) as weibo_post_count,
        count(case when is_counted and is_original then 1 end) as original_count,
        count(case when is_counted and is_original_by_link then 1 end) as original_by_link_count,
        count(case when is_counted and is_original_by_text then 1 end) as original_by_text_count,
        count(distinct case when is_counted then account_id end) as account_count,
        count(distinct case when is_counted then unit_id end) as unit_count,
        count(case when is_quarantined then 1 end) as quarantined_post_count
    from posts
    group by ranking_month
),

reprints_of_month as (
    select
        ranking_month,
        count(*) as reprint_count,
        count(distinct post_id) as reprinted_post_count,
        count(case when is_read_capped or is_like_capped or is_comment_capped then 1 end) as capped_count
    from reprints
    group by ranking_month
),

sibling_reprints_of_month as (
    select
        ranking_month,
        cast(sum(sibling_reprint_count) as bigint) as sibling_reprint_count
    from unit_months
    group by ranking_month
),

items_of_month as (
    select
        ranking_month,
        count(*) as item_count
    from items
    group by ranking_month
),

caps_of_month as (
    select
        ranking_month,
        bool_or(cap_rank_low <> rank or cap_rank_high <> rank) as could_cap_change_rank
    from scores
    group by ranking_month
),

synthetic as (
    select coalesce(bool_or(is_synthetic), false) as is_synthetic
    from exports
),

final as (
    select
        months.ranking_month,
        months.method_version,
        {%- for column in post_counts %}
        coalesce(posts_of_month.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        {{ ratio('posts_of_month.original_count', 'posts_of_month.post_count') }} as originality_rate,
        coalesce(posts_of_month.account_count, 0) as account_count,
        coalesce(posts_of_month.unit_count, 0) as unit_count,
        coalesce(reprints_of_month.reprint_count, 0) as reprint_count,
        coalesce(reprints_of_month.reprinted_post_count, 0) as reprinted_post_count,
        coalesce(sibling_reprints_of_month.sibling_reprint_count, 0) as sibling_reprint_count,
        coalesce(posts_of_month.quarantined_post_count, 0) as quarantined_post_count,
        coalesce(reprints_of_month.capped_count, 0) as capped_count,
        coalesce(caps_of_month.could_cap_change_rank, false) as could_cap_change_rank,
        coalesce(items_of_month.item_count, 0) as item_count,
        synthetic.is_synthetic
    from months
    cross join synthetic
    {%- for counts in ['posts', 'reprints', 'sibling_reprints', 'items', 'caps'] %}
    left join {{ counts }}_of_month
        on months.ranking_month = {{ counts }}_of_month.ranking_month
    {%- endfor %}
)

select * from final

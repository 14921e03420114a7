-- One row is one metric of one counted post, or of one item that counts as a reprint, in a ranking month, with who carried it.
{{ config(materialized='view') }}
with posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_reprints') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

counts as (
    select
        ranking_month,
        post_id as item_id,
        account_id as carrier_id,
        platform as channel_type,
        coalesce(read_count, view_count) as read_count,
        like_count,
        comment_count,
        coalesce(
            case when read_count is null then view_count_qualifier else read_count_qualifier end = 'floor', false
        ) as is_read_floor,
        coalesce(like_count_qualifier = 'floor', false) as is_like_floor,
        coalesce(comment_count_qualifier = 'floor', false) as is_comment_floor
    from posts
    union distinct
    select
        ranking_month,
        item_id,
        outlet_id as carrier_id,
        channel_type,
        read_count,
        like_count,
        comment_count,
        coalesce(read_count_qualifier = 'floor', false) as is_read_floor,
        coalesce(like_count_qualifier = 'floor', false) as is_like_floor,
        coalesce(comment_count_qualifier = 'floor', false) as is_comment_floor
    from reprints
),

final as (
    {%- for metric in ['read', 'like', 'comment'] %}
    select
        ranking_month,
        item_id,
        carrier_id,
        channel_type,
        '{{ metric }}' as metric,
        {{ metric }}_count as value,
        is_{{ metric }}_floor as is_lower_bound
    from counts
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final

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
        comment_count
    from posts
    union distinct
    select
        ranking_month,
        item_id,
        outlet_id as carrier_id,
        channel_type,
        read_count,
        like_count,
        comment_count
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
        {{ metric }}_count as value
    from counts
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final

-- One row is one account or unit on one platform, or on all (platform empty), in a ranking month, with totals and maxima.
{{ config(materialized='view') }}
{%- set metrics = ['read', 'recommend', 'like', 'share'] %}
with posts as (
    select * from {{ ref('fct_rival_posts') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

totals as (
    select
        ranking_month,
        entity_kind,
        entity_id,
        unit_id,
        platform,
        cast(count(*) as double) as post_count,
        cast(count(case when is_original then 1 end) as double) as original_count,
        {%- for metric in metrics %}
        cast(sum({{ metric }}_count) as double) as {{ metric }}_total,
        cast(max({{ metric }}_count) as double) as {{ metric }}_max,
        -- Only where an export has the position of posts in their push.
        case when count(position) > 0 then cast(coalesce(
            sum(case when position = 1 then {{ metric }}_count end), 0
        ) as double) end as {{ metric }}_headline,
        {%- endfor %}
        cast(sum(comment_count) as double) as comment_total,
        cast(sum(repost_count) as double) as repost_total,
        cast(coalesce(sum(reprint_count), 0) as double) as reprint_count,
        cast(coalesce(max(reprint_count), 0) as double) as reprint_max,
        cast(count(reprint_count) as double) as reprinted_post_count
    from posts
    group by ranking_month, entity_kind, entity_id, unit_id, platform
),

posts_of_outlet as (
    select
        posts.ranking_month,
        posts.entity_kind,
        posts.entity_id,
        posts.unit_id,
        posts.platform,
        reprints.outlet_id,
        count(*) as post_count
    from posts
    inner join reprints
        on
            posts.ranking_month = reprints.ranking_month
            and posts.post_id = reprints.post_id
    group by
        posts.ranking_month,
        posts.entity_kind,
        posts.entity_id,
        posts.unit_id,
        posts.platform,
        reprints.outlet_id
),

largest_outlet as (
    select
        ranking_month,
        entity_kind,
        entity_id,
        unit_id,
        platform,
        cast(max(post_count) as double) as outlet_post_max
    from posts_of_outlet
    group by ranking_month, entity_kind, entity_id, unit_id, platform
),

final as (
    select
        totals.*,
        coalesce(largest_outlet.outlet_post_max, 0) as outlet_post_max
    from totals
    left join largest_outlet
        on
            totals.ranking_month = largest_outlet.ranking_month
            and totals.entity_kind = largest_outlet.entity_kind
            and totals.entity_id = largest_outlet.entity_id
            and totals.unit_id = largest_outlet.unit_id
            and totals.platform = largest_outlet.platform
)

select * from final

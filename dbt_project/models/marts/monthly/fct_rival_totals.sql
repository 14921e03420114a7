-- One row is one account or unit on one platform, or on all (platform empty), in a ranking month, with totals and maxima.
{{ config(materialized='view') }}
{%- set metrics = ['read', 'recommend', 'like', 'share'] %}
with posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

-- Each post for its account and for its unit, on its platform and once for both platforms together.
posts_of_entity as (
    {%- for kind, platform in [('account', 'platform'), ('unit', 'platform'), ('account', "''"), ('unit', "''")] %}
    select
        ranking_month,
        '{{ kind }}' as entity_kind,
        {{ kind }}_id as entity_id,
        unit_id,
        {{ platform }} as platform,
        post_id,
        position,
        {%- for metric in metrics %}
        {{ metric }}_count,
        {%- endfor %}
        comment_count,
        repost_count,
        is_original
    from posts
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

reprints_of_post as (
    select
        ranking_month,
        post_id,
        count(*) as reprint_count
    from reprints
    group by ranking_month, post_id
),

totals as (
    select
        posts_of_entity.ranking_month,
        posts_of_entity.entity_kind,
        posts_of_entity.entity_id,
        posts_of_entity.unit_id,
        posts_of_entity.platform,
        cast(count(*) as double) as post_count,
        cast(count(case when posts_of_entity.is_original then 1 end) as double) as original_count,
        {%- for metric in metrics %}
        cast(sum(posts_of_entity.{{ metric }}_count) as double) as {{ metric }}_total,
        cast(max(posts_of_entity.{{ metric }}_count) as double) as {{ metric }}_max,
        -- Only where some export says which post led its push.
        case when count(posts_of_entity.position) > 0 then cast(coalesce(
            sum(case when posts_of_entity.position = 1 then posts_of_entity.{{ metric }}_count end), 0
        ) as double) end as {{ metric }}_headline,
        {%- endfor %}
        cast(sum(posts_of_entity.comment_count) as double) as comment_total,
        cast(sum(posts_of_entity.repost_count) as double) as repost_total,
        cast(coalesce(sum(reprints_of_post.reprint_count), 0) as double) as reprint_count,
        cast(coalesce(max(reprints_of_post.reprint_count), 0) as double) as reprint_max,
        cast(count(reprints_of_post.post_id) as double) as reprinted_post_count
    from posts_of_entity
    left join reprints_of_post
        on
            posts_of_entity.ranking_month = reprints_of_post.ranking_month
            and posts_of_entity.post_id = reprints_of_post.post_id
    group by
        posts_of_entity.ranking_month,
        posts_of_entity.entity_kind,
        posts_of_entity.entity_id,
        posts_of_entity.unit_id,
        posts_of_entity.platform
),

posts_of_outlet as (
    select
        posts_of_entity.ranking_month,
        posts_of_entity.entity_kind,
        posts_of_entity.entity_id,
        posts_of_entity.unit_id,
        posts_of_entity.platform,
        reprints.outlet_id,
        count(*) as post_count
    from posts_of_entity
    inner join reprints
        on
            posts_of_entity.ranking_month = reprints.ranking_month
            and posts_of_entity.post_id = reprints.post_id
    group by
        posts_of_entity.ranking_month,
        posts_of_entity.entity_kind,
        posts_of_entity.entity_id,
        posts_of_entity.unit_id,
        posts_of_entity.platform,
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

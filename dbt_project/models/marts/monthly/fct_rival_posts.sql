-- One row is one counted post for its account or unit, on its platform or on all (platform empty), with its reprints.
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

final as (
    select
        posts_of_entity.*,
        reprints_of_post.reprint_count
    from posts_of_entity
    left join reprints_of_post
        on
            posts_of_entity.ranking_month = reprints_of_post.ranking_month
            and posts_of_entity.post_id = reprints_of_post.post_id
)

select * from final

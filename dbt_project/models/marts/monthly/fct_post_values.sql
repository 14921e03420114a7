-- One row is what one post adds to one indicator or one theme of its unit in a ranking month: what is resampled.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

indicators as (
    select * from {{ ref('method_indicators') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

posts_by_theme as (
    select distinct
        ranking_month,
        post_id,
        theme_id
    from {{ ref('int_posts__themed') }}
    where {{ in_months('ranking_month') }}
),

indicator_values as (
    select
        reprints.ranking_month,
        months.method_version,
        reprints.unit_id,
        reprints.post_id,
        'indicator' as component_kind,
        indicators.indicator_id as component_id,
        sum(
            case
                when indicators.source_kind = 'channel'
                    then case when reprints.channel_type = indicators.source_name then 1 else 0 end
                {%- for metric in ['read', 'like', 'comment'] %}
                when indicators.source_name = '{{ metric }}' then coalesce(reprints.{{ metric }}_count, 0)
                {%- endfor %}
            end
        ) as value
    from reprints
    inner join months
        on reprints.ranking_month = months.ranking_month
    inner join indicators
        on months.method_version = indicators.method_version
    group by
        reprints.ranking_month,
        months.method_version,
        reprints.unit_id,
        reprints.post_id,
        indicators.indicator_id
),

-- A theme counts a cluster of near-identical posts once: its first post carries it.
posts_of_cluster as (
    select
        posts.ranking_month,
        posts.unit_id,
        posts.post_id,
        posts_by_theme.theme_id,
        row_number() over (
            partition by posts.ranking_month, posts.unit_id, posts_by_theme.theme_id, posts.family_id
            order by posts.published_at_local, posts.post_id
        ) as position_in_cluster
    from posts_by_theme
    inner join posts
        on
            posts_by_theme.ranking_month = posts.ranking_month
            and posts_by_theme.post_id = posts.post_id
),

theme_values as (
    select
        posts_of_cluster.ranking_month,
        months.method_version,
        posts_of_cluster.unit_id,
        posts_of_cluster.post_id,
        'theme' as component_kind,
        posts_of_cluster.theme_id as component_id,
        1 as value
    from posts_of_cluster
    inner join months
        on posts_of_cluster.ranking_month = months.ranking_month
    where posts_of_cluster.position_in_cluster = 1
),

component_values as (
    select * from indicator_values
    union all
    select * from theme_values
),

final as (
    select
        ranking_month,
        method_version,
        unit_id,
        post_id,
        component_kind,
        component_id,

        cast(value as bigint) as value
    from component_values
)

select * from final

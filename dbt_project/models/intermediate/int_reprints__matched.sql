-- One row is one match of an item to a post of the ranking month, with its place in the window and what it earned.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

posts as (
    select * from {{ ref('int_posts__attributed') }}
    where {{ in_months('ranking_month') }}
),

matches as (
    select
        *,
        coalesce(reason = 'self', false) as is_self,
        coalesce(reason = 'sibling', false) as is_sibling
    from {{ source('evidence', 'matches') }}
    where {{ in_months('month') }}
),

items as (
    select * from {{ ref('stg_channel_items') }}
),

closed_registries as (
    select * from {{ ref('closed_registries') }}
),

closed_channel_types as (
    select distinct
        months.ranking_month,
        closed_registries.channel_type
    from months
    inner join closed_registries
        on {{ in_force('closed_registries', 'months.month_start') }}
),

engagement as (
    select * from {{ ref('int_reprints__engagement') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        posts.ranking_month,
        matches.item_id,
        matches.post_id,
        posts.unit_id,
        posts.account_id,
        items.outlet_id,
        items.unit_id as carrying_unit_id,

        items.channel_type,
        items.url,
        items.title,
        items.source_name_raw,
        matches.method,
        matches.match_class,
        matches.confidence,
        matches.credit_rule,
        matches.decided_by,
        matches.reason as match_reason,
        matches.evidence,
        matches.parameters_hash,

        matches.containment,
        matches.item_containment,
        matches.matched_chars,
        matches.lag_seconds,
        {%- for metric in ['read', 'like', 'comment'] %}
        engagement.{{ metric }}_count,
        engagement.{{ metric }}_count_qualifier,
        {%- endfor %}
        engagement.read_unit,

        posts.is_counted as is_post_counted,
        -- Times known to the day or minute are intervals: they count where they overlap the window.
        items.published_at_local is not null
        and {{ last_moment('items.published_at_local', 'items.published_precision') }}
        >= posts.published_at_local - months.skew_minutes * interval '1' minute
        and items.published_at_local
        <= {{ last_moment('posts.published_at_local', 'posts.published_precision') }}
        + months.window_hours * interval '1' hour as is_in_window,
        coalesce(engagement.is_late_observation, false) as is_late_observation,
        matches.is_credited,
        matches.is_self,
        matches.is_sibling,
        -- In a channel type that the registry closes, registered outlets and accounts alone count.
        closed_channel_types.channel_type is null
        or items.is_mapped
        or items.account_id is not null as is_outlet_admitted,
        matches.is_counted
        or (matches.is_self and months.count_self = 1)
        or (matches.is_sibling and months.count_sibling = 1) as is_match_counted,

        items.published_at_local as reprinted_at_local,
        items.published_precision
    from matches
    inner join posts
        on
            matches.post_id = posts.post_id
            and matches.month = posts.ranking_month
    inner join months
        on posts.ranking_month = months.ranking_month
    inner join items
        on matches.item_id = items.item_id
    left join closed_channel_types
        on
            posts.ranking_month = closed_channel_types.ranking_month
            and items.channel_type = closed_channel_types.channel_type
    left join engagement
        on
            matches.item_id = engagement.item_id
            and posts.ranking_month = engagement.ranking_month
)

select * from final

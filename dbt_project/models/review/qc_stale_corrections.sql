-- One row is one correction in force in a ranking month that no longer fits the data: its post or item is not there, or
-- the post no longer begins with the words that were decided on.
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

match_decisions as (
    select * from {{ ref('match_decisions') }}
),

post_corrections as (
    select * from {{ ref('post_corrections') }}
),

posts as (
    select
        ranking_month,
        post_id,
        title,
        text
    from {{ ref('int_posts__attributed') }}
    where {{ in_months('ranking_month') }}
),

items as (
    select item_id from {{ ref('stg_channel_items') }}
),

corrections as (
    select
        'match_decisions' as seed,
        post_id,
        item_id,
        guard,
        valid_from,
        valid_to
    from match_decisions
    union all
    select
        'post_corrections' as seed,
        post_id,
        cast(null as string) as item_id,
        guard,
        valid_from,
        valid_to
    from post_corrections
),

corrections_in_force as (
    select
        months.ranking_month,
        corrections.*,
        corrections.valid_from >= months.month_start as begins_in_month
    from corrections
    inner join months
        on {{ in_force_during('corrections', 'months.month_start', 'months.month_end') }}
),

corrections_with_data as (
    select
        corrections.ranking_month,
        corrections.seed,
        corrections.post_id,
        corrections.item_id,
        corrections.guard,
        corrections.begins_in_month,
        posts.post_id is not null as has_post,
        corrections.item_id is null or items.item_id is not null as has_item,
        left(coalesce(nullif(posts.title, ''), posts.text, ''), length(corrections.guard)) as found
    from corrections_in_force as corrections
    left join posts
        on
            corrections.ranking_month = posts.ranking_month
            and corrections.post_id = posts.post_id
    left join items
        on corrections.item_id = items.item_id
),

final as (
    select
        ranking_month,
        seed,
        post_id,
        item_id,
        guard,
        found,
        case
            when not has_post then 'the post is not there'
            when found <> guard then 'the post begins otherwise'
            else 'the item is not there'
        end as problem
    from corrections_with_data
    -- A correction may hold for longer than its post's month: only in the month it begins must the post be there.
    where
        (not has_post and begins_in_month)
        or (has_post and (found <> guard or not has_item))
)

select * from final

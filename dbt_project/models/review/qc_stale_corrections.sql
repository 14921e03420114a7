-- One row is one correction in force in a ranking month that no longer fits the data: its post or item is not there, or
-- the post no longer begins with the words that were decided on.
with corrections as (
    select 'match_decisions' as seed, post_id, item_id, guard, valid_from, valid_to from {{ ref('match_decisions') }}
    union all
    select 'post_corrections' as seed, post_id, cast(null as varchar) as item_id, guard, valid_from, valid_to
    from {{ ref('post_corrections') }}
),

in_force as (
    select m.ranking_month, corrections.*, corrections.valid_from >= cast(m.month_start as date) as begins_here
    from corrections
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
        on (corrections.valid_from is null or corrections.valid_from < cast(m.month_end as date))
        and (corrections.valid_to is null or corrections.valid_to > cast(m.month_start as date))
),

beside as (
    select
        c.ranking_month, c.seed, c.post_id, c.item_id, c.guard, c.begins_here, p.post_id is not null as has_post,
        c.item_id is null or i.item_id is not null as has_item,
        left(coalesce(nullif(p.title, ''), p.text, ''), length(c.guard)) as found
    from in_force as c
    left join {{ ref('int_posts__attributed') }} as p on c.ranking_month = p.ranking_month and c.post_id = p.post_id
    left join {{ ref('stg_channel_items') }} as i on c.item_id = i.item_id
)

select ranking_month, seed, post_id, item_id, guard, found,
    case
        when not has_post then 'the post is not there'
        when found <> guard then 'the post begins otherwise'
        else 'the item is not there'
    end as problem
from beside
-- A correction may hold for longer than its post's month: only in the month it begins must the post be there.
where (not has_post and begins_here) or (has_post and (found <> guard or not has_item))

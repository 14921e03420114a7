-- One row is one matched item with the counts it is judged by: its latest observation within the window after it
-- appeared, or the earliest later one, marked.
with matched as (
    select distinct e.month as ranking_month, i.item_id, i.published_at, i.published_month, m.window_hours
    from {{ source('evidence', 'matches') }} as e
    join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on e.month = m.ranking_month
    join {{ ref('stg_channel_items') }} as i
        on e.item_id = i.item_id and i.published_month >= e.month
    where e.post_month = e.month
),

observed as (
    select
        matched.ranking_month, o.*,
        o.observed_at > matched.published_at + to_hours(matched.window_hours) as is_late_observation,
        row_number() over (
            partition by matched.ranking_month, o.item_id
            order by
                (o.read_count is null and o.view_count is null and o.like_count is null and o.comment_count is null),
                (o.observed_at > matched.published_at + to_hours(matched.window_hours)),
                case when o.observed_at <= matched.published_at + to_hours(matched.window_hours)
                    then -epoch(o.observed_at) else epoch(o.observed_at) end,
                o.export_sha256 desc, o.source_row desc
        ) as nth
    from matched
    join {{ ref('stg_observations') }} as o
        on matched.item_id = o.item_id and matched.published_month = o.published_month
    where {{ in_months('o.published_month', 'items') }}
)

select
    ranking_month, item_id, observed_at, is_late_observation, read_unit,
    case
        when read_count_qualifier = 'zero_suspect' then null
        when read_count is null and view_count_qualifier = 'zero_suspect' then null
        else coalesce(read_count, view_count)
    end as read_count,
    case when read_count is not null then read_count_qualifier else view_count_qualifier end as read_count_qualifier,
    case when like_count_qualifier = 'zero_suspect' then null else like_count end as like_count,
    like_count_qualifier,
    case when comment_count_qualifier = 'zero_suspect' then null else comment_count end as comment_count,
    comment_count_qualifier
from observed where nth = 1

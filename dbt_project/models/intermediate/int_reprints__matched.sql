-- One row is one match of an item to a post of the ranking month, with its place in the window and what it earned.
select
    p.ranking_month, e.item_id, e.post_id, p.unit_id, p.account_id, p.is_counted as is_post_counted,
    i.channel_type, i.outlet_id, i.unit_id as carrying_unit_id, i.published_at_local as reprinted_at_local,
    i.published_precision, i.url, i.title, i.source_name_raw,
    -- Times known to the day or minute are intervals: they count where they overlap the window.
    i.published_at_local is not null
    and {{ last_moment('i.published_at_local', 'i.published_precision') }} >= p.published_at_local - to_minutes(m.skew_minutes)
    and i.published_at_local
    <= {{ last_moment('p.published_at_local', 'p.published_precision') }} + to_hours(m.window_hours) as is_in_window,
    g.read_count, g.read_count_qualifier, g.like_count, g.like_count_qualifier, g.comment_count,
    g.comment_count_qualifier, g.read_unit, coalesce(g.is_late_observation, false) as is_late_observation,
    e.method, e.match_class, e.containment, e.item_containment, e.matched_chars, e.confidence, e.lag_seconds,
    e.is_credited, e.credit_rule, e.decided_by, e.evidence, e.parameters_hash,
    e.reason as match_reason,
    coalesce(e.reason = 'self', false) as is_self,
    coalesce(e.reason = 'sibling', false) as is_sibling,
    e.is_counted
    or (coalesce(e.reason = 'self', false) and m.count_self = 1)
    or (coalesce(e.reason = 'sibling', false) and m.count_sibling = 1) as is_match_counted
from {{ source('evidence', 'matches') }} as e
join {{ ref('int_posts__attributed') }} as p on e.post_id = p.post_id and e.month = p.ranking_month
join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on p.ranking_month = m.ranking_month
join {{ ref('stg_channel_items') }} as i on e.item_id = i.item_id
left join {{ ref('int_reprints__engagement') }} as g on e.item_id = g.item_id and p.ranking_month = g.ranking_month

-- One row is one match of a channel item to a post of the ranking month, counted or not, with its evidence.
with names as (
    select outlet_id, arg_max(outlet_name, valid_from) as outlet_name from {{ ref('dim_channels') }} group by outlet_id
),

-- A reprint is a post and an outlet: its first item carries what it contributes.
contributed as (
    select o.ranking_month, o.post_id, o.item_id,
        cast(coalesce(sum(case when c.dimension = 'dissemination' then c.picopoints end), 0) as bigint) as d,
        cast(coalesce(sum(case when c.dimension = 'influence' then c.picopoints end), 0) as bigint) as i
    from {{ ref('fct_post_outlets') }} as o
    join {{ ref('fct_reprint_contributions') }} as c
        on o.ranking_month = c.ranking_month and o.post_id = c.post_id and o.outlet_id = c.outlet_id
    where {{ in_months('o.ranking_month') }} and {{ in_months('c.ranking_month') }}
    group by o.ranking_month, o.post_id, o.item_id
)

select
    cast(r.ranking_month as varchar) as ranking_month, cast(r.post_id as varchar) as post_id,
    cast(r.unit_id as varchar) as unit_id, cast(r.account_id as varchar) as account_id,
    cast(r.channel_type as varchar) as channel_type, cast(r.outlet_id as varchar) as outlet_id,
    cast(names.outlet_name as varchar) as outlet_name, cast(r.item_id as varchar) as item_id,
    cast(r.url as varchar) as url, cast(r.title as varchar) as title,
    cast(r.reprinted_at_local as timestamp) as reprinted_at, cast(r.read_count as bigint) as read_count,
    cast(r.like_count as bigint) as like_count, cast(r.comment_count as bigint) as comment_count,
    cast(r.method as varchar) as method, cast(r.match_class as varchar) as match_class,
    cast(r.containment as double) as containment, cast(r.matched_chars as integer) as matched_chars,
    cast(r.confidence as varchar) as confidence, cast(r.is_counted as boolean) as is_counted,
    cast(r.not_counted_reason as varchar) as not_counted_reason, cast(r.decided_by as varchar) as decided_by,
    cast(r.evidence as varchar) as evidence,
    cast(cast(coalesce(contributed.d, 0) as decimal(20, 0)) * cast(0.000000000001 as decimal(13, 12)) as decimal(20, 12)) as dissemination_contribution,
    cast(cast(coalesce(contributed.i, 0) as decimal(20, 0)) * cast(0.000000000001 as decimal(13, 12)) as decimal(20, 12)) as influence_contribution
from {{ ref('fct_reprints') }} as r
left join names on r.outlet_id = names.outlet_id
left join contributed
    on r.ranking_month = contributed.ranking_month and r.post_id = contributed.post_id and r.item_id = contributed.item_id
where {{ in_months('r.ranking_month') }}

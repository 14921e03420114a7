-- One row is one theme declared for a ranking month, with its posts.
with names as (
    select m.ranking_month, t.theme_id, min(t.theme_name) as theme_name, min(t.theme_name_en) as theme_name_en
    from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
    join {{ ref('themes') }} as t on t.valid_from <= m.month_start and (t.valid_to is null or m.month_start < t.valid_to)
    group by m.ranking_month, t.theme_id
),

counted as (
    select p.ranking_month, t.theme_id, count(distinct p.post_id) as post_count, count(distinct p.unit_id) as unit_count
    from {{ ref('int_posts__themed') }} as t
    join {{ ref('fct_posts') }} as p on t.ranking_month = p.ranking_month and t.post_id = p.post_id
    where p.is_counted and {{ in_months('p.ranking_month') }}
    group by p.ranking_month, t.theme_id
),

carried as (
    select o.ranking_month, t.theme_id, count(*) as reprint_count
    from {{ ref('fct_post_outlets') }} as o
    join (select distinct ranking_month, post_id, theme_id from {{ ref('int_posts__themed') }}) as t
        on o.ranking_month = t.ranking_month and o.post_id = t.post_id
    where {{ in_months('o.ranking_month') }}
    group by o.ranking_month, t.theme_id
)

select
    cast(n.ranking_month as varchar) as ranking_month, cast(n.theme_id as varchar) as theme_id,
    cast(n.theme_name as varchar) as name, cast(n.theme_name_en as varchar) as name_en,
    cast(coalesce(c.post_count, 0) as bigint) as post_count, cast(coalesce(c.unit_count, 0) as bigint) as unit_count,
    cast(coalesce(r.reprint_count, 0) as bigint) as reprint_count
from names as n
left join counted as c on n.ranking_month = c.ranking_month and n.theme_id = c.theme_id
left join carried as r on n.ranking_month = r.ranking_month and n.theme_id = r.theme_id

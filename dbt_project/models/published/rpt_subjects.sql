-- One row is one subject that a unit's posts of a ranking month name, with the reprints they earned.
with posts as (
    select p.ranking_month, p.unit_id, s.subject_id, count(*) as post_count
    from {{ ref('int_posts__subjects') }} as s
    join {{ ref('fct_posts') }} as p on s.ranking_month = p.ranking_month and s.post_id = p.post_id
    where p.is_counted and {{ in_months('p.ranking_month') }}
    group by p.ranking_month, p.unit_id, s.subject_id
),

carried as (
    select o.ranking_month, o.unit_id, s.subject_id, count(*) as reprint_count
    from {{ ref('fct_post_outlets') }} as o
    join {{ ref('int_posts__subjects') }} as s on o.ranking_month = s.ranking_month and o.post_id = s.post_id
    where {{ in_months('o.ranking_month') }}
    group by o.ranking_month, o.unit_id, s.subject_id
),

contributed as (
    select c.ranking_month, c.unit_id, s.subject_id, cast(sum(c.picopoints) as bigint) as picopoints
    from {{ ref('fct_reprint_contributions') }} as c
    join {{ ref('int_posts__subjects') }} as s on c.ranking_month = s.ranking_month and c.post_id = s.post_id
    where c.dimension = 'dissemination' and {{ in_months('c.ranking_month') }}
    group by c.ranking_month, c.unit_id, s.subject_id
),

names as (
    select subject_id, min(subject_name) as subject_name, min(subject_name_en) as subject_name_en
    from {{ ref('subjects') }} group by subject_id
)

select
    cast(p.ranking_month as varchar) as ranking_month, cast(p.unit_id as varchar) as unit_id,
    cast(p.subject_id as varchar) as subject_id, cast(n.subject_name as varchar) as name,
    cast(n.subject_name_en as varchar) as name_en, cast(p.post_count as bigint) as post_count,
    cast(coalesce(c.reprint_count, 0) as bigint) as reprint_count,
    cast(cast(coalesce(k.picopoints, 0) as decimal(20, 0)) * cast(0.000000000001 as decimal(13, 12)) as decimal(20, 12)) as dissemination_contribution
from posts as p
join names as n on p.subject_id = n.subject_id
left join carried as c on p.ranking_month = c.ranking_month and p.unit_id = c.unit_id and p.subject_id = c.subject_id
left join contributed as k on p.ranking_month = k.ranking_month and p.unit_id = k.unit_id and p.subject_id = k.subject_id

-- One row is one post among a list's, or a theme's, largest contributions in a dimension; at most one per unit.
with candidates as (
    select
        c.ranking_month, u.ranking_list, cast(null as varchar) as theme_id, c.dimension, c.unit_id, c.post_id,
        cast(sum(c.picopoints) as bigint) as picopoints
    from {{ ref('fct_reprint_contributions') }} as c
    join {{ ref('fct_unit_months') }} as u on c.ranking_month = u.ranking_month and c.unit_id = u.unit_id
    where {{ in_months('c.ranking_month') }}
    group by c.ranking_month, u.ranking_list, c.dimension, c.unit_id, c.post_id
),

themed as (
    select * from candidates
    union all
    select c.ranking_month, c.ranking_list, t.theme_id, c.dimension, c.unit_id, c.post_id, c.picopoints
    from candidates as c
    join (select distinct ranking_month, post_id, theme_id from {{ ref('int_posts__themed') }}) as t
        on c.ranking_month = t.ranking_month and c.post_id = t.post_id
),

best_of_unit as (
    select *, row_number() over (
        partition by ranking_month, ranking_list, theme_id, dimension, unit_id order by picopoints desc, post_id asc
    ) as nth from themed
),

placed as (
    select *, row_number() over (
        partition by ranking_month, ranking_list, theme_id, dimension order by picopoints desc, unit_id asc
    ) as position from best_of_unit where nth = 1
)

select
    cast(p.ranking_month as varchar) as ranking_month, cast(p.ranking_list as varchar) as ranking_list,
    cast(p.theme_id as varchar) as theme_id, cast(p.dimension as varchar) as dimension,
    cast(p.position as integer) as position, cast(p.unit_id as varchar) as unit_id, cast(p.post_id as varchar) as post_id,
    cast(coalesce(nullif(f.title, ''), f.lead) as varchar) as title, cast(f.url as varchar) as url,
    cast(cast(p.picopoints as decimal(20, 0)) * cast(0.000000000001 as decimal(13, 12)) as decimal(20, 12)) as contribution
from placed as p
join {{ ref('fct_posts') }} as f on p.ranking_month = f.ranking_month and p.post_id = f.post_id
where p.position <= 5

-- One row is one declared theme and one unit in a ranking month, with the bonus points the theme is worth before the ceiling.
with counted as (
    select p.ranking_month, p.unit_id, t.theme_id, count(distinct p.post_id) as post_count,
        count(distinct p.family_id) as cluster_count
    from {{ ref('int_posts__themed') }} as t
    join {{ ref('fct_posts') }} as p on t.ranking_month = p.ranking_month and t.post_id = p.post_id
    where p.is_counted and {{ in_months('p.ranking_month') }}
    group by p.ranking_month, p.unit_id, t.theme_id
)

select
    c.ranking_month, m.method_version, c.unit_id, c.theme_id, c.post_count, c.cluster_count,
    cast(m.bonus_per_theme * {{ term('c.cluster_count', 'm.bonus_reference_posts', 'm.bonus_transformation') }} as decimal(20, 12)) as bonus_points
from counted as c
join (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m on c.ranking_month = m.ranking_month

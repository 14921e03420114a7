-- One row is one unit's part in a theme of a ranking month.
select
    cast(b.ranking_month as varchar) as ranking_month, cast(b.theme_id as varchar) as theme_id,
    cast(b.unit_id as varchar) as unit_id, cast(b.post_count as bigint) as post_count,
    cast(b.cluster_count as bigint) as cluster_count, cast(b.bonus_points as decimal(20, 12)) as bonus_points,
    cast(rank() over (partition by b.ranking_month, b.theme_id order by b.post_count desc) as integer) as rank_in_theme
from {{ ref('fct_unit_month_bonus') }} as b
where {{ in_months('b.ranking_month') }}

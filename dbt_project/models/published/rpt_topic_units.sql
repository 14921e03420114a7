-- One row is one unit's part in a theme of a ranking month.
with bonus_of_theme as (
    select * from {{ ref('fct_unit_month_bonus') }}
    where {{ in_months('ranking_month') }}
),

final as (
    select
        ranking_month,
        theme_id,
        unit_id,
        post_count,
        cluster_count,
        bonus_points,
        cast(
            rank() over (partition by ranking_month, theme_id order by post_count desc) as integer
        ) as rank_in_theme
    from bonus_of_theme
)

select * from final

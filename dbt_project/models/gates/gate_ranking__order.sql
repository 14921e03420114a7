-- One row is one list and dimension of a ranking month, with its highest score and how many of its units have another rank than their score.
with ranking as (
    select * from {{ ref('rpt_ranking') }}
),

-- A rank is 1 + the units of the list that are ranked and have a higher score.
positions as (
    select
        ranking_month,
        ranking_list,
        dimension,
        rank,
        score,
        rank() over (
            partition by ranking_month, ranking_list, dimension, rank is not null
            order by score desc nulls last
        ) as position
    from ranking
),

final as (
    select
        ranking_month,
        ranking_list,
        dimension,
        count(rank) as unit_count,
        max(score) as highest_score,
        count(case when rank <> position then 1 end) as misplaced
    from positions
    group by
        ranking_month,
        ranking_list,
        dimension
)

select * from final

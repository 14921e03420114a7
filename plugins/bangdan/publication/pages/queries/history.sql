-- One row is a unit's rank in one dimension and month, of this month and the newest releases of earlier months.
with rankings as (
    select
        ranking_month as month,
        unit_id,
        dimension,
        rank,
        rank_low,
        rank_high,
        score
    from ranking

    union all

    select
        ranking_month as month,
        unit_id,
        dimension,
        rank,
        rank_low,
        rank_high,
        score
    from earlier_rankings
)

select * from rankings
order by month, dimension

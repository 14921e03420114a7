-- One row is one unit in one list and dimension of a quarter or a year. The score is the mean of the months in which the
-- unit has a rank, half up to two decimals; it has a rank where it has one in every published month of the period.
with periods as (
    select * from period_months
),

rankings as (
    select * from monthly_rankings
),

activity as (
    select * from monthly_activity
),

coverage as (
    select
        periods.period,
        min(periods.previous_period) as previous_period,
        cast(count(*) as integer) as months_in_period,
        cast(count(published.ranking_month) as integer) as months_published
    from periods
    left join (select distinct ranking_month from rankings) as published
        on periods.ranking_month = published.ranking_month
    group by periods.period
),

volumes as (
    select
        periods.period,
        activity.unit_id,
        cast(sum(activity.post_count) as bigint) as post_count,
        cast(sum(activity.reprint_count) as bigint) as reprint_count
    from periods
    inner join activity on periods.ranking_month = activity.ranking_month
    group by
        periods.period,
        activity.unit_id
),

totals as (
    select
        periods.period,
        rankings.ranking_list,
        rankings.dimension,
        rankings.unit_id,
        max_by(rankings.unit_name, rankings.ranking_month) as unit_name,
        max_by(rankings.unit_name_en, rankings.ranking_month) as unit_name_en,
        cast(count(rankings.rank) as integer) as months_ranked,
        cast(sum(cast(rankings.score * 100 as bigint)) filter (where rankings.rank is not null) as bigint) as hundredths
    from periods
    inner join rankings on periods.ranking_month = rankings.ranking_month
    group by
        periods.period,
        rankings.ranking_list,
        rankings.dimension,
        rankings.unit_id
),

scored as (
    select
        totals.*,
        coverage.previous_period,
        coverage.months_published,
        coverage.months_in_period,
        coverage.months_published = coverage.months_in_period as is_complete,
        totals.months_ranked = coverage.months_published as is_ranked,
        cast(
            cast((2 * totals.hundredths + totals.months_ranked) // nullif(2 * totals.months_ranked, 0) as decimal(18, 0)) / 100
            as decimal(6, 2)
        ) as mean_score
    from totals
    inner join coverage on totals.period = coverage.period
),

ranked as (
    select
        *,
        case when is_ranked then
            cast(
                rank() over (partition by period, ranking_list, dimension, is_ranked order by mean_score desc) as integer
            )
        end as rank
    from scored
),

final as (
    select
        ranked.period,
        ranked.ranking_list,
        ranked.dimension,
        ranked.unit_id,
        ranked.unit_name,
        ranked.unit_name_en,
        ranked.rank,
        case when former.is_complete then former.rank end as previous_period_rank,
        case when former.is_complete then former.rank - ranked.rank end as rank_change,
        case
            when ranked.rank is not null and former.rank is null and exists (
                select 1 from ranked as complete
                where complete.period = ranked.previous_period and complete.is_complete
            ) then 'NEW'
            else ''
        end as movement,
        ranked.mean_score,
        ranked.months_ranked,
        ranked.months_published,
        ranked.months_in_period,
        ranked.is_complete,
        coalesce(volumes.post_count, 0) as post_count,
        coalesce(volumes.reprint_count, 0) as reprint_count
    from ranked
    left join ranked as former
        on ranked.previous_period = former.period
        and ranked.ranking_list = former.ranking_list
        and ranked.dimension = former.dimension
        and ranked.unit_id = former.unit_id
    left join volumes
        on ranked.period = volumes.period
        and ranked.unit_id = volumes.unit_id
)

select * from final

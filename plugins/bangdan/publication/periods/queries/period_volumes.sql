-- One row is one quarter or year: the sums of its published months.
with periods as (
    select * from period_months
),

summaries as (
    select * from monthly_summaries
),

final as (
    select
        periods.period,
        cast(sum(summaries.post_count) as bigint) as post_count,
        cast(sum(summaries.wechat_post_count) as bigint) as wechat_post_count,
        cast(sum(summaries.weibo_post_count) as bigint) as weibo_post_count,
        cast(sum(summaries.original_count) as bigint) as original_count,
        cast(
            round(sum(summaries.original_count) / nullif(sum(summaries.post_count), 0), 6) as decimal(9, 6)
        ) as originality_rate,
        cast(sum(summaries.reprint_count) as bigint) as reprint_count,
        cast(count(summaries.ranking_month) as integer) as months_published,
        cast(count(*) as integer) as months_in_period,
        count(summaries.ranking_month) = count(*) as is_complete,
        string_agg(summaries.ranking_month || ' ' || summaries.release, '; ' order by periods.ranking_month) as source_releases,
        coalesce(
            string_agg(periods.ranking_month, '; ' order by periods.ranking_month) filter (
                where summaries.ranking_month is null
            ),
            ''
        ) as missing_months
    from periods
    left join summaries on periods.ranking_month = summaries.ranking_month
    group by periods.period
)

select * from final

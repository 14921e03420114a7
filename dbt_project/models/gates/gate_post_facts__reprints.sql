-- One row is one ranking month, over its matches.
with months as (
    select * from {{ ref('int_months') }}
),

reprints as (
    select * from {{ ref('fct_reprints') }}
),

final as (
    select
        months.ranking_month,
        count(reprints.item_id) as match_count,
        coalesce(avg(cast(case when reprints.confidence = 'review' then 1 else 0 end as double)), 0) as review_share,
        coalesce(avg(cast(case when reprints.not_counted_reason = 'no_outlet' then 1 else 0 end as double)), 0) as no_outlet_share,
        coalesce(avg(cast(case when reprints.not_counted_reason = 'no_time' then 1 else 0 end as double)), 0) as no_time_share,
        count(case when reprints.is_counted and reprints.not_counted_reason is not null then 1 end) as contradictions
    from months
    left join reprints
        on months.ranking_month = reprints.ranking_month
    group by months.ranking_month
)

select * from final

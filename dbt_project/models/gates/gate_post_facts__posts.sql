-- One row is one ranking month, over its posts.
with months as (
    select * from {{ ref('int_months') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
),

final as (
    select
        months.ranking_month,
        count(posts.post_id) as post_count,
        count(distinct posts.post_id) as distinct_count,
        coalesce(avg(cast(case when posts.is_quarantined then 1 else 0 end as double)), 0) as unowned_share,
        count(posts.post_id) - count(posts.published_at_local) as without_time
    from months
    left join posts
        on months.ranking_month = posts.ranking_month
    group by months.ranking_month
)

select * from final

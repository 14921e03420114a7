-- One row is one counted post of a ranking month.
with carried as (
    select ranking_month, post_id, count(*) as reprint_count
    from {{ ref('fct_post_outlets') }} where {{ in_months('ranking_month') }} group by ranking_month, post_id
),

contributed as (
    select ranking_month, post_id,
        cast(coalesce(sum(case when dimension = 'dissemination' then picopoints end), 0) as bigint) as d,
        cast(coalesce(sum(case when dimension = 'influence' then picopoints end), 0) as bigint) as i
    from {{ ref('fct_reprint_contributions') }} where {{ in_months('ranking_month') }} group by ranking_month, post_id
)

select
    cast(p.ranking_month as varchar) as ranking_month, cast(p.post_id as varchar) as post_id,
    cast(p.unit_id as varchar) as unit_id, cast(p.account_id as varchar) as account_id,
    cast(p.platform as varchar) as platform, cast(p.published_at_local as timestamp) as published_at,
    cast(p.url as varchar) as url, cast(coalesce(nullif(p.title, ''), p.lead) as varchar) as title,
    cast(p.is_original as boolean) as is_original, cast(p.theme_ids as varchar) as theme_ids,
    cast(p.subject_ids as varchar) as subject_ids, cast(p.hashtags as varchar) as hashtags,
    cast(coalesce(carried.reprint_count, 0) as bigint) as reprint_count,
    cast(cast(coalesce(contributed.d, 0) as decimal(20, 0)) * cast(0.000000000001 as decimal(13, 12)) as decimal(20, 12)) as dissemination_contribution,
    cast(cast(coalesce(contributed.i, 0) as decimal(20, 0)) * cast(0.000000000001 as decimal(13, 12)) as decimal(20, 12)) as influence_contribution
from {{ ref('fct_posts') }} as p
left join carried on p.ranking_month = carried.ranking_month and p.post_id = carried.post_id
left join contributed on p.ranking_month = contributed.ranking_month and p.post_id = contributed.post_id
where p.is_counted and {{ in_months('p.ranking_month') }}

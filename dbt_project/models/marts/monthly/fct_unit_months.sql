-- One row is one unit of the registry in force in a ranking month, active or not.
with units as (
    select
        m.ranking_month, m.month_start, m.month_end, u.*,
        row_number() over (partition by m.ranking_month, u.unit_id order by u.valid_from desc) as nth
    from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
    join {{ ref('dim_units') }} as u on u.valid_from < m.month_end and m.month_start < u.valid_to
    where u.ranking_list is not null
),

-- An account that two units owned within the month; one that was only registered in it has not moved.
moved as (
    select m.ranking_month, a.account_id
    from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
    join {{ ref('dim_accounts') }} as a on a.valid_from < m.month_end and m.month_start < a.valid_to
    group by m.ranking_month, a.account_id
    having count(distinct a.unit_id) > 1
),

accounts as (
    select
        m.ranking_month, a.unit_id, count(distinct a.account_id) as account_count,
        count(distinct a.platform) as platform_count, min(a.platform) as first_platform,
        count(distinct moved.account_id) as moved_count
    from (select * from {{ ref('int_months') }} where {{ in_months('ranking_month') }}) as m
    join {{ ref('dim_accounts') }} as a on a.valid_from < m.month_end and m.month_start < a.valid_to
    left join moved on m.ranking_month = moved.ranking_month and a.account_id = moved.account_id
    group by m.ranking_month, a.unit_id
),

posts as (
    select
        ranking_month, unit_id, count(*) as post_count,
        count(case when platform = 'wechat' then 1 end) as wechat_post_count,
        count(case when platform = 'weibo' then 1 end) as weibo_post_count,
        count(case when is_original then 1 end) as original_count,
        count(case when is_original_by_link then 1 end) as original_by_link_count,
        count(case when is_original_by_text then 1 end) as original_by_text_count
    from {{ ref('fct_posts') }}
    where is_counted and {{ in_months('ranking_month') }}
    group by ranking_month, unit_id
),

carried as (
    select ranking_month, unit_id, count(*) as reprint_count, count(distinct outlet_id) as outlet_count
    from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
    group by ranking_month, unit_id
),

per_post as (
    select ranking_month, unit_id, count(*) as reprinted_post_count, max(n) as max_reprints_of_one_post
    from (
        select ranking_month, unit_id, post_id, count(*) as n from {{ ref('fct_post_outlets') }}
        where {{ in_months('ranking_month') }}
        group by ranking_month, unit_id, post_id
    ) as counted
    group by ranking_month, unit_id
),

siblings as (
    select ranking_month, unit_id, count(distinct post_id || ' ' || outlet_id) as sibling_reprint_count
    from {{ ref('fct_reprints') }}
    where is_sibling and {{ in_months('ranking_month') }}
    group by ranking_month, unit_id
)

select
    u.ranking_month, u.unit_id, u.unit_name, u.unit_name_en, u.unit_type, u.ranking_list,
    coalesce(a.account_count, 0) as account_count, coalesce(a.platform_count, 0) as platform_count, a.first_platform,
    coalesce(a.moved_count, 0) as moved_account_count,
    {% for column in ['post_count', 'wechat_post_count', 'weibo_post_count', 'original_count', 'original_by_link_count',
        'original_by_text_count'] -%}
    coalesce(p.{{ column }}, 0) as {{ column }},
    {% endfor -%}
    coalesce(c.reprint_count, 0) as reprint_count, coalesce(c.outlet_count, 0) as outlet_count,
    coalesce(pp.reprinted_post_count, 0) as reprinted_post_count,
    coalesce(pp.max_reprints_of_one_post, 0) as max_reprints_of_one_post,
    coalesce(s.sibling_reprint_count, 0) as sibling_reprint_count
from units as u
left join accounts as a on u.ranking_month = a.ranking_month and u.unit_id = a.unit_id
left join posts as p on u.ranking_month = p.ranking_month and u.unit_id = p.unit_id
left join carried as c on u.ranking_month = c.ranking_month and u.unit_id = c.unit_id
left join per_post as pp on u.ranking_month = pp.ranking_month and u.unit_id = pp.unit_id
left join siblings as s on u.ranking_month = s.ranking_month and u.unit_id = s.unit_id
where u.nth = 1

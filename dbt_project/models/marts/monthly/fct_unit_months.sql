-- One row is one unit of the registry in force in a ranking month, active or not.
{%- set post_counts = ['post_count', 'wechat_post_count', 'weibo_post_count', 'original_count', 'original_by_link_count',
    'original_by_text_count'] %}
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

units as (
    select * from {{ ref('dim_units') }}
    where ranking_list is not null
),

accounts as (
    select * from {{ ref('fct_unit_month_accounts') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_unit_month_reprints') }}
),

sibling_reprints as (
    select
        ranking_month,
        unit_id,
        post_id,
        outlet_id
    from {{ ref('fct_reprints') }}
    where
        is_sibling
        and {{ in_months('ranking_month') }}
),

units_of_month as (
    select
        months.ranking_month,
        units.*,
        row_number() over (
            partition by months.ranking_month, units.unit_id
            order by units.valid_from desc
        ) as span_number
    from months
    inner join units
        on {{ in_force_during('units', 'months.month_start', 'months.month_end') }}
),

posts_of_unit as (
    select
        ranking_month,
        unit_id,
        count(*) as post_count,
        count(case when platform = 'wechat' then 1 end) as wechat_post_count,
        count(case when platform = 'weibo' then 1 end) as weibo_post_count,
        count(case when is_original then 1 end) as original_count,
        count(case when is_original_by_link then 1 end) as original_by_link_count,
        count(case when is_original_by_text then 1 end) as original_by_text_count
    from posts
    group by ranking_month, unit_id
),

sibling_reprints_of_unit as (
    select
        ranking_month,
        unit_id,
        count(distinct post_id || ' ' || outlet_id) as sibling_reprint_count
    from sibling_reprints
    group by ranking_month, unit_id
),

final as (
    select
        units.ranking_month,
        units.unit_id,

        units.unit_name,
        units.unit_name_en,
        units.unit_type,
        units.ranking_list,
        accounts.first_platform,

        coalesce(accounts.account_count, 0) as account_count,
        coalesce(accounts.platform_count, 0) as platform_count,
        coalesce(accounts.moved_account_count, 0) as moved_account_count,
        {%- for column in post_counts %}
        coalesce(posts.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        coalesce(reprints.reprint_count, 0) as reprint_count,
        coalesce(reprints.outlet_count, 0) as outlet_count,
        coalesce(reprints.reprinted_post_count, 0) as reprinted_post_count,
        coalesce(reprints.max_reprints_of_one_post, 0) as max_reprints_of_one_post,
        coalesce(siblings.sibling_reprint_count, 0) as sibling_reprint_count
    from units_of_month as units
    left join accounts
        on
            units.ranking_month = accounts.ranking_month
            and units.unit_id = accounts.unit_id
    left join posts_of_unit as posts
        on
            units.ranking_month = posts.ranking_month
            and units.unit_id = posts.unit_id
    left join reprints
        on
            units.ranking_month = reprints.ranking_month
            and units.unit_id = reprints.unit_id
    left join sibling_reprints_of_unit as siblings
        on
            units.ranking_month = siblings.ranking_month
            and units.unit_id = siblings.unit_id
    where units.span_number = 1
)

select * from final

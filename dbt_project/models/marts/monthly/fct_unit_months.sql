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
    select * from {{ ref('dim_accounts') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
    where
        is_counted
        and {{ in_months('ranking_month') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
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

accounts_of_month as (
    select
        months.ranking_month,
        accounts.*
    from months
    inner join accounts
        on {{ in_force_during('accounts', 'months.month_start', 'months.month_end') }}
),

-- Accounts that two units owned within the month; one that was only registered in it has not moved.
moved_accounts as (
    select
        ranking_month,
        account_id
    from accounts_of_month
    group by ranking_month, account_id
    having count(distinct unit_id) > 1
),

accounts_of_unit as (
    select
        accounts_of_month.ranking_month,
        accounts_of_month.unit_id,
        count(distinct accounts_of_month.account_id) as account_count,
        count(distinct accounts_of_month.platform) as platform_count,
        min(accounts_of_month.platform) as first_platform,
        count(distinct moved_accounts.account_id) as moved_account_count
    from accounts_of_month
    left join moved_accounts
        on
            accounts_of_month.ranking_month = moved_accounts.ranking_month
            and accounts_of_month.account_id = moved_accounts.account_id
    group by accounts_of_month.ranking_month, accounts_of_month.unit_id
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

reprints_of_post as (
    select
        ranking_month,
        unit_id,
        post_id,
        count(*) as reprint_count
    from reprints
    group by ranking_month, unit_id, post_id
),

reprints_of_unit as (
    select
        ranking_month,
        unit_id,
        cast(sum(reprint_count) as bigint) as reprint_count,
        count(*) as reprinted_post_count,
        max(reprint_count) as max_reprints_of_one_post
    from reprints_of_post
    group by ranking_month, unit_id
),

outlets_of_unit as (
    select
        ranking_month,
        unit_id,
        count(distinct outlet_id) as outlet_count
    from reprints
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
        coalesce(outlets.outlet_count, 0) as outlet_count,
        coalesce(reprints.reprinted_post_count, 0) as reprinted_post_count,
        coalesce(reprints.max_reprints_of_one_post, 0) as max_reprints_of_one_post,
        coalesce(siblings.sibling_reprint_count, 0) as sibling_reprint_count
    from units_of_month as units
    {%- for cte, name in [
        ('accounts_of_unit', 'accounts'), ('posts_of_unit', 'posts'), ('reprints_of_unit', 'reprints'),
        ('outlets_of_unit', 'outlets'), ('sibling_reprints_of_unit', 'siblings')
    ] %}
    left join {{ cte }} as {{ name }}
        on
            units.ranking_month = {{ name }}.ranking_month
            and units.unit_id = {{ name }}.unit_id
    {%- endfor %}
    where units.span_number = 1
)

select * from final

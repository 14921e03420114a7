-- One row is one unit that is in the registry or in the facts of a ranking month, with how often it is in each.
with months as (
    select * from {{ ref('int_months') }}
),

units as (
    select * from {{ ref('int_registry__units') }}
    where ranking_list is not null
),

unit_months as (
    select * from {{ ref('fct_unit_months') }}
),

registered as (
    select
        months.ranking_month,
        units.unit_id,
        max(units.unit_name) as unit_name,
        max(units.ranking_list) as ranking_list
    from months
    inner join units
        on {{ in_force_during('units', 'months.month_start', 'months.month_end') }}
    group by
        months.ranking_month,
        units.unit_id
),

registered_and_counted as (
    select
        ranking_month,
        unit_id,
        unit_name,
        ranking_list,
        cast(null as bigint) as account_count,
        cast(null as bigint) as post_count,
        cast(null as bigint) as original_count,
        cast(null as bigint) as reprint_count,
        1 as registered_count,
        0 as fact_count
    from registered
    union all
    select
        ranking_month,
        unit_id,
        unit_name,
        ranking_list,
        account_count,
        post_count,
        original_count,
        reprint_count,
        0 as registered_count,
        1 as fact_count
    from unit_months
),

final as (
    select
        ranking_month,
        unit_id,
        max(unit_name) as unit_name,
        max(ranking_list) as ranking_list,
        max(account_count) as account_count,
        max(post_count) as post_count,
        max(original_count) as original_count,
        max(reprint_count) as reprint_count,
        cast(sum(registered_count) as bigint) as registered_count,
        cast(sum(fact_count) as bigint) as fact_count
    from registered_and_counted
    group by
        ranking_month,
        unit_id
)

select * from final

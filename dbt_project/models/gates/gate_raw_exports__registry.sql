-- One row is one unit of the registry in force in a ranking month, under one name and list.
with months as (
    select * from {{ ref('int_months') }}
),

units as (
    select * from {{ ref('stg_units') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

final as (
    select
        months.ranking_month,
        units.unit_id,
        units.unit_name,
        units.ranking_list,
        count(accounts.account_id) as account_count
    from months
    inner join units
        on units.valid_from < months.month_end
        and months.month_start < units.valid_to
    left join accounts
        on units.unit_id = accounts.unit_id
        and accounts.valid_from < months.month_end
        and months.month_start < accounts.valid_to
    where units.ranking_list is not null
    group by
        months.ranking_month,
        units.unit_id,
        units.unit_name,
        units.ranking_list
)

select * from final

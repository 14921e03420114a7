-- One row is one unit of the registry in force in a ranking month, under one name and list.
with months as (
    select * from {{ ref('int_months') }}
),

units as (
    select * from {{ ref('int_registry__units') }}
),

accounts as (
    select * from {{ ref('int_registry__accounts') }}
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
        on {{ in_force_during('units', 'months.month_start', 'months.month_end') }}
    left join accounts
        on
            units.unit_id = accounts.unit_id
            and {{ in_force_during('accounts', 'months.month_start', 'months.month_end') }}
    where units.ranking_list is not null
    group by
        months.ranking_month,
        units.unit_id,
        units.unit_name,
        units.ranking_list
)

select * from final

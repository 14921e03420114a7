-- One row is one unit that owns accounts in a ranking month and is not in the registry of units.
with months as (
    select * from {{ ref('int_months') }}
),

accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

units as (
    select distinct unit_id from {{ ref('int_registry__units') }}
),

final as (
    select
        months.ranking_month,
        accounts.unit_id,
        count(distinct accounts.account_id) as account_count
    from months
    inner join accounts
        on {{ in_force_during('accounts', 'months.month_start', 'months.month_end') }}
    left join units
        on accounts.unit_id = units.unit_id
    where accounts.unit_id is not null and units.unit_id is null
    group by
        months.ranking_month,
        accounts.unit_id
)

select * from final

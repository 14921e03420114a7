-- One row is one unit that owns accounts in a ranking month and is not in the registry of units.
with months as (
    select * from {{ ref('int_months') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

units as (
    select distinct unit_id from {{ ref('stg_units') }}
),

final as (
    select
        months.ranking_month,
        accounts.unit_id,
        count(distinct accounts.account_id) as account_count
    from months
    inner join accounts
        on accounts.valid_from < months.month_end
        and months.month_start < accounts.valid_to
    left join units
        on accounts.unit_id = units.unit_id
    where accounts.unit_id is not null and units.unit_id is null
    group by
        months.ranking_month,
        accounts.unit_id
)

select * from final

-- One row is one unit that owns accounts at any moment of a ranking month, with their number.
{{ config(materialized='view') }}
with months as (
    select * from {{ ref('int_months') }}
    where {{ in_months('ranking_month') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
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

final as (
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
)

select * from final

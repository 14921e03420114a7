-- One row is one account and two units in a ranking month: the owner of released posts and the one that the registry in
-- force names at their time, or the owners by that registry at the ends of the month before and of the month.
with months as (
    select * from {{ ref('int_months') }}
),

released_owners as (
    select * from {{ source('evidence', 'released_owners') }}
),

accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

confirmations as (
    select * from {{ ref('owner_confirmations') }}
),

last_released_months as (
    select
        months.ranking_month,
        max(released_owners.month) as month
    from months
    inner join released_owners
        on months.ranking_month > released_owners.month
    group by months.ranking_month
),

-- The posts of the month's own release and of the last one before it, each with the moment at which the registry is asked.
released as (
    select
        months.ranking_month,
        released_owners.account_id,
        released_owners.unit_id as earlier_unit_id,
        released_owners.published_at_local as owned_at,
        true as is_past
    from months
    inner join released_owners
        on months.ranking_month = released_owners.month
    union all
    select
        last_released_months.ranking_month,
        released_owners.account_id,
        released_owners.unit_id as earlier_unit_id,
        released_owners.published_at_local as owned_at,
        true as is_past
    from last_released_months
    inner join released_owners
        on last_released_months.month = released_owners.month
),

-- What the registry itself says of two months does not depend on what has been released.
registered as (
    select
        months.ranking_month,
        accounts.account_id,
        accounts.unit_id as earlier_unit_id,
        cast(months.month_end as timestamp) - interval '1' second as owned_at,
        false as is_past
    from months
    inner join accounts
        on {{ in_force('accounts', "(cast(months.month_start as timestamp) - interval '1' second)") }}
),

earlier_owners as (
    select * from released
    union all
    select * from registered
),

changes as (
    select
        earlier_owners.ranking_month,
        earlier_owners.account_id,
        earlier_owners.earlier_unit_id,
        accounts.account_name,
        coalesce(accounts.unit_id, '') as unit_id,
        accounts.export_sha256,
        accounts.source_row,
        earlier_owners.is_past,
        confirmations.account_id is not null as is_confirmed
    from earlier_owners
    left join accounts
        on
            earlier_owners.account_id = accounts.account_id
            and {{ in_force('accounts', 'earlier_owners.owned_at') }}
    left join confirmations
        on
            earlier_owners.account_id = confirmations.account_id
            and accounts.unit_id = confirmations.unit_id
            and {{ in_force('confirmations', 'earlier_owners.owned_at') }}
    where
        earlier_owners.earlier_unit_id is distinct from accounts.unit_id
        -- An account that has ended has no owner any more: no news of a later month.
        and (earlier_owners.is_past or accounts.account_id is not null)
),

final as (
    select
        ranking_month,
        account_id,
        max(account_name) as account_name,
        earlier_unit_id,
        unit_id,
        count(case when is_past then 1 end) as released_post_count,
        max(export_sha256) as export_sha256,
        max(source_row) as source_row,
        max(case when is_past and not is_confirmed then 1 else 0 end) as is_past_changed,
        max(case when not is_past and not is_confirmed then 1 else 0 end) as is_moved
    from changes
    group by
        ranking_month,
        account_id,
        earlier_unit_id,
        unit_id
)

select * from final

-- One row is one account, the unit that the releases name as its owner and the one that the registry in force names, where
-- they differ: of posts that the ranking month's release has, or since the last released month before it.
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

numbered_posts as (
    select
        last_released_months.ranking_month,
        released_owners.account_id,
        released_owners.unit_id,
        row_number() over (
            partition by last_released_months.ranking_month, released_owners.account_id
            order by released_owners.published_at_local desc, released_owners.unit_id asc
        ) as number_from_end
    from last_released_months
    inner join released_owners
        on last_released_months.month = released_owners.month
),

-- Owners as released, each with the moment at which the registry is asked.
released as (
    select
        month as ranking_month,
        account_id,
        unit_id,
        published_at_local as owned_at,
        true as is_past
    from released_owners
    union all
    select
        numbered_posts.ranking_month,
        numbered_posts.account_id,
        numbered_posts.unit_id,
        months.month_end - interval '1' second as owned_at,
        false as is_past
    from numbered_posts
    inner join months
        on numbered_posts.ranking_month = months.ranking_month
    where numbered_posts.number_from_end = 1
),

changes as (
    select
        released.ranking_month,
        released.account_id,
        released.unit_id as released_unit_id,
        accounts.account_name,
        coalesce(accounts.unit_id, '') as unit_id,
        accounts.export_sha256,
        accounts.source_row,
        released.is_past,
        confirmations.account_id is not null as is_confirmed
    from released
    inner join months
        on released.ranking_month = months.ranking_month
    left join accounts
        on
            released.account_id = accounts.account_id
            and {{ in_force('accounts', 'released.owned_at') }}
    left join confirmations
        on
            released.account_id = confirmations.account_id
            and accounts.unit_id = confirmations.unit_id
            and {{ in_force('confirmations', 'released.owned_at') }}
    where released.unit_id is distinct from accounts.unit_id
),

final as (
    select
        ranking_month,
        account_id,
        max(account_name) as account_name,
        released_unit_id,
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
        released_unit_id,
        unit_id
)

select * from final

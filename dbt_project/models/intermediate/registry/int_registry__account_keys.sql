-- One row is one way to name a registered account on a platform: its key, or the normal form of its name or an alias; a
-- name that two accounts share names neither.
with accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

accounts_by_alias as (
    select
        platform,
        account_id,
        {{ explode('aliases') }} as alias
    from accounts
),

keys as (
    select
        platform,
        'key' as key_kind,
        account_key,
        account_id
    from accounts
    union distinct
    select
        platform,
        'name' as key_kind,
        {{ normal_name('account_name') }} as account_key,
        account_id
    from accounts
    union distinct
    select
        platform,
        'name' as key_kind,
        {{ normal_name('alias') }} as account_key,
        account_id
    from accounts_by_alias
),

final as (
    select
        platform,
        key_kind,
        account_key,
        min(account_id) as account_id
    from keys
    where account_key <> ''
    group by platform, key_kind, account_key
    having count(distinct account_id) = 1
)

select * from final

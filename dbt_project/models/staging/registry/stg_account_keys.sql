-- One row is one way to name a registered account on a platform: its key, its name or an alias; a name that two
-- accounts share names neither.
with named as (
    select platform, 'key' as key_kind, account_key as account_key, account_id from {{ ref('stg_accounts') }}
    union
    select platform, 'name' as key_kind, account_name as account_key, account_id from {{ ref('stg_accounts') }}
    union
    select platform, 'name' as key_kind, account_key, account_id
    from (
        select platform, account_id, {{ explode('aliases') }} as account_key from {{ ref('stg_accounts') }}
    ) as aliased
)

select platform, key_kind, account_key, min(account_id) as account_id
from named
where account_key is not null and account_key <> ''
group by platform, key_kind, account_key
having count(distinct account_id) = 1

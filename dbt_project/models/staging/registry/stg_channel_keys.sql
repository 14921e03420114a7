-- One row is one way to name a registered outlet of a channel type: its key, its name or an alias; a name that two
-- outlets share names neither. A person is named by the pseudonym alone.
with named as (
    select
        channel_type, case when is_organization then 'key' else 'pseudonym' end as key_kind, account_key,
        account_key_type, outlet_id
    from {{ ref('stg_channels') }}
    union
    select channel_type, 'name' as key_kind, outlet_name as account_key, account_key_type, outlet_id
    from {{ ref('stg_channels') }}
    union
    select channel_type, 'name' as key_kind, account_key, account_key_type, outlet_id
    from (
        select channel_type, account_key_type, outlet_id, {{ explode('aliases') }} as account_key
        from {{ ref('stg_channels') }}
    ) as aliased
)

select channel_type, key_kind, account_key, min(account_key_type) as account_key_type, min(outlet_id) as outlet_id
from named
where account_key is not null and account_key <> ''
group by channel_type, key_kind, account_key
having count(distinct outlet_id) = 1

-- One row is one way to name a registered outlet of a channel type: its key, or the normal form of its name or an alias;
-- a name that two outlets share names neither. A person is named by the pseudonym alone.
with channels as (
    select * from {{ ref('int_registry__channels') }}
),

channels_by_alias as (
    select
        channel_type,
        account_key_type,
        outlet_id,
        {{ explode('aliases') }} as alias
    from channels
),

keys as (
    select
        channel_type,
        case when is_organization then 'key' else 'pseudonym' end as key_kind,
        account_key,
        account_key_type,
        outlet_id
    from channels
    union distinct
    select
        channel_type,
        'name' as key_kind,
        {{ normal_name('outlet_name') }} as account_key,
        account_key_type,
        outlet_id
    from channels
    union distinct
    select
        channel_type,
        'name' as key_kind,
        {{ normal_name('alias') }} as account_key,
        account_key_type,
        outlet_id
    from channels_by_alias
),

final as (
    select
        channel_type,
        key_kind,
        account_key,
        min(account_key_type) as account_key_type,
        min(outlet_id) as outlet_id
    from keys
    where account_key <> ''
    group by channel_type, key_kind, account_key
    having count(distinct outlet_id) = 1
)

select * from final

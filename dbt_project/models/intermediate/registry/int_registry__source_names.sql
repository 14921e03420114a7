-- One row is one name by which an attribution may mean a registered account, and when: the account's name or alias, or
-- its unit's name, alias or declared miswriting.
with units as (
    select * from {{ ref('int_registry__units') }}
),

unit_aliases as (
    select * from {{ ref('unit_aliases') }}
),

accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

names_of_units as (
    select
        unit_id,
        unit_name as source_name,
        valid_from,
        valid_to
    from units
    union distinct
    select
        unit_id,
        {{ explode('aliases') }} as source_name,
        valid_from,
        valid_to
    from units
    union distinct
    select
        unit_id,
        alias as source_name,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from unit_aliases
),

names_of_accounts as (
    select
        account_id,
        account_name as source_name,
        date '0001-01-01' as valid_from,
        date '9999-12-31' as valid_to
    from accounts
    union distinct
    select
        account_id,
        {{ explode('aliases') }} as source_name,
        date '0001-01-01' as valid_from,
        date '9999-12-31' as valid_to
    from accounts
    union distinct
    -- A unit's name means its accounts while it owns them.
    select
        accounts.account_id,
        names_of_units.source_name,
        greatest(cast(accounts.valid_from as date), names_of_units.valid_from) as valid_from,
        least(cast(accounts.valid_to as date), names_of_units.valid_to) as valid_to
    from names_of_units
    inner join accounts
        on names_of_units.unit_id = accounts.unit_id
),

final as (
    select
        account_id,
        source_name as name,
        valid_from,
        max(valid_to) as valid_to
    from names_of_accounts
    where
        source_name <> ''
        and valid_from < valid_to
    group by account_id, source_name, valid_from
)

select * from final

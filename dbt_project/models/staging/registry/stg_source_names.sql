-- One row is one name by which an attribution may mean a registered account, and when: the account's name or alias, or
-- its unit's name, alias or declared miswriting.
with unit_names as (
    select unit_id, unit_name as name, valid_from, valid_to from {{ ref('stg_units') }}
    union
    select unit_id, {{ explode('aliases') }} as name, valid_from, valid_to from {{ ref('stg_units') }}
    union
    select unit_id, alias as name, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('unit_aliases') }}
),

named as (
    select account_id, account_name as name, date '0001-01-01' as valid_from, date '9999-12-31' as valid_to
    from {{ ref('stg_accounts') }}
    union
    select account_id, {{ explode('aliases') }} as name, date '0001-01-01' as valid_from, date '9999-12-31' as valid_to
    from {{ ref('stg_accounts') }}
    union
    -- A unit's name means its accounts while it owns them.
    select
        a.account_id, u.name,
        greatest(cast(a.valid_from as date), u.valid_from) as valid_from,
        least(cast(a.valid_to as date), u.valid_to) as valid_to
    from unit_names as u
    join {{ ref('stg_accounts') }} as a on u.unit_id = a.unit_id
)

select account_id, name, valid_from, max(valid_to) as valid_to
from named
where coalesce(name, '') <> '' and valid_from < valid_to
group by account_id, name, valid_from

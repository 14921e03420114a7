-- One row is one span of an account's ownership by one unit.
{{ config(materialized='table') }}
with accounts as (
    select * from {{ ref('int_registry__accounts') }}
),

final as (
    select
        account_id,
        unit_id,

        platform,
        account_key_type,
        account_key,
        account_name,
        aliases,
        verified_type,

        valid_from,
        valid_to
    from accounts
)

select * from final

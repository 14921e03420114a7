-- One row is one row of a registry export of accounts: a span of an account's ownership by one unit.
with source as (
    select * from {{ source('raw', 'accounts') }}
),

renamed as (
    select
        load_key,
        source_row,
        export_sha256,
        account_id,
        unit_id,
        platform,
        account_key_type,
        account_key,
        account_name,
        aliases,
        verified_type,
        coalesce({{ local_time('valid_from') }}, timestamp '0001-01-01 00:00:00') as valid_from,
        coalesce({{ local_time('valid_to') }}, timestamp '9999-12-31 00:00:00') as valid_to
    from source
)

select * from renamed

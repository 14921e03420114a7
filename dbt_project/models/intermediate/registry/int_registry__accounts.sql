-- One row is one span of an account's ownership by one unit, in the registry in force that was received last.
with accounts as (
    select * from {{ ref('stg_accounts') }}
),

exports as (
    select * from {{ ref('int_registry__deliveries') }}
    where is_in_force
),

newest as (
    {{ newest_registry('accounts', 'account_id') }}
),

-- Of two rows that begin together, the later one in the file.
numbered as (
    select
        *,
        row_number() over (
            partition by account_id, valid_from
            order by source_row desc
        ) as number_in_span
    from newest
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
        valid_to,
        export_sha256,
        source_row
    from numbered
    where number_in_span = 1
)

select * from final

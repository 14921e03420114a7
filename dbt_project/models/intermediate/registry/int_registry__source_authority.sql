-- One row is one load of an export, with what its source might say when it was received: whether its records of registered
-- accounts are posts, and how strong its observations are against those of other sources.
with exports as (
    select * from {{ ref('stg_exports') }}
),

source_authority as (
    select * from {{ ref('source_authority') }}
),

-- The row of the connector before the one for all others; of two in force the later begun.
numbered as (
    select
        exports.load_key,
        source_authority.speaks_for_accounts,
        source_authority.strength,
        row_number() over (
            partition by exports.load_key
            order by source_authority.connector is null, source_authority.valid_from desc
        ) as number_in_load
    from exports
    inner join source_authority
        on
            (exports.connector = source_authority.connector or source_authority.connector is null)
            and {{ in_force('source_authority', local_time('exports.received_at')) }}
),

final as (
    select
        load_key,
        strength,
        speaks_for_accounts = 1 as speaks_for_accounts
    from numbered
    where number_in_load = 1
)

select * from final

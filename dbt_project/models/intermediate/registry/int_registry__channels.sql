-- One row is one span of an outlet's life, in the registry in force that was received last; a person goes by a pseudonym.
with channels as (
    select * from {{ ref('stg_channels') }}
),

exports as (
    select * from {{ ref('int_registry__deliveries') }}
    where is_in_force
),

newest as (
    {{ newest_registry('channels', 'outlet_id') }}
),

pseudonymous as (
    select
        case when is_organization then outlet_id else channel_type || ':' || account_pseudonym end as outlet_id,
        channel_type,
        account_key_type,
        case when is_organization then account_key else account_pseudonym end as account_key,
        case when is_organization then outlet_name end as outlet_name,
        case when is_organization then aliases end as aliases,
        is_organization,
        valid_from,
        valid_to,
        export_sha256,
        source_row
    from newest
),

-- Of two rows that begin together, the later one in the file.
numbered as (
    select
        *,
        row_number() over (
            partition by outlet_id, valid_from
            order by source_row desc
        ) as number_in_span
    from pseudonymous
),

final as (
    select
        outlet_id,
        channel_type,
        account_key_type,
        account_key,
        outlet_name,
        aliases,
        is_organization,
        valid_from,
        valid_to,
        export_sha256,
        source_row
    from numbered
    where number_in_span = 1
)

select * from final

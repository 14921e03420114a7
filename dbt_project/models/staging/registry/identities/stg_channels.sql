-- One row is one row of a registry export of channels: a span of an outlet's life. It shows persons as delivered: a view
-- in the schema raw, which nothing of a person leaves.
with source as (
    select * from {{ source('raw', 'channels') }}
),

renamed as (
    select
        load_key,
        source_row,
        export_sha256,
        outlet_id,
        channel_type,
        account_key_type,
        account_key,
        account_pseudonym,
        outlet_name,
        aliases,
        coalesce(is_organization, false) as is_organization,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from source
)

select * from renamed

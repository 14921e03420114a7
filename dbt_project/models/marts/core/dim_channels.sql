-- One row is one span of an outlet's life.
{{ config(materialized='table') }}
with channels as (
    select * from {{ ref('int_registry__channels') }}
),

final as (
    select
        outlet_id,

        channel_type,
        account_key_type,
        account_key,
        outlet_name,

        is_organization,

        valid_from,
        valid_to
    from channels
)

select * from final

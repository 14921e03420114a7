-- One row is one span of an account's ownership by one unit, as the latest received registry tells it.
{{ config(materialized='table', tags=['registry']) }}
with told as (
    select
        a.*,
        dense_rank() over (partition by a.account_id order by e.received_at desc, a.load_key desc) as newness
    from {{ source('raw', 'accounts') }} as a
    join {{ ref('stg_exports') }} as e on a.load_key = e.load_key
),

spans as (
    select
        *,
        row_number() over (partition by account_id, valid_from order by source_row desc) as nth
    from told where newness = 1
)

select
    account_id, unit_id, platform, account_key_type, account_key, account_name, aliases, verified_type,
    coalesce({{ local_time('valid_from') }}, timestamp '0001-01-01 00:00:00') as valid_from,
    coalesce({{ local_time('valid_to') }}, timestamp '9999-12-31 00:00:00') as valid_to,
    export_sha256, source_row
from spans where nth = 1

-- One row is one span of an account's ownership by one unit, as the latest received registry tells it.
with told as (
    {{ newest_registry('accounts', 'account_id') }}
),

spans as (
    select
        *,
        row_number() over (partition by account_id, valid_from order by source_row desc) as nth
    from told
)

select
    account_id, unit_id, platform, account_key_type, account_key, account_name, aliases, verified_type,
    coalesce({{ local_time('valid_from') }}, timestamp '0001-01-01 00:00:00') as valid_from,
    coalesce({{ local_time('valid_to') }}, timestamp '9999-12-31 00:00:00') as valid_to,
    export_sha256, source_row
from spans where nth = 1

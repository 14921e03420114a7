-- One row is one span of an outlet's life, as the latest received registry tells it; a person goes by a pseudonym.
with told as (
    {{ newest_registry('channels', 'outlet_id') }}
),

named as (
    select
        case when is_organization then outlet_id else channel_type || ':' || account_pseudonym end as outlet_id,
        channel_type, account_key_type,
        case when is_organization then account_key else account_pseudonym end as account_key,
        case when is_organization then outlet_name end as outlet_name,
        case when is_organization then aliases end as aliases,
        coalesce(is_organization, false) as is_organization, valid_from, valid_to, export_sha256, source_row
    from told
),

spans as (
    select
        *,
        row_number() over (partition by outlet_id, valid_from order by source_row desc) as nth
    from named
)

select
    outlet_id, channel_type, account_key_type, account_key, outlet_name, aliases, is_organization,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    export_sha256, source_row
from spans where nth = 1

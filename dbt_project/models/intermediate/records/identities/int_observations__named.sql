-- One row is one exported observation of a record, with the ids by which item and outlet are known outside the schema
-- raw. Of a private person (neither account nor organization in the registry when it was published) both are keyed
-- hashes. Only registered accounts are kept for the months back.
with identified as (
    select * from {{ ref('int_observations__identified') }}
),

channels as (
    select * from {{ ref('int_registry__channels') }}
),

organizations as (
    select
        outlet_id,
        valid_from,
        -- Of spans that overlap, the one that begins later counts, so that a record meets one span only.
        least(
            valid_to, coalesce(lead(valid_from) over (partition by outlet_id order by valid_from), valid_to)
        ) as valid_to
    from channels
    where is_organization
),

classified as (
    select
        identified.*,
        identified.account_id is null and organizations.outlet_id is null as is_private
    from identified
    left join organizations
        on
            identified.registered_outlet_id = organizations.outlet_id
            and {{ in_force('organizations', 'identified.published_at_local') }}
    where
        identified.account_id is not null
        or {{ in_months('identified.published_month', 'items') }}
),

final as (
    select
        load_key,
        source_row,
        export_sha256,
        platform_item_id,
        case
            when is_private then channel_type || ':p' || left(md5(item_salt || ':' || record_id), 24)
            else platform_item_id
        end as item_id,
        account_id,
        case
            when is_private then channel_type || ':' || account_pseudonym
            else coalesce(registered_outlet_id, channel_type || ':' || account_key)
        end as outlet_id,
        channel_type,
        count_total,
        registered_outlet_id is not null or is_registered_person as is_mapped,
        is_private,
        has_text,
        has_title,
        is_time_contradicted,
        speaks_for_accounts,
        source_strength,
        published_at,
        published_at_local,
        observed_at,
        received_at,
        published_month
    from classified
)

select * from final

-- One row is one record of a registered account that is no post, because only sources that may not speak for accounts have
-- it.
with records as (
    select * from {{ ref('int_records__owned') }}
    where
        account_id is not null
        and not is_own_post
        and {{ in_months('published_month') }}
),

exports as (
    select * from {{ ref('stg_exports') }}
),

final as (
    select
        records.published_month as ranking_month,
        records.item_id,
        records.account_id,
        records.unit_id,
        records.channel_type,
        exports.connector,
        records.published_at_local,
        records.export_sha256,
        records.source_row
    from records
    inner join exports
        on records.load_key = exports.load_key
)

select * from final

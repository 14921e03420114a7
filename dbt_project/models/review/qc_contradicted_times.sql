-- One row is one record whose exported time contradicts the time in its id by more than the clock skew; the id's holds.
with records as (
    select * from {{ ref('int_records__owned') }}
    where
        is_time_contradicted
        and {{ in_months('published_month') }}
),

delivered as (
    select * from {{ source('raw', 'records') }}
    where {{ in_months('month') }}
),

final as (
    select
        records.published_month as ranking_month,
        records.item_id,
        records.account_id,
        records.unit_id,
        records.outlet_id,
        records.channel_type,
        delivered.connector,
        {{ local_time('delivered.published_at') }} as exported_at_local,
        records.published_at_local,
        records.export_sha256,
        records.source_row
    from records
    inner join delivered
        on
            records.load_key = delivered.load_key
            and records.source_row = delivered.source_row
            and records.published_month = delivered.month
)

select * from final

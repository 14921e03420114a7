-- One row is one exported observation of an item: its counts at the moment they were taken.
{{ config(meta={'window': 'items'}) }}
with observations as (
    select * from {{ ref('int_observations__ranked') }}
    where {{ in_months('published_month', 'items') }}
),

delivered as (
    select * from {{ source('raw', 'records') }}
    where {{ in_months('month', 'items') }}
),

final as (
    select
        observations.item_id,
        observations.export_sha256,
        observations.load_key,
        observations.source_row,
        observations.channel_type,
        delivered.connector,
        delivered.read_unit,
        observations.source_strength,
        {{ metrics('delivered') }},
        observations.published_at,
        observations.observed_at,
        observations.published_month
    from observations
    inner join delivered
        on
            observations.load_key = delivered.load_key
            and observations.source_row = delivered.source_row
            and observations.published_month = delivered.month
)

select * from final

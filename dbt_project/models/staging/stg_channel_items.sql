-- One row is one channel item: a record of any outlet, registered accounts among them, with the outlet that carried it
-- and where in raw its texts and references are; a private person's is here without title and address.
{{ config(meta={'window': 'items'}) }}
with records as (
    select * from {{ ref('int_records__owned') }}
    where {{ in_months('published_month', 'items') }}
),

attributed as (
    select * from {{ ref('int_records__attributed') }}
),

delivered as (
    select * from {{ source('raw', 'records') }}
    where {{ in_months('month', 'items') }}
),

texts as (
    select
        load_key,
        source_row,
        title,
        month
    from {{ source('raw', 'records') }}
    where {{ in_months('month', 'records') }}
),

units as (
    select * from {{ ref('int_registry__units') }}
),

-- An account of a unit that is in no list is an outlet like any other.
ranked_units as (
    select distinct unit_id
    from units
    where ranking_list is not null
),

final as (
    select
        records.item_id,
        records.outlet_id,
        records.account_id,
        ranked_units.unit_id,
        records.export_sha256,
        records.load_key,
        records.source_row,
        records.text_load_key,
        records.text_source_row,
        records.text_month,
        records.channel_type,
        case when not records.is_private then delivered.url end as url,
        case when not records.is_private then texts.title end as title,
        attributed.source_name_raw,
        case
            when records.is_time_contradicted then 'second' else coalesce(delivered.published_precision, 'second')
        end as published_precision,
        records.is_mapped,
        records.is_private,
        records.published_at,
        records.published_at_local,
        records.published_month
    from records
    inner join attributed
        on records.item_id = attributed.item_id
    inner join delivered
        on
            records.load_key = delivered.load_key
            and records.source_row = delivered.source_row
            and records.published_month = delivered.month
    inner join texts
        on
            records.text_load_key = texts.load_key
            and records.text_source_row = texts.source_row
            and records.text_month = texts.month
    left join ranked_units
        on records.unit_id = ranked_units.unit_id
)

select * from final

-- One row is one post: a record of a registered account from a source that may speak for it, with the unit that owned the
-- account when it was posted.
{{ config(meta={'window': 'posts'}) }}
with records as (
    select * from {{ ref('int_records__owned') }}
    where is_own_post and account_id is not null and {{ in_months('published_month', 'posts') }}
),

attributed as (
    select * from {{ ref('int_records__attributed') }}
),

-- Accounts' posts are in few of the exports: of the others no text is read.
delivered as (
    select * from {{ source('raw', 'records') }}
    where
        {{ in_months('month', 'posts') }}
        and load_key in (select records.load_key from records)
),

counted as (
    select * from {{ source('raw', 'records') }}
    where
        {{ in_months('month', 'records') }}
        and load_key in (select records.counts_load_key from records)
),

texts as (
    select
        load_key,
        source_row,
        title,
        text,
        month
    from {{ source('raw', 'records') }}
    where
        {{ in_months('month', 'records') }}
        and load_key in (select records.text_load_key from records)
),

final as (
    select
        records.item_id as post_id,
        records.account_id,
        records.unit_id,
        attributed.repost_of_post_id,
        delivered.record_id,
        delivered.alt_id,
        records.export_sha256,
        records.source_row,
        records.channel_type as platform,
        delivered.url,
        texts.title,
        texts.text,
        delivered.topics,
        delivered.original_evidence,
        case
            when records.is_time_contradicted then 'second' else coalesce(delivered.published_precision, 'second')
        end as published_precision,
        counted.read_unit,
        delivered.position,
        {{ metrics('counted') }},
        records.unit_id is null as is_unowned,
        delivered.is_original as is_original_flag,
        attributed.is_repost,
        coalesce(counted.is_deleted, false) as is_deleted,
        records.published_at,
        records.published_at_local,
        records.observed_at,
        records.published_month
    from records
    inner join attributed
        on records.item_id = attributed.item_id
    inner join delivered
        on
            records.load_key = delivered.load_key
            and records.source_row = delivered.source_row
            and records.published_month = delivered.month
    inner join counted
        on
            records.counts_load_key = counted.load_key
            and records.counts_source_row = counted.source_row
            and records.counts_month = counted.month
    inner join texts
        on
            records.text_load_key = texts.load_key
            and records.text_source_row = texts.source_row
            and records.text_month = texts.month
)

select * from final

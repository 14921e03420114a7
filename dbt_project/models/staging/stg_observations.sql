-- One row is one exported observation of a record: its counts at the moment they were taken. Its text stays in raw.
{{ config(materialized='view') }}
select
    {{ item_id('r') }} as item_id,
    coalesce(r.observed_at, e.received_at) as observed_at,
    r.month as published_month,
    r.channel_type, r.account_key_type, r.account_key, r.account_name_raw, r.record_id, r.alt_id, r.position, r.url,
    r.topics, r.published_at, {{ local_time('r.published_at') }} as published_at_local,
    coalesce(r.published_precision, 'second') as published_precision,
    r.is_original, r.original_evidence, coalesce(r.is_deleted, false) as is_deleted,
    r.repost_of_id, r.repost_of_account_key, r.parent_id, r.root_id, r.source_name_raw, r.source_url_raw,
    {% for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    r.{{ metric }}_count, r.{{ metric }}_count_qualifier,
    {% endfor -%}
    coalesce(r.text, '') <> '' as has_text, coalesce(r.title, '') <> '' as has_title,
    r.read_unit, e.received_at, r.export_sha256, r.load_key, r.source_row
from {{ source('raw', 'records') }} as r
join {{ ref('stg_exports') }} as e on r.load_key = e.load_key

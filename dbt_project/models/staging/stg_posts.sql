-- One row is one post: a record of a registered account, with the unit that owned the account when it was posted.
{{ config(meta={'window': 'posts'}) }}
select
    r.item_id as post_id, r.published_month, r.channel_type as platform, r.account_id, r.unit_id,
    r.unit_id is null as is_unowned,
    r.published_at, r.published_at_local, r.published_precision, r.url, texts.title, texts.text, r.topics,
    r.is_original as is_original_flag, r.original_evidence, r.is_repost, r.repost_of_post_id, r.is_deleted,
    r.position, r.record_id, r.alt_id,
    {% for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    r.{{ metric }}_count, r.{{ metric }}_count_qualifier,
    {% endfor -%}
    r.read_unit, r.observed_at, r.export_sha256, r.source_row
from {{ ref('stg_records') }} as r
join {{ source('raw', 'records') }} as texts
    on r.text_load_key = texts.load_key and r.text_source_row = texts.source_row and r.text_month = texts.month
where r.account_id is not null and {{ in_months('r.published_month', 'posts') }}

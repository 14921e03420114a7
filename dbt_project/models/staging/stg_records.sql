-- One row is one record of any channel: its newest observation, and the unit that owned its account at its own moment.
-- Posts of three months back, items of the month and the next.
{{ config(materialized='view') }}
with owners as (
    select newest.item_id, min(spans.unit_id) as unit_id
    from {{ ref('stg_observations__resolved') }} as newest
    join {{ ref('stg_accounts') }} as spans
        on newest.account_id = spans.account_id
        and spans.valid_from <= newest.published_at_local and newest.published_at_local < spans.valid_to
    where newest.nth = 1
    group by newest.item_id
)

select
    newest.item_id, newest.published_month, newest.channel_type, newest.outlet_id, newest.is_mapped, newest.is_private,
    newest.account_id, owners.unit_id, newest.record_id, newest.alt_id, newest.position, newest.url, newest.topics,
    newest.published_at, newest.published_at_local, newest.published_precision, newest.is_original,
    newest.original_evidence, newest.is_deleted, newest.is_repost, newest.repost_of_post_id, newest.source_name_raw,
    {% for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    newest.{{ metric }}_count, newest.{{ metric }}_count_qualifier,
    {% endfor -%}
    newest.read_unit, newest.observed_at, newest.export_sha256, newest.load_key, newest.source_row,
    newest.text_load_key, newest.text_source_row, newest.text_month
from {{ ref('stg_observations__resolved') }} as newest
left join owners on newest.item_id = owners.item_id
where newest.nth = 1

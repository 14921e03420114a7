-- One row is one record of any channel: its newest observation, the account and unit that owned it at its own moment,
-- and where in raw the newest of its texts stands. Posts of three months back, items of the month and the next.
{{ config(materialized='table') }}
{%- set newest_text = 'has_text desc, has_title desc, observed_at desc, export_sha256 desc, source_row desc' %}
with observed as (
    select
        o.*,
        coalesce(by_key.account_id, by_name.account_id) as account_id
    from {{ ref('stg_observations') }} as o
    left join {{ ref('stg_account_keys') }} as by_key
        on by_key.key_kind = 'key' and o.channel_type = by_key.platform and o.account_key = by_key.account_key
    left join {{ ref('stg_account_keys') }} as by_name
        on by_name.key_kind = 'name' and o.channel_type = by_name.platform
        and coalesce(o.account_key, o.account_name_raw) = by_name.account_key
        and (o.account_key is null or o.account_key_type = 'name')
    where {{ in_months('o.published_month', 3, 1) }}
),

ranked as (
    select
        *,
        -- Where two exports disagree about whose record it is, the registered account's stands.
        row_number() over (
            partition by item_id
            order by (account_id is null), observed_at desc, export_sha256 desc, source_row desc
        ) as nth,
        -- Lists of articles come without bodies: the newest observation that has one lends it.
        first_value(load_key) over (partition by item_id order by {{ newest_text }}) as text_load_key,
        first_value(source_row) over (partition by item_id order by {{ newest_text }}) as text_source_row
    from observed
    where account_id is not null or {{ in_months('published_month', 0, 1) }}
),

owners as (
    select ranked.item_id, min(spans.unit_id) as unit_id
    from ranked
    join {{ ref('stg_accounts') }} as spans
        on ranked.account_id = spans.account_id
        and spans.valid_from <= ranked.published_at_local and ranked.published_at_local < spans.valid_to
    where ranked.nth = 1
    group by ranked.item_id
)

select
    ranked.item_id, ranked.published_month, ranked.channel_type, ranked.account_key, ranked.account_name_raw,
    ranked.account_id, owners.unit_id, ranked.record_id, ranked.alt_id, ranked.position, ranked.url, ranked.topics,
    ranked.published_at, ranked.published_at_local, ranked.published_precision, ranked.is_original,
    ranked.original_evidence, ranked.is_deleted, ranked.repost_of_id, ranked.repost_of_account_key, ranked.parent_id,
    ranked.root_id, ranked.source_name_raw, ranked.source_url_raw,
    {% for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    ranked.{{ metric }}_count, ranked.{{ metric }}_count_qualifier,
    {% endfor -%}
    ranked.read_unit, ranked.observed_at, ranked.export_sha256, ranked.load_key, ranked.source_row,
    ranked.text_load_key, ranked.text_source_row
from ranked
left join owners on ranked.item_id = owners.item_id
where ranked.nth = 1

-- One row is one exported observation of an item: its counts at the moment they were taken.
{{ config(meta={'window': 'items'}) }}
select
    item_id, observed_at, published_month, channel_type, published_at,
    {% for metric in ['read', 'view', 'like', 'recommend', 'comment', 'share', 'repost'] -%}
    {{ metric }}_count, {{ metric }}_count_qualifier,
    {% endfor -%}
    read_unit, export_sha256, load_key, source_row
from {{ ref('stg_observations__resolved') }}
where {{ in_months('published_month', 'items') }}

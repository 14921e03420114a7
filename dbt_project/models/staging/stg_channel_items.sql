-- One row is one channel item: a record of any outlet, registered accounts among them, with the outlet that carried it.
{{ config(materialized='incremental', incremental_strategy='month_range', meta={'after': 1}) }}
select
    r.item_id, r.published_month, r.channel_type,
    coalesce(by_key.outlet_id, by_name.outlet_id, r.channel_type || ':' || r.account_key) as outlet_id,
    coalesce(by_key.outlet_id, by_name.outlet_id) is not null as is_mapped,
    r.account_name_raw, r.account_id, units.unit_id,
    r.published_at, r.published_at_local, r.published_precision, r.url, texts.title, texts.text,
    case when r.channel_type = 'weibo' then 'weibo:' || r.repost_of_id end as repost_of_post_id,
    case when r.channel_type = 'weibo' then 'weibo:' || r.parent_id end as parent_item_id,
    case when r.channel_type = 'weibo' then 'weibo:' || r.root_id end as root_item_id,
    r.source_name_raw, r.source_url_raw, r.export_sha256, r.source_row
from {{ ref('stg_records') }} as r
join {{ source('raw', 'records') }} as texts
    on r.text_load_key = texts.load_key and r.text_source_row = texts.source_row and r.published_month = texts.month
left join {{ ref('stg_channel_keys') }} as by_key
    on by_key.key_kind = 'key' and by_key.channel_type = r.channel_type and by_key.account_key = r.account_key
left join {{ ref('stg_channel_keys') }} as by_name
    on by_name.key_kind = 'name' and by_name.channel_type = r.channel_type and by_name.account_key = r.account_name_raw
    and by_key.outlet_id is null
-- An account of a unit that is in no list is an outlet like any other.
left join (select distinct unit_id from {{ ref('stg_units') }} where ranking_list is not null) as units
    on r.unit_id = units.unit_id
where {{ in_months('r.published_month', 0, 1) }} and {{ in_months('texts.month', 0, 1) }}

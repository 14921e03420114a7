-- One row is one channel item: a record of any outlet, registered accounts among them, with the outlet that carried it
-- and where in raw its texts and references stand; a private person's is here without title and address.
{{ config(meta={'window': 'items'}) }}
select
    r.item_id, r.published_month, r.channel_type, r.outlet_id, r.is_mapped, r.is_private, r.account_id, units.unit_id,
    r.published_at, r.published_at_local, r.published_precision, r.url,
    case when not r.is_private then texts.title end as title,
    r.source_name_raw, r.export_sha256, r.load_key, r.source_row, r.text_load_key, r.text_source_row, r.text_month
from {{ ref('stg_records') }} as r
join {{ source('raw', 'records') }} as texts
    on r.text_load_key = texts.load_key and r.text_source_row = texts.source_row and r.text_month = texts.month
-- An account of a unit that is in no list is an outlet like any other.
left join (select distinct unit_id from {{ ref('stg_units') }} where ranking_list is not null) as units
    on r.unit_id = units.unit_id
where {{ in_months('r.published_month', 'items') }}

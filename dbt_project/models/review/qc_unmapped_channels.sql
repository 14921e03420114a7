-- One row is one outlet that carried items in a ranking month and stands in no channel registry, by its pseudonym.
select published_month as ranking_month, channel_type, coalesce(outlet_id, '') as outlet_id, count(*) as item_count
from {{ ref('stg_channel_items') }}
where not is_mapped and account_id is null and {{ in_months('published_month') }}
group by published_month, channel_type, coalesce(outlet_id, '')

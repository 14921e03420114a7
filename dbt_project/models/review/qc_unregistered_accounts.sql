-- One row is one name that attributions of matched items use and no registered account bears.
{{ config(materialized='incremental', incremental_strategy='month_range') }}
select r.ranking_month, r.source_name_raw, count(*) as item_count
from {{ ref('fct_reprints') }} as r
left join {{ ref('stg_account_keys') }} as k on k.key_kind = 'name' and r.source_name_raw = k.account_key
where coalesce(r.source_name_raw, '') <> '' and k.account_id is null and {{ in_months('r.ranking_month') }}
group by r.ranking_month, r.source_name_raw

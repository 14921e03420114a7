-- One row is one name that attributions of matched items use and no registered account or unit bears.
select r.ranking_month, r.source_name_raw, count(*) as item_count
from {{ ref('fct_reprints') }} as r
left join (select distinct name from {{ ref('stg_source_names') }}) as k on r.source_name_raw = k.name
where coalesce(r.source_name_raw, '') <> '' and k.name is null and {{ in_months('r.ranking_month') }}
group by r.ranking_month, r.source_name_raw

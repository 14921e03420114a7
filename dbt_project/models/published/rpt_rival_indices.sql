-- One row is one rival index of one account or unit in a ranking month.
select
    cast(r.ranking_month as varchar) as ranking_month, cast(r.entity_kind as varchar) as entity_kind,
    cast(r.entity_id as varchar) as entity_id, cast(r.unit_id as varchar) as unit_id, cast(r.index_id as varchar) as index_id,
    cast(i.index_name as varchar) as name, cast(i.index_name_en as varchar) as name_en, cast(r.value as decimal(18, 6)) as index_value
from {{ ref('fct_rival_indices') }} as r
join {{ ref('rival_indices') }} as i on r.index_id = i.index_id
where {{ in_months('r.ranking_month') }}

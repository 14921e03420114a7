-- One row is one rival index of one account or unit in a ranking month.
with rival_values as (
    select * from {{ ref('fct_rival_indices') }}
    where {{ in_months('ranking_month') }}
),

indices as (
    select * from {{ ref('rival_indices') }}
),

final as (
    select
        rival_values.ranking_month,
        rival_values.entity_kind,
        rival_values.entity_id,
        rival_values.unit_id,
        rival_values.index_id,
        indices.index_name as name,
        indices.index_name_en as name_en,
        rival_values.value as index_value
    from rival_values
    inner join indices
        on rival_values.index_id = indices.index_id
)

select * from final

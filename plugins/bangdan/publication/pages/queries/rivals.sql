-- One row is a rival index of a unit, with the unit's place in its list by that index.
with units as (
    select distinct
        unit_id,
        ranking_list
    from ranking
)

select
    rival_indices.entity_id as unit_id,
    rival_indices.index_id,
    rival_indices.name,
    rival_indices.name_en,
    rival_indices.index_value,
    rank() over (
        partition by rival_indices.index_id, units.ranking_list
        order by rival_indices.index_value desc
    )::integer as place
from rival_indices
inner join units on rival_indices.entity_id = units.unit_id
where rival_indices.entity_kind = 'unit' and rival_indices.index_value is not null
order by rival_indices.index_id

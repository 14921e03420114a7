-- Every list that the registry names for a unit is one of the city's ranking lists: its units would be on no page.
with units as (
    select * from {{ ref('int_registry__units') }}
),

ranking_lists as (
    select * from {{ ref('ranking_lists') }}
),

final as (
    select distinct
        units.unit_id,
        units.ranking_list,
        'city.yml has no such ranking list' as problem
    from units
    where
        units.ranking_list is not null
        and not exists (
            select 1 from ranking_lists
            where ranking_lists.ranking_list = units.ranking_list
        )
)

select * from final

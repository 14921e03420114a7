-- One row is an outlet and a unit whose posts it carried, private persons apart. A post that an outlet carried twice is
-- one reprint.
with units as (
    select distinct
        unit_id,
        unit_name,
        unit_name_en
    from ranking
),

carried as (
    select
        channel_type,
        outlet_id,
        outlet_name,
        unit_id,
        post_id
    from reprints
    where
        is_counted
        and outlet_name is not null
),

final as (
    select
        carried.channel_type,
        carried.outlet_id,
        min(carried.outlet_name) as outlet_name,
        carried.unit_id,
        min(units.unit_name) as unit_name,
        min(units.unit_name_en) as unit_name_en,
        count(distinct carried.post_id) as reprint_count
    from carried
    inner join units on carried.unit_id = units.unit_id
    group by
        carried.channel_type,
        carried.outlet_id,
        carried.unit_id
)

select * from final
order by channel_type, outlet_id, reprint_count desc, unit_id

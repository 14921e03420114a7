-- One row is one value of one post of a ranked unit in the month $1, in the order of units, posts and columns. Units are
-- numbered by the list $2, components (kind:id) by the list $3.
with component_values as (
    select
        md5(post_id) as post_key,
        list_position($2, unit_id) - 1 as unit_number,
        list_position($3, component_kind || ':' || component_id) - 1 as component_number,
        value
    from marts.fct_post_values
    where ranking_month = $1
),

final as (
    select
        post_key,

        unit_number,
        dense_rank() over (order by unit_number, post_key) - 1 as post_number,
        component_number,
        value
    from component_values
    where unit_number is not null
)

select * from final
order by post_number, component_number

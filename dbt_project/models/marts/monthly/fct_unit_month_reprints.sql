-- One row is one unit whose posts were reprinted in a ranking month, with its reprints (post × outlet) and their outlets.
{{ config(materialized='view') }}
with reprints as (
    select * from {{ ref('fct_post_outlets') }}
    where {{ in_months('ranking_month') }}
),

reprints_of_post as (
    select
        ranking_month,
        unit_id,
        post_id,
        count(*) as reprint_count
    from reprints
    group by ranking_month, unit_id, post_id
),

reprints_of_unit as (
    select
        ranking_month,
        unit_id,
        cast(sum(reprint_count) as bigint) as reprint_count,
        count(*) as reprinted_post_count,
        max(reprint_count) as max_reprints_of_one_post
    from reprints_of_post
    group by ranking_month, unit_id
),

outlets_of_unit as (
    select
        ranking_month,
        unit_id,
        count(distinct outlet_id) as outlet_count
    from reprints
    group by ranking_month, unit_id
),

final as (
    select
        reprints_of_unit.ranking_month,
        reprints_of_unit.unit_id,
        reprints_of_unit.reprint_count,
        outlets_of_unit.outlet_count,
        reprints_of_unit.reprinted_post_count,
        reprints_of_unit.max_reprints_of_one_post
    from reprints_of_unit
    inner join outlets_of_unit
        on
            reprints_of_unit.ranking_month = outlets_of_unit.ranking_month
            and reprints_of_unit.unit_id = outlets_of_unit.unit_id
)

select * from final

-- One row is one unit and dimension of a ranking month, with the share of its base score that outlets in no registry
-- contributed.
with contributions as (
    select * from {{ ref('fct_reprint_contributions') }}
),

reprints as (
    select * from {{ ref('fct_post_outlets') }}
),

items as (
    select * from {{ ref('stg_channel_items') }}
),

final as (
    select
        contributions.ranking_month,
        contributions.unit_id,
        contributions.dimension,
        cast(
            sum(case when not items.is_mapped and items.account_id is null then contributions.picopoints else 0 end)
            as double
        ) / nullif(sum(contributions.picopoints), 0) as unregistered_share
    from contributions
    inner join reprints
        on
            contributions.ranking_month = reprints.ranking_month
            and contributions.post_id = reprints.post_id
            and contributions.outlet_id = reprints.outlet_id
    inner join items
        on reprints.item_id = items.item_id
    group by
        contributions.ranking_month,
        contributions.unit_id,
        contributions.dimension
)

select * from final

-- One row is one outlet that carried items in a ranking month and is in no channel registry, by its pseudonym.
with items as (
    select
        published_month as ranking_month,
        channel_type,
        coalesce(outlet_id, '') as outlet_id
    from {{ ref('stg_channel_items') }}
    where
        not is_mapped
        and account_id is null
        and {{ in_months('published_month') }}
),

final as (
    select
        ranking_month,
        channel_type,
        outlet_id,
        count(*) as item_count
    from items
    group by ranking_month, channel_type, outlet_id
)

select * from final

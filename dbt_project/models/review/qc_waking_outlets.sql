-- One row is one outlet that had nothing in the month before, and carried one unit often and hardly any other in the
-- ranking month: an account that woke for one unit. Where the month before has no items of the channel type, none is.
with one_sided_outlets as (
    select * from {{ ref('qc_one_sided_outlets') }}
    where {{ in_months('ranking_month') }}
),

items as (
    select
        published_month,
        channel_type,
        outlet_id
    from {{ ref('stg_channel_items') }}
    where outlet_id is not null
),

outlets_with_earlier_month as (
    {%- for month in months_of_the_build().split(",") %}
    select
        one_sided_outlets.*,
        '{{ month_plus(month, -1) | trim }}' as earlier_month
    from one_sided_outlets
    where one_sided_outlets.ranking_month = '{{ month }}'
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

channels_with_items as (
    select distinct
        published_month,
        channel_type
    from items
),

final as (
    select
        outlets.ranking_month,
        outlets.unit_id,
        outlets.outlet_id,
        outlets.channel_type,
        outlets.reprint_count,
        outlets.rank,
        outlets.rank_without
    from outlets_with_earlier_month as outlets
    inner join channels_with_items
        on
            outlets.earlier_month = channels_with_items.published_month
            and outlets.channel_type = channels_with_items.channel_type
    left join items
        on
            outlets.earlier_month = items.published_month
            and outlets.outlet_id = items.outlet_id
    where items.outlet_id is null
)

select * from final

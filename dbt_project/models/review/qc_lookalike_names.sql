-- One row is one outlet that carried items in a ranking month and is in no registry, but bears the name of a registered
-- account or outlet of its channel type, or one that looks like it.
with items as (
    select * from {{ ref('stg_channel_items') }}
    where
        not is_mapped
        and account_id is null
        and outlet_id is not null
        and {{ in_months('published_month') }}
),

delivered as (
    select * from {{ source('raw', 'records') }}
    where {{ in_months('month') }}
),

account_keys as (
    select * from {{ ref('int_registry__account_keys') }}
    where key_kind = 'name'
),

channel_keys as (
    select * from {{ ref('int_registry__channel_keys') }}
    where key_kind = 'name'
),

registered_names as (
    select
        platform as channel_type,
        account_id as registered_id,
        account_key as registered_name
    from account_keys
    union distinct
    select
        channel_type,
        outlet_id as registered_id,
        account_key as registered_name
    from channel_keys
),

names_of_outlets as (
    select
        items.published_month as ranking_month,
        items.channel_type,
        items.outlet_id,
        delivered.account_name_raw,
        count(*) as item_count
    from items
    inner join delivered
        on
            items.load_key = delivered.load_key
            and items.source_row = delivered.source_row
            and items.published_month = delivered.month
    where delivered.account_name_raw <> ''
    group by
        items.published_month,
        items.channel_type,
        items.outlet_id,
        delivered.account_name_raw
),

normal_names as (
    select
        ranking_month,
        channel_type,
        outlet_id,
        {{ normal_name('account_name_raw') }} as outlet_name,
        item_count
    from names_of_outlets
),

final as (
    select
        normal_names.ranking_month,
        normal_names.channel_type,
        normal_names.outlet_id,
        registered_names.registered_id,
        registered_names.registered_name,
        case
            when max(case when normal_names.outlet_name = registered_names.registered_name then 1 end) = 1 then 'same'
            else 'lookalike'
        end as resemblance,
        cast(sum(normal_names.item_count) as bigint) as item_count
    from normal_names
    inner join registered_names
        on
            normal_names.channel_type = registered_names.channel_type
            and {{ without_lookalikes('normal_names.outlet_name') }}
            = {{ without_lookalikes('registered_names.registered_name') }}
    group by
        normal_names.ranking_month,
        normal_names.channel_type,
        normal_names.outlet_id,
        registered_names.registered_id,
        registered_names.registered_name
)

select * from final

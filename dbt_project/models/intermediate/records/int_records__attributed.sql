-- One row is one record of any channel with the source that it names, unless that is a person's name, and the registered
-- account's post that it carries.
with owned as (
    select * from {{ ref('int_records__owned') }}
),

observations as (
    select * from {{ ref('int_observations__ranked') }}
),

delivered as (
    select
        *,
        {{ normal_name('source_name_raw') }} as source_name
    from {{ source('raw', 'records') }}
    where {{ in_months('month', 'records') }}
),

source_names as (
    select * from {{ ref('int_registry__source_names') }}
),

-- What a source may be called outside raw: a registered name, or what a medium prints unless a person's account has it.
registered_names as (
    select distinct {{ normal_name('name') }} as name from source_names
),

names_of_persons as (
    select distinct {{ normal_name('delivered.account_name_raw') }} as name
    from observations
    inner join delivered
        on
            observations.load_key = delivered.load_key
            and observations.source_row = delivered.source_row
            and observations.published_month = delivered.month
    where observations.is_private and delivered.account_name_raw is not null
),

own_weibo_posts as (
    select distinct item_id
    from observations
    where is_own_post and account_id is not null and channel_type = 'weibo'
),

final as (
    select
        owned.item_id,
        own_weibo_posts.item_id as repost_of_post_id,
        case
            when registered_names.name is not null then delivered.source_name_raw
            when not owned.is_private and owned.channel_type <> 'weibo' and names_of_persons.name is null
                then delivered.source_name_raw
        end as source_name_raw,
        delivered.repost_of_id is not null as is_repost
    from owned
    inner join delivered
        on
            owned.load_key = delivered.load_key
            and owned.source_row = delivered.source_row
            and owned.published_month = delivered.month
    left join own_weibo_posts
        on owned.channel_type = 'weibo' and own_weibo_posts.item_id = 'weibo:' || delivered.repost_of_id
    left join registered_names
        on delivered.source_name = registered_names.name
    left join names_of_persons
        on delivered.source_name = names_of_persons.name
)

select * from final

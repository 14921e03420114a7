-- One row is one Weibo repost of a repost, of any month from $1 to $2, that leads back to an own post of the warehouse:
-- the nearest one behind at most eight others. A direct reference to an own post needs no row.
with recursive records as (
    select * from raw.records
    where
        channel_type = 'weibo'
        and month between $1 and $2
),

posts as (
    select post_id from staging.stg_posts
),

-- Of several references of a record the one to the repost that it repeats.
reposts as (
    select
        'weibo:' || record_id as item_id,
        'weibo:' || min(coalesce(parent_id, repost_of_id, root_id)) as reference_id
    from records
    where coalesce(parent_id, repost_of_id, root_id) is not null
    group by record_id
),

ancestors as (
    select
        repeating.item_id,
        repeated.reference_id as ancestor_id,
        1 as steps
    from reposts as repeating
    inner join reposts as repeated
        on repeating.reference_id = repeated.item_id
    where repeating.reference_id not in (select post_id from posts)

    union all

    select
        ancestors.item_id,
        repeated.reference_id as ancestor_id,
        ancestors.steps + 1 as steps
    from ancestors
    inner join reposts as repeated
        on ancestors.ancestor_id = repeated.item_id
    where
        ancestors.ancestor_id not in (select post_id from posts)
        and ancestors.steps < 8
),

final as (
    select distinct
        ancestors.item_id,
        ancestors.ancestor_id as origin_item_id
    from ancestors
    inner join posts
        on ancestors.ancestor_id = posts.post_id
)

select * from final

-- One row is one channel item as the matcher compares it: who published it and when from staging, its newest texts and
-- its newest references from raw. Weibo's references are to ids that are unique in themselves; other channels have none
-- that lead to a post.
with items as (
    select * from staging.stg_channel_items
),

-- Two readers of the same columns would have all records of all months kept in memory: each has its own.
references_of_records as (
    select
        load_key,
        source_row,
        record_id,
        url,
        repost_of_id,
        parent_id,
        root_id,
        source_name_raw,
        source_url_raw,
        month
    from raw.records
),

texts as (
    select
        load_key,
        source_row,
        title,
        text,
        month
    from raw.records
),

reposts_through_reposts as (
    select * from origins_of_reposts
),

final as (
    select
        items.item_id,
        items.unit_id,
        items.outlet_id,
        case when items.channel_type = 'weibo' then 'weibo:' || newest.repost_of_id end as repost_of_post_id,
        case when items.channel_type = 'weibo' then 'weibo:' || newest.parent_id end as parent_item_id,
        case when items.channel_type = 'weibo' then 'weibo:' || newest.root_id end as root_item_id,
        case when items.channel_type = 'weibo' then reposts_through_reposts.origin_item_id end as origin_item_id,

        items.channel_type,
        items.published_month,
        items.published_precision,
        items.text_month,
        texts.title,
        texts.text,
        newest.url,
        newest.source_name_raw,
        newest.source_url_raw,

        items.is_private,

        items.published_at,
        items.published_at_local
    from items
    inner join references_of_records as newest
        on
            items.load_key = newest.load_key
            and items.source_row = newest.source_row
            and items.published_month = newest.month
    inner join texts
        on
            items.text_load_key = texts.load_key
            and items.text_source_row = texts.source_row
            and items.text_month = texts.month
    left join reposts_through_reposts
        on 'weibo:' || newest.record_id = reposts_through_reposts.item_id
)

select * from final

-- One row is one item to judge of the months $1 to $2 and before the time $3, with its text in a record of the months $4
-- to $5; a time known to the minute or the day lies between `earliest` and `latest`, seconds since 1970.
with items as (
    select * from new_items
    where
        published_month between $1 and $2
        and published_at_local < $3
        and text_month between $4 and $5
),

final as (
    select
        item_id,
        fingerprint,
        unit_id,
        repost_of_post_id,
        parent_item_id,
        root_item_id,
        origin_item_id,

        title,
        text,
        url,
        source_name_raw,
        source_url_raw,

        cast(epoch(published_at) as bigint) as earliest,
        cast(
            epoch(published_at) + case published_precision when 'day' then 86399 when 'minute' then 59 else 0 end
            as bigint
        ) as latest
    from items
)

select * from final

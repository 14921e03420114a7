-- One row is one item that is matched with the posts of a month: of the months $1 to $2 and before the time $3; the
-- fingerprint changes with everything of the item that a judgement depends on. The texts of all are in records of the
-- months $4 to $5, and no others are read.
select
    item_id,
    md5(
        concat_ws(
            chr(31),
            coalesce(item_id, chr(30)),
            coalesce(title, chr(30)),
            coalesce(text, chr(30)),
            coalesce(url, chr(30)),
            coalesce(repost_of_post_id, chr(30)),
            coalesce(source_name_raw, chr(30)),
            coalesce(source_url_raw, chr(30)),
            coalesce(parent_item_id, chr(30)),
            coalesce(root_item_id, chr(30)),
            coalesce(origin_item_id, chr(30)),
            coalesce(unit_id, chr(30)),
            cast(published_at as varchar),
            published_precision
        )
    ) as fingerprint
from items_with_texts
where
    published_month between $1 and $2
    and published_at_local < $3
    and text_month between $4 and $5

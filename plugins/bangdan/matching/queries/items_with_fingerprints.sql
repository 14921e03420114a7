-- One row is one channel item as items_with_texts has it; the fingerprint changes with everything of the item that a
-- judgement depends on.
select
    *,
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

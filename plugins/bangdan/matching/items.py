"""Channel items as the matcher reads them: who and when from staging, texts and references from raw.

Staging holds no text: of an item it knows where in raw the newest of its texts and its newest observation stand. So a
private person's words are compared here, in memory, and stored nowhere else.
"""

from __future__ import annotations

ITEM_COLUMNS = [
    "item_id", "title", "text", "url", "repost_of_post_id", "source_name_raw", "source_url_raw", "parent_item_id",
    "root_item_id", "unit_id",
]  # fmt: skip


def _weibo(column: str) -> str:
    """Weibo's references are to ids that are unique in themselves; other channels have none that lead to a post."""
    return f"case when i.channel_type = 'weibo' then 'weibo:' || seen.{column} end"


# One row: an item of staging.stg_channel_items with its texts and references; to be filtered by columns of `i`.
WITH_TEXTS = f"""
    select i.item_id, texts.title, texts.text, seen.url, {_weibo("repost_of_id")} as repost_of_post_id,
        seen.source_name_raw, seen.source_url_raw, {_weibo("parent_id")} as parent_item_id,
        {_weibo("root_id")} as root_item_id, i.unit_id, i.channel_type, i.outlet_id, i.is_private,
        i.published_at, i.published_at_local, i.published_precision
    from staging.stg_channel_items as i
    join raw.records as seen
        on i.load_key = seen.load_key and i.source_row = seen.source_row and i.published_month = seen.month
    join raw.records as texts
        on i.text_load_key = texts.load_key and i.text_source_row = texts.source_row and i.text_month = texts.month
"""

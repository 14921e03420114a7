"""The queries of the matcher, each a file of the folder `queries`, and the columns of an item that it compares."""

from __future__ import annotations

from pathlib import Path

# Columns of items_with_texts that the matcher reads.
ITEM_COLUMNS = [
    "item_id", "title", "text", "url", "repost_of_post_id", "source_name_raw", "source_url_raw", "parent_item_id",
    "root_item_id", "origin_item_id", "unit_id",
]  # fmt: skip


def query(name: str) -> str:
    """The SQL of a query, e.g. `posts`; its first lines say what one row is and what its parameters are.

    Staging holds no text. `items_with_texts` brings the words of all items, private persons' too, from raw: what reads
    it compares them in memory and stores them nowhere.
    """
    return (Path(__file__).with_name("queries") / f"{name}.sql").read_text("utf-8")

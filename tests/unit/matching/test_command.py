"""`bangdan match`: the matcher alone, Parquet in and Parquet out, and what it says of tables it can't read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from bangdan.cli import cli
from bangdan.core.errors import UsageError
from tests.support.matching_texts import AT, letters

TEXT, OTHER = letters(0, 100), letters(200, 300)
POSTS = ["post_id", "platform", "account_id", "unit_id", "published_at", "url", "title", "text"]
ITEMS = [
    "item_id", "channel_type", "outlet_id", "published_at", "url", "title", "text", "repost_of_post_id",
    "source_name_raw", "source_url_raw",
]  # fmt: skip


def table(names: list[str], rows: list[dict[str, Any]]) -> pa.Table:
    extra = sorted({name for row in rows for name in row} - set(names))
    schema = pa.schema(
        (name, pa.timestamp("us", "Asia/Shanghai") if name == "published_at" else pa.string()) for name in names + extra
    )
    return pa.Table.from_pylist(rows, schema=schema)


def post(post_id: str, text: str, **other: Any) -> dict[str, Any]:
    return {
        "post_id": post_id,
        "account_id": "a1",
        "unit_id": "u1",
        "published_at": AT,
        "title": "",
        "text": text,
        **other,
    }


def item(item_id: str, text: str, **other: Any) -> dict[str, Any]:
    return {"item_id": item_id, "published_at": AT + timedelta(hours=3), "title": "", "text": text, **other}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BANGDAN_THREADS", "1")
    return tmp_path


def match(folder: Path, posts: Any, items: Any, *words: str, accounts: pa.Table | None = None) -> dict[str, Any]:
    for name, entry in (("posts", posts), ("items", items), ("accounts", accounts)):
        if entry is not None:
            whole = entry if isinstance(entry, pa.Table) else table(POSTS if name == "posts" else ITEMS, entry)
            pq.write_table(whole, folder / f"{name}.parquet")
    more = ("--accounts", str(folder / "accounts.parquet")) if accounts is not None else ()
    where = ("--posts", folder / "posts.parquet", "--items", folder / "items.parquet", "--out", folder / "out.parquet")
    done = CliRunner().invoke(cli, ["match", *map(str, where), *more, *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def rows(folder: Path) -> list[dict[str, Any]]:
    return pq.read_table(folder / "out.parquet").to_pylist()


def test_evidence_comes_in_the_order_of_items_and_posts_with_its_counts(folder: Path) -> None:
    posts = [post("p2", TEXT), post("p1", OTHER)]
    items = [item("i3", TEXT + OTHER), item("i1", TEXT), item("i2", letters(900, 999)), item("i0", TEXT, unit_id="u1")]
    assert match(folder, posts, items) == {"posts": 2, "items": 4, "matches": 4, "counted": 3}
    assert [(row["item_id"], row["post_id"], row["is_counted"], row["reason"]) for row in rows(folder)] == [
        ("i0", "p2", False, "self"),
        ("i1", "p2", True, None),
        ("i3", "p1", True, None),
        ("i3", "p2", True, None),
    ]
    # The optional columns are used where they are there, and not missed where they are not.
    assert match(folder, posts, [item("i1", "转发", parent_item_id="p1")]) == {
        "posts": 2, "items": 1, "matches": 1, "counted": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "counted"),
    [
        ((), [True, True, True]),
        (("--window-hours", "168"), [True, True, False]),
        (("--window-hours", "1"), [False] * 3),
    ],
)
def test_the_window_is_applied_only_when_asked_for(folder: Path, words: tuple[str, ...], counted: list[bool]) -> None:
    hours = (timedelta(hours=2), timedelta(hours=168), timedelta(hours=168, seconds=1))
    items = [item(f"i{n}", TEXT, published_at=AT + lag) for n, lag in enumerate(hours)]
    counts = match(folder, [post("p1", TEXT)], items, *words)
    assert (counts["matches"], counts["counted"]) == (3, sum(counted))
    assert [row["is_counted"] for row in rows(folder)] == counted
    assert [row["reason"] for row in rows(folder)] == [None if entry else "outside_window" for entry in counted]


def test_the_window_leaves_other_reasons_as_they_are_and_an_item_without_a_time_is_not_within_it(folder: Path) -> None:
    items = [
        item("i1", TEXT, unit_id="u1", published_at=AT + timedelta(days=30)),
        item("i2", TEXT, published_at=None),
    ]
    match(folder, [post("p1", TEXT)], items, "--window-hours", "168")
    assert [(row["is_counted"], row["reason"], row["lag_seconds"]) for row in rows(folder)] == [
        (False, "self", 30 * 86_400),
        (False, "no_time", None),
    ]
    match(folder, [post("p1", TEXT)], items)
    assert [(row["is_counted"], row["reason"]) for row in rows(folder)] == [(False, "self"), (True, None)]


def test_names_of_accounts_come_from_the_file_else_from_the_posts(folder: Path) -> None:
    posts = [
        post("p1", TEXT, account_name="滨江发布"),
        post("p2", TEXT, account_id="a2", account_name="河畔发布", published_at=AT + timedelta(hours=1)),
    ]
    items = [item("i1", TEXT, source_name_raw="河畔发布"), item("i2", TEXT, source_name_raw="又名")]
    match(folder, posts, items)
    assert [row["post_id"] for row in rows(folder)] == ["p2", "p1"]
    accounts = pa.table(
        {"account_id": ["a2"], "unit_id": ["u2"], "name": ["别的名"], "aliases": pa.array([["又名"]])},
    )
    match(folder, posts, items, accounts=accounts)
    assert [row["post_id"] for row in rows(folder)] == ["p1", "p2"]


def test_times_are_read_whatever_their_zone_and_unit(folder: Path) -> None:
    posts = table(POSTS, [post("p1", TEXT)])
    items = table(ITEMS, [item("i1", TEXT)])
    at = items.schema.names.index("published_at")
    utc = pa.array([datetime(2021, 8, 10, 4, 0, tzinfo=UTC)], pa.timestamp("ms", "UTC"))  # noon in Shanghai
    match(folder, posts, items.set_column(at, "published_at", utc))
    assert [row["lag_seconds"] for row in rows(folder)] == [3 * 3600]


def test_many_batches_read_like_one(folder: Path) -> None:
    items = [item(f"i{n:05}", TEXT if n % 1000 == 0 else "略") for n in range(4_100)]
    assert match(folder, [post("p1", TEXT)], items) == {"posts": 1, "items": 4_100, "matches": 5, "counted": 5}


@pytest.mark.parametrize("name", POSTS)
def test_a_missing_column_of_posts_is_named(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"posts.parquet lacks {name}; it has"):
        match(folder, table(POSTS, [post("p1", TEXT)]).drop_columns([name]), [])


@pytest.mark.parametrize("name", ITEMS)
def test_a_missing_column_of_items_is_named(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"items.parquet lacks {name}; it has"):
        match(folder, [post("p1", TEXT)], table(ITEMS, [item("i1", TEXT)]).drop_columns([name]))


def test_rows_without_an_id_posts_without_a_moment_and_posts_twice_are_refused(folder: Path) -> None:
    for posts, items, message in (
        ([post("p1", TEXT), post(None, TEXT)], [], "posts.parquet: rows without post_id"),  # type: ignore[arg-type]
        ([post("p1", TEXT)], [item(None, TEXT)], "items.parquet: rows without item_id"),  # type: ignore[arg-type]
        ([post("p1", TEXT, published_at=None)], [], "posts.parquet: posts without published_at"),
        ([post("p1", TEXT), post("p2", TEXT), post("p1", OTHER)], [], "posts.parquet: 1 post_id twice"),
    ):
        with pytest.raises(UsageError, match=message):
            match(folder, posts, items)
        assert not (folder / "out.parquet").exists()


def test_no_items_make_an_empty_file_with_all_columns(folder: Path) -> None:
    assert match(folder, [post("p1", TEXT)], []) == {"posts": 1, "items": 0, "matches": 0, "counted": 0}
    assert len(pq.read_schema(folder / "out.parquet")) == 21


def test_an_item_older_than_its_post_is_no_reprint(folder: Path) -> None:
    items = [item(f"i{n}", TEXT, published_at=AT - timedelta(minutes=n)) for n in (10, 11)]
    match(folder, [post("p1", TEXT)], items)
    assert [row["item_id"] for row in rows(folder)] == ["i10"]


def test_links_are_of_the_post_they_stand_beside_whatever_the_order_of_rows(folder: Path) -> None:
    posts = [
        post(f"p{n}", letters(100 * n, 100 * n + 100), url=f"https://e.cn/{n}", published_at=AT - timedelta(hours=n))
        for n in range(3)
    ]
    match(folder, posts, [item("i1", "转发", source_url_raw="https://e.cn/2")])
    assert [(row["post_id"], row["method"]) for row in rows(folder)] == [("p2", "link")]

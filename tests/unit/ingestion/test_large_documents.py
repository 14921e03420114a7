"""Large JSON documents: read in parts, with the same rows as when they are read whole."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any, TextIO

import pytest

from bangdan.core.errors import ExportRefused
from bangdan.ingestion.readers import documents, json_text, large_documents
from bangdan.ingestion.readers.json_text import JsonText
from tests.support import loading

MAPPING = """
name: city_posts
columns:
  channel_type: {value: weibo}
  platform: {value: weibo}
  account_key_type: {value: weibo_uid}
  account_key: [parent.user.id, parent.parent.user.id]
  record_id: id
  repost_of_id: parent.id
  topics: {from: parent.tags, separator: ","}
  published_at: date
  text: text
"""


COLUMNS = ("source_row", "account_key", "record_id", "repost_of_id", "topics", "published_at", "text")


def post(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(4670000000000000 + number), "date": "2021-08-02 10:00:00", "text": f"{number}" * 30, **more}


def account(posts: int) -> dict[str, Any]:
    """An account with posts, of which some have reposts; what their rows need of the account is before and behind them."""
    own = [post(n, reposts=[post(1_000 + 10 * n + k) for k in range(n % 3)]) for n in range(posts)]
    remarks = [{"id": "1", "date": "2021-08-03"}]
    return {"tags": ["a", "b"], "posts": own, "user": {"id": 1234567890, "name": "上海"}, "remarks": remarks}


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of few objects, read few characters at a time."""
    monkeypatch.setattr(large_documents, "SLICE_CHARS", 300)
    monkeypatch.setattr(large_documents, "OUTLINE_CHARS", 0)
    monkeypatch.setattr(json_text, "READ_CHARS", 37)


def rows(home: Path, document: Any, mapping: str | None = None, codec: str = "utf-8") -> list[dict[str, Any]]:
    """What the raw rows of a document hold of it."""
    file = loading.put(home / "in" / "a.json", json.dumps(document, ensure_ascii=False, indent=1).encode(codec))
    loading.load(home, file, mapping=loading.put(home / "m.yml", mapping) if mapping else None)
    return [{name: row[name] for name in COLUMNS} for row in loading.rows(home)]


@pytest.mark.usefixtures("in_small_parts")
@pytest.mark.parametrize(
    "items", ["posts", "posts.reposts", "[remarks, posts]", "[posts, posts.reposts, remarks, user]"]
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_records_of_nested_lists_with_their_parents_are_those_of_the_whole_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, items: str, codec: str
) -> None:
    mapping = f"{MAPPING}items: {items}\n"
    whole = rows(tmp_path / "whole", account(12), mapping, codec)
    monkeypatch.setattr(documents, "WHOLE_DOCUMENT", 0)
    parts = rows(tmp_path / "parts", account(12), mapping, codec)
    assert len(whole) >= 12
    assert any(row["account_key"] == "1234567890" for row in whole)
    if items.startswith("["):  # the rows have the order of the document, not that of the paths
        for row in (*whole, *parts):
            row["source_row"] = 0
        whole, parts = (sorted(part, key=lambda row: row["record_id"]) for part in (whole, parts))
    assert parts == whole


@pytest.mark.usefixtures("in_small_parts")
def test_a_list_of_objects_at_the_root_has_the_rows_and_rejected_rows_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elements = [*(post(n) for n in range(20)), 7, 12.5, "x", None, [post(1)], *(post(n) for n in range(30, 40))]
    mapping = MAPPING.replace("parent.", "")
    whole = rows(tmp_path / "whole", elements, mapping)
    monkeypatch.setattr(documents, "WHOLE_DOCUMENT", 0)
    assert rows(tmp_path / "parts", elements, mapping) == whole
    assert len(whole) == 30
    assert loading.rows(tmp_path / "parts", "rejects", "source_row", "reason_code") == loading.rows(
        tmp_path / "whole", "rejects", "source_row", "reason_code"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"posts": [{"id": 1}, {"id": 2}', "JSON_TRUNCATED"),
        ('{"posts": [{"id": 1}, {"id": 2}]', "JSON_TRUNCATED"),
        ('{"posts": [{"id": 1}, {"id": 2}]} x', "JSON_TRUNCATED"),
        ('{"posts": [{"id": 1} {"id": 2}]}', "JSON_TRUNCATED"),
        ('{"posts": [{"id": 1},]}', "JSON_TRUNCATED"),
        ('{"posts": [{"id": 1}], }', "JSON_TRUNCATED"),
        ('{"posts" [{"id": 1}]}', "JSON_TRUNCATED"),
        ('{7: [{"id": 1}]}', "JSON_TRUNCATED"),
        ('{"posts": [{"id": tru}]}', "JSON_TRUNCATED"),
        ('{"posts": [{"id": "\x01"}]}', "JSON_TRUNCATED"),
        ('{"posts": [{"id": 1, "id": 2}]}', "JSON_KEY_TWICE"),
        ('{"posts": [{"id": 1}], "posts": [{"id": 2}]}', "JSON_KEY_TWICE"),
        ('{"user": {"id": 1, "id": 2}, "posts": [{"id": 1}]}', "JSON_KEY_TWICE"),
        ('{"posts": [{"id": ' + "[" * 100_000, "JSON_LIMIT"),
        ('{"posts": [{"id": ' + "9" * 5_000 + "}]}", "JSON_LIMIT"),
        ('[{"id": 1}, {"id": 2}', "JSON_TRUNCATED"),
        ('[{"id": 1}] 7', "JSON_TRUNCATED"),
        ('[{"id": 1, "id": 2}]', "JSON_KEY_TWICE"),
        ("[ ]", "FILE_NO_ROWS"),
    ],
)
def test_what_is_no_json_is_refused_as_in_a_document_that_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: str
) -> None:
    monkeypatch.setattr(json_text, "READ_CHARS", 50)
    mapping = loading.put(tmp_path / "m.yml", f"{MAPPING}items: posts\n" if text.startswith("{") else MAPPING)
    for size in (10**9, 0):
        monkeypatch.setattr(documents, "WHOLE_DOCUMENT", size)
        [report] = loading.load(tmp_path / str(size), loading.put(tmp_path / "in" / "a.json", text), mapping=mapping)
        assert (report.status, report.reasons) == ("refused", {code: 1})
        assert loading.rows(tmp_path / str(size)) == []


def test_a_value_or_what_lies_outside_lists_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "READ_CHARS", 50)
    for module in (json_text, large_documents):
        monkeypatch.setattr(module, "MAX_VALUE", 1_000)
    assert large_documents.outline(io.StringIO('{"a": [{"x": "' + "长" * 900 + '"}]}'))["a"][0]["x"] == "长" * 900
    for text in (
        '{"a": [{"x": "' + "长" * 3_000 + '"}]}',
        '{"a": "' + "长" * 3_000 + '"}',
        json.dumps({str(n): "x" for n in range(900)}),
    ):
        with pytest.raises(ExportRefused, match="JSON_LIMIT"):
            large_documents.outline(io.StringIO(text))


def test_an_object_around_its_list_that_is_one_record_is_read_whole_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "WHOLE_DOCUMENT", 0)
    mapping = MAPPING.replace("parent.", "")
    assert [row["record_id"] for row in rows(tmp_path / "a", post(1, comments=[{"x": 1}]), mapping)] == [post(1)["id"]]
    monkeypatch.setattr(documents, "MAX_DOCUMENT", 10)
    assert rows(tmp_path / "b", post(1, comments=[{"x": 1}]), mapping) == []


def test_numbers_and_words_that_the_buffer_cuts_are_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [123456, -1.5e3, True, None, '\\u4e2d\\n"', {"a": [1, {"b": []}]}, [], 0]
    for step in range(1, 20):
        monkeypatch.setattr(json_text, "READ_CHARS", step)
        assert list(large_documents.elements(io.StringIO(json.dumps(values, indent=3)))) == values
        assert JsonText(io.StringIO(f"  {12345}")).value()[0] == 12345


class _Repeated(io.TextIOBase):
    """A document of many posts that is made while it is read."""

    def __init__(self, posts: int) -> None:
        self._pieces = iter(
            ['{"user": {"id": 7}, "posts": [', *[json.dumps(post(1)) + ","] * posts, json.dumps(post(2)), "]}"]
        )
        self._held = ""

    def read(self, size: int | None = -1) -> str:
        while len(self._held) < (size or 0) and (piece := next(self._pieces, "")):
            self._held += piece
        taken, self._held = self._held[:size], self._held[size:]
        return taken


def test_memory_does_not_grow_with_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_documents, "SLICE_CHARS", 100_000)
    monkeypatch.setattr(json_text, "READ_CHARS", 50_000)
    peaks = []
    for posts in (5_000, 20_000):

        def opened(posts: int = posts) -> TextIO:
            return _Repeated(posts)  # type: ignore[return-value]

        tracemalloc.start()
        assert sum(len(part.document.get("posts", ())) for part in large_documents.parts(opened)) == posts + 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]

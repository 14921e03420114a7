"""Objects of a store land as files do: by a store that is a folder, so that times and errors can be chosen."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from bangdan.core.errors import BangdanError, UsageError
from bangdan.ingestion import inbox
from bangdan.ingestion.inbox import Credentials
from tests.support import loading

OLD = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)


class Store:
    """A folder in the place of S3: what it was opened with, and what was fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[dict[str, Any]] = []
        self.fails: Callable[[str], None] = lambda _: None

    def open(self, **options: Any) -> fs.FileSystem:
        self.opened.append(options)
        return fs.SubTreeFileSystem(str(self.folder), fs.LocalFileSystem())

    def put(self, name: str, data: bytes | str = "x", at: datetime = OLD) -> None:
        file = loading.put(self.folder / "bucket" / "prefix" / name, data)
        os.utime(file, (at.timestamp(), at.timestamp()))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(tmp_path / "store")
    (tmp_path / "store").mkdir()
    monkeypatch.setattr(fs, "S3FileSystem", made.open)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    return made


def land(tmp_path: Path, *sources: str, **options: Any) -> dict[str, Any]:
    result = inbox.land_sources(sources or ["s3://bucket/prefix"], loading.settings(tmp_path / "home"), **options)
    assert [entry.export_id for entry in result] == sorted(entry.export_id for entry in result)
    return {entry.source_file: entry for entry in result}


def test_an_object_was_received_when_the_store_says_it_was_written(tmp_path: Path, store: Store) -> None:
    store.put("甲/1.csv")
    assert {name: entry.received_at for name, entry in land(tmp_path).items()} == {"甲/1.csv": OLD}


def test_a_note_beside_or_above_wins_over_the_stores_time_and_a_given_time_over_both(
    tmp_path: Path, store: Store
) -> None:
    for name in ("a/1.csv", "a/b/2.csv", "3.csv"):
        store.put(name, name)
    store.put("a/_delivery.json", '{"received_at": "2021-08-02T00:00:00+00:00", "synthetic": true}')
    result = land(tmp_path)
    assert {name: (entry.received_at == OLD, entry.is_synthetic) for name, entry in result.items()} == {
        "a/1.csv": (False, True), "a/b/2.csv": (False, True), "3.csv": (True, False),
    }  # fmt: skip
    assert result["a/b/2.csv"].received_at == datetime(2021, 8, 2, tzinfo=UTC)
    given = datetime(2018, 1, 1, tzinfo=UTC)
    assert {entry.received_at for entry in land(tmp_path, received_at=given).values()} == {given}


def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[str]:
    """Names of the objects whose bytes are read during one more landing."""
    names: list[str] = []
    copy = inbox.shutil.copyfileobj

    def watched(source: Any, target: Any, size: int) -> None:
        names.append(Path(target.name).name)
        copy(source, target, size)

    with monkeypatch.context() as patch:
        patch.setattr(inbox.shutil, "copyfileobj", watched)
        land(tmp_path, **options)
    return names


def test_hidden_and_half_written_objects_are_not_even_fetched(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", ".hidden.csv", ".folder/b.csv", "c.csv.partial"):
        store.put(name, name)
    assert fetched(tmp_path, monkeypatch) == ["a.csv"]
    assert list(land(tmp_path)) == ["a.csv"]


def test_an_object_is_fetched_again_only_when_it_or_a_note_or_the_given_time_has_changed(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("a.csv", "1")
    store.put("b.csv", "2")
    assert fetched(tmp_path, monkeypatch) == ["a.csv", "b.csv"]
    assert fetched(tmp_path, monkeypatch) == []
    store.put("a.csv", "3", datetime(2020, 1, 1, tzinfo=UTC))
    assert fetched(tmp_path, monkeypatch) == ["a.csv"]
    assert fetched(tmp_path, monkeypatch, received_at=OLD) == ["a.csv", "b.csv"]
    store.put("_delivery.json", "{}")
    assert fetched(tmp_path, monkeypatch) == ["_delivery.json", "a.csv", "b.csv"]
    assert fetched(tmp_path, monkeypatch) == ["_delivery.json"]


def test_an_object_whose_delivery_is_gone_is_fetched_again_and_a_purged_one_is_not(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("a.csv", "1")
    (entry,) = land(tmp_path).values()
    home = loading.settings(tmp_path / "home")
    (home.landing / "deliveries" / entry.sha256[:2] / f"{entry.export_id}.json").unlink()
    assert fetched(tmp_path, monkeypatch) == ["a.csv"]
    (home.landing / "deliveries" / entry.sha256[:2] / f"{entry.export_id}.json").unlink()
    loading.put(home.landing / "purged" / f"{entry.export_id}.json", '{"months": []}')
    assert fetched(tmp_path, monkeypatch) == []
    assert land(tmp_path) == {}


def test_what_was_fetched_leaves_nothing_but_landed_bytes(tmp_path: Path, store: Store) -> None:
    store.put("甲/5200100000.csv")
    land(tmp_path)
    kept = {path.relative_to(tmp_path / "home/landing").parts[0] for path in (tmp_path / "home/landing").rglob("*")}
    assert len(kept) == 3
    assert {"deliveries", "fetched"} < kept
    assert not any("5200100000" in path.name for path in (tmp_path / "home/landing").rglob("*"))


def test_folders_and_prefixes_land_together_each_export_once(tmp_path: Path, store: Store) -> None:
    store.put("甲/1.csv", "1")
    file = loading.put(tmp_path / "in" / "甲" / "1.csv", "1")
    loading.put(tmp_path / "in" / "乙" / "2.csv", "2")
    assert sorted(land(tmp_path, "s3://bucket/prefix/", str(tmp_path / "in"))) == ["乙/2.csv", "甲/1.csv"]
    assert file.exists()


def test_the_given_credentials_open_the_store_and_none_from_the_environment_are_mixed_in(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("a.csv")
    monkeypatch.setenv("AWS_REGION", "from-environment")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere:1")
    land(tmp_path, credentials=Credentials("key", "secret", "token", "region", "https://store.example:9000"))
    result = {
        name: store.opened[-1][name]
        for name in ("access_key", "secret_key", "session_token", "region", "endpoint_override", "scheme")
    }
    assert result == {
        "access_key": "key", "secret_key": "secret", "session_token": "token", "region": "region",
        "endpoint_override": "store.example:9000", "scheme": "https",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "region", "endpoint", "scheme"),
    [
        ({}, None, None, None),
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "a", None, None),
        ({"AWS_DEFAULT_REGION": "b"}, "b", None, None),
        ({"AWS_ENDPOINT_URL": "http://h:1"}, None, "h:1", "http"),
        ({"AWS_ENDPOINT_URL": "http://h:1", "AWS_ENDPOINT_URL_S3": "https://s3:2"}, None, "s3:2", "https"),
        ({"AWS_ENDPOINT_URL": "h:1"}, None, "h:1", None),
    ],
)
def test_region_and_endpoint_are_those_of_the_environment(
    tmp_path: Path,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict,
    region: str,
    endpoint: str,
    scheme: str,
) -> None:
    store.put("a.csv")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    land(tmp_path)
    opened = store.opened[-1]
    assert (opened["region"], opened["endpoint_override"], opened["scheme"]) == (region, endpoint, scheme)
    assert (opened["access_key"], opened["secret_key"]) == (None, None)  # pyarrow looks for them itself


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("When getting: AWS Error ACCESS_DENIED during ListObjectsV2: secret-words (HTTP status 403)", "ACCESS_DENIED, HTTP 403"),
        ("AWS Error NETWORK_CONNECTION during x", "NETWORK_CONNECTION"), ("Response code: 404", "OSError, HTTP 404"), ("secret-words", "OSError"),
    ],
)  # fmt: skip
def test_a_stores_error_is_told_by_its_kind_and_not_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, output: str
) -> None:
    def fails(**_: Any) -> None:
        raise OSError(words)

    monkeypatch.setattr(fs, "S3FileSystem", fails)
    with pytest.raises(BangdanError) as result:
        land(tmp_path)
    assert result.value.message == f"s3://bucket/prefix: the object store does not give it ({output})"
    assert result.value.remedy


def test_an_object_that_is_not_given_is_told_by_its_address(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("甲/1.csv")

    def broken(*_: Any) -> None:
        raise OSError("x")

    monkeypatch.setattr(inbox.shutil, "copyfileobj", broken)
    with pytest.raises(BangdanError, match=r"s3://bucket/prefix/甲/1\.csv: "):
        land(tmp_path)
    assert [path.name for path in (tmp_path / "home" / "landing").iterdir()] == []


@pytest.mark.parametrize(
    "address", ["s3://user:pw@bucket/p", "s3://user@bucket/p", "s3://bucket/p?x=1", "s3:///p", "s3://"]
)
def test_an_address_with_a_secret_or_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        inbox.checked(address)


def test_what_is_an_address() -> None:
    assert inbox.is_remote("s3://bucket/prefix")
    assert not inbox.is_remote("/in/s3://x")
    assert not inbox.is_remote(Path("s3"))
    assert inbox.checked("s3://bucket/prefix//") == "s3://bucket/prefix"

"""Exports from an object store: the same as from a folder, against a local store; and no secret is recorded_bytes by anything."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import fs

from bangdan.core.errors import BangdanError, UsageError
from bangdan.core.settings import Settings
from bangdan.ingestion import inbox, landing
from bangdan.ingestion.inbox import Credentials
from tests.support import private_persons
from tests.support.homes import BANGDAN, bangdan, confirm_registries, ranking

BUCKET = "exports"
# Secrets that are looked for in everything a run leaves behind.
ACCESS_KEY, SECRET_KEY, TOKEN = (
    "AKIACANARYACCESS0001",
    "canarySecretKey/abcdefghijklmnop+0002",
    "canary-session-token-0003",
)
PRIVACY_KEY = "c0ffee" * 10 + "0004"
CANARIES = {ACCESS_KEY, SECRET_KEY, TOKEN, PRIVACY_KEY}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A store on loopback that ends with the tests."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def store(endpoint: str) -> fs.S3FileSystem:
    opened = fs.S3FileSystem(
        access_key="a", secret_key="b", endpoint_override=endpoint.removeprefix("http://"), scheme="http",
        region="us-east-1", allow_bucket_creation=True,
    )  # fmt: skip
    opened.create_dir(BUCKET)
    return opened


def put(store: fs.S3FileSystem, folder: Path, prefix: str) -> None:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            with store.open_output_stream(f"{BUCKET}/{prefix}/{file.relative_to(folder).as_posix()}") as stream:
                stream.write(file.read_bytes())


def environment(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_SESSION_TOKEN": TOKEN,
        "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip


@pytest.fixture
def open_store(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)


def notes(settings: Settings) -> dict[str, dict]:
    return {
        file.name: json.loads(file.read_text("utf-8")) for file in (settings.landing / "deliveries").glob("*/*.json")
    }


@pytest.mark.usefixtures("open_store")
def test_objects_land_as_files_of_a_folder_do(store: fs.S3FileSystem, tmp_path: Path) -> None:
    delivered = private_persons.write(tmp_path / "in")
    (delivered / ".hidden").write_text("x", "utf-8")
    (delivered / "monitor" / "half.csv.partial").write_text("x", "utf-8")
    put(store, delivered, "same/2020")
    here, there = Settings(tmp_path / "folder", 1, "1GB"), Settings(tmp_path / "store", 1, "1GB")
    landing.land([delivered], here)
    result = inbox.land_sources([f"s3://{BUCKET}/same/2020/"], there)
    assert notes(there) == notes(here) != {}
    assert [entry.export_id for entry in result] == sorted(note["export_id"] for note in notes(here).values())
    assert all(entry.path.is_file() for entry in result)
    assert not list(there.landing.glob(".arriving*"))


@pytest.mark.usefixtures("open_store")
def test_an_object_is_fetched_once_and_again_when_it_has_changed(
    store: fs.S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered = private_persons.write(tmp_path / "in")
    put(store, delivered, "often")
    settings = Settings(tmp_path / "home", 1, "1GB")
    fetched: list[str] = []
    fetch = inbox._fetch
    monkeypatch.setattr(inbox, "_fetch", lambda s, entry, target: (fetched.append(entry.path), fetch(s, entry, target)))
    first = inbox.land_sources([f"s3://{BUCKET}/often"], settings)
    assert len(fetched) == 11  # ten files and the delivery note
    fetched.clear()
    assert inbox.land_sources([f"s3://{BUCKET}/often"], settings) == first
    assert fetched == [f"{BUCKET}/often/_delivery.json"]
    fetched.clear()
    table = delivered / "monitor" / "table.csv"
    table.write_bytes(table.read_bytes().replace("要闻".encode(), "新闻".encode()))  # as long as before
    put(store, delivered / "monitor", "often/monitor")
    changed = inbox.land_sources([f"s3://{BUCKET}/often"], settings)
    assert [path for path in fetched if not path.endswith(".json")] == [f"{BUCKET}/often/monitor/table.csv"]
    assert len({entry.sha256 for entry in changed} - {entry.sha256 for entry in first}) == 1


@pytest.mark.usefixtures("open_store")
def test_without_a_note_an_object_was_received_when_it_was_written(
    store: fs.S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store's own time, made a year older: an object that was written a moment ago would prove nothing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("x\n", "utf-8")
    put(store, tmp_path / "in", "plain")
    from moto.s3.models import s3_backends

    for backend in s3_backends["123456789012"].values():
        for key in backend.buckets[BUCKET].keys.values() if BUCKET in backend.buckets else ():
            if key.name == "plain/a.csv":
                key.last_modified = datetime(2020, 3, 4, 5, 6, 7)  # noqa: DTZ001 - as moto keeps it, in UTC
    (entry,) = inbox.land_sources([f"s3://{BUCKET}/plain"], Settings(tmp_path / "home", 1, "1GB"))
    assert entry.received_at == datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.mark.usefixtures("open_store")
def test_a_large_object_is_never_in_memory_as_a_whole(
    store: fs.S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "large.bin").write_bytes(os.urandom(landing.CHUNK) * 12)
    put(store, tmp_path / "in", "large")
    largest = 0
    copy = inbox.shutil.copyfileobj

    def watched(source, target, length):
        class Counting:
            def read(self, size: int) -> bytes:
                nonlocal largest
                data = source.read(size)
                largest = max(largest, len(data))
                return data

        copy(Counting(), target, length)

    monkeypatch.setattr(inbox.shutil, "copyfileobj", watched)
    (entry,) = inbox.land_sources([f"s3://{BUCKET}/large"], Settings(tmp_path / "home", 1, "1GB"))
    assert entry.path.stat().st_size == 12 * landing.CHUNK
    assert 0 < largest <= landing.CHUNK


def test_hostile_names_make_no_path_and_addresses_carry_no_secret() -> None:
    for name in ("a/../../b.csv", "a//b.csv", "./a.csv", "a\0b.csv", "x" * 300):
        with pytest.raises(BangdanError, match="rename"):
            inbox._name(f"bucket/p/{name}", "bucket/p")
    assert inbox._name("bucket/p/甲/1.csv", "bucket/p") == "甲/1.csv"
    for address in (f"s3://user:{SECRET_KEY[:9]}@bucket/p", f"s3://bucket/p?secret_key={SECRET_KEY[:9]}", "s3:///p"):
        with pytest.raises(UsageError) as refused:
            inbox.checked(address)
        assert SECRET_KEY[:9] not in str(refused.value)
    assert ACCESS_KEY not in repr(Credentials(ACCESS_KEY, SECRET_KEY, TOKEN))


def recorded_bytes(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every byte below a home, but the landed exports' own and the key's."""
    for file in sorted(home.rglob("*")):
        if file.is_file() and not re.match(r"[0-9a-f]{64}\.", file.name):
            yield file.relative_to(home).as_posix(), file.read_bytes()


def test_a_month_from_the_store_and_no_canary_anywhere(
    store: fs.S3FileSystem, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, private_persons.write(tmp_path / "in"), "month")
    key = tmp_path / "kept" / "privacy.key"
    key.parent.mkdir()
    key.write_text(PRIVACY_KEY, "ascii")
    for name, value in {**environment(endpoint), "BANGDAN_PRIVACY_KEY_FILE": str(key)}.items():
        monkeypatch.setenv(name, value)
    home = tmp_path / "home"
    home.mkdir()
    confirm_registries(home, tmp_path / "in" / "registry")
    output = bangdan(home, "run", "--month", "2020-02", "--inbox", f"s3://{BUCKET}/month")
    assert len(ranking(home, "2020-02")) == 8
    again = bangdan(home, "ingest", f"s3://{BUCKET}/month", "--dry-run", "--json", code=1)  # one file is broken
    assert json.loads(again.stdout)["accepted"] > 100
    # The store refuses: wrong bucket, then nobody there.
    failed = [bangdan(home, "run", "--month", "2020-02", "--inbox", "s3://no-such-bucket/x", code=1)]
    assert "s3://no-such-bucket/x" in failed[0].stderr
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    failed.append(bangdan(home, "ingest", f"s3://{BUCKET}/month", code=1))
    assert "Traceback" not in failed[0].stderr + failed[1].stderr
    spoken = "".join(done.stdout + done.stderr for done in [output, again, *failed])
    assert [canary for canary in CANARIES if canary in spoken] == []
    result = [(where, canary) for where, data in recorded_bytes(home) for canary in CANARIES if canary.encode() in data]
    assert result == []


def test_a_store_that_denies_access_is_told_by_kind_and_without_a_secret(endpoint: str, tmp_path: Path) -> None:
    """Moto checks signatures in a process of its own that is recorded_bytes to."""
    script = (
        "import os, subprocess, sys\n"
        "from moto.server import ThreadedMotoServer\n"
        "server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False); server.start()\n"
        "os.environ['AWS_ENDPOINT_URL'] = 'http://%s:%s' % server.get_host_and_port()\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=False, timeout=120)\n"
        "server.stop(); print(done.stdout, done.stderr); sys.exit(done.returncode)\n"
    )
    done = subprocess.run(
        [*BANGDAN[:1], "-c", script, *BANGDAN, "ingest", f"s3://{BUCKET}/month"],
        env={**os.environ, **environment(endpoint), "BANGDAN_HOME": str(tmp_path), "INITIAL_NO_AUTH_ACTION_COUNT": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"s3://{BUCKET}/month: the object store does not give it" in done.stdout
    assert "Traceback" not in done.stdout
    assert [canary for canary in CANARIES if canary in done.stdout + done.stderr] == []


def test_an_airflow_connection_opens_the_store_in_memory(store: fs.S3FileSystem, endpoint: str, tmp_path: Path) -> None:
    put(store, private_persons.write(tmp_path / "in"), "flow")
    connection = {
        "conn_type": "aws", "login": ACCESS_KEY, "password": SECRET_KEY,
        "extra": {"endpoint_url": endpoint, "region_name": "us-east-1", "aws_session_token": TOKEN},
    }  # fmt: skip
    script = (
        "import json, logging, sys\n"
        "logging.basicConfig(level=logging.DEBUG)\n"
        "from bangdan import bridge\n"
        f"print('XCOM', json.dumps(bridge.land('2021-08', 's3://{BUCKET}/flow')))\n"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [*BANGDAN[:1], "-c", script],
        env={
            **clean, "AWS_EC2_METADATA_DISABLED": "true", "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "BANGDAN_HOME": str(tmp_path / "home"), "AIRFLOW_CONN_BANGDAN_INBOX": json.dumps(connection),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "BANGDAN_INBOXES": f"s3://{BUCKET}",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    batches = json.loads(done.stdout.split("XCOM ")[1].splitlines()[0])
    assert sum(map(len, batches)) == 11
    assert [canary for canary in CANARIES if canary in done.stdout + done.stderr] == []
    assert [
        (where, canary)
        for where, data in recorded_bytes(tmp_path / "home")
        for canary in CANARIES
        if canary.encode() in data
    ] == []

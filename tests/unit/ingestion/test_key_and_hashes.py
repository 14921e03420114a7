"""The key's life, and the keyed hashes by plain HMAC: what they are made of and how long they are."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from pathlib import Path

import pyarrow as pa
import pytest

from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.ingestion import privacy

SECRET = bytes(range(32))
PUBLIC = hashlib.sha256(b"bangdan: synthetic accounts").hexdigest()


def digest(text: str) -> str:
    return hmac.new(SECRET, text.encode(), "sha256").hexdigest()


def hashed(name_column: str = "account_name_raw", **columns: list) -> list[dict]:
    rows = len(next(iter(columns.values())))
    texts_of = {"channel_type": ["weibo"] * rows, "account_key": [None] * rows, name_column: [None] * rows, **columns}
    table = pa.table({
        **{name: pa.array(values, pa.string()) for name, values in texts_of.items()}, "account_pseudonym": pa.nulls(rows, pa.string()),
        **({"item_salt": pa.nulls(rows, pa.string())} if name_column == "account_name_raw" else {}),
    })  # fmt: skip
    result = privacy.with_pseudonyms(table, privacy.Key(SECRET))
    assert result.schema == table.schema
    return result.to_pylist()


@pytest.mark.parametrize(
    ("channel", "key", "name", "account"),
    [
        ("weibo", "5", "甲", "weibo\x1f5"), ("weibo", " 5 ", None, "weibo\x1f5"), ("wechat", "5", "甲", "wechat\x1f5"),
        ("weibo", None, "甲", "weibo\x1f甲"), ("weibo", "  ", " 甲 ", "weibo\x1f甲"), (None, "5", None, "\x1f5"),
    ],
)  # fmt: skip
def test_a_pseudonym_is_p_and_24_digits_of_channel_and_key_else_name_and_the_salt_the_last_32(
    channel: str | None, key: str | None, name: str | None, account: str
) -> None:
    (row,) = hashed(channel_type=[channel], account_key=[key], account_name_raw=[name])
    assert row["account_pseudonym"] == "p" + digest(account)[:24]
    assert row["item_salt"] == digest(account)[32:]


def test_a_record_of_nobody_has_a_salt_and_no_pseudonym() -> None:
    (row,) = hashed(account_key=[""], account_name_raw=[" "])
    assert (row["account_pseudonym"], row["item_salt"]) == (None, digest("weibo\x1f")[32:])


def test_outlets_have_pseudonyms_and_no_salts_and_other_tables_neither() -> None:
    (row,) = hashed("outlet_name", account_key=[None], outlet_name=["甲"])
    assert row["account_pseudonym"] == "p" + digest("weibo\x1f甲")[:24]
    units = pa.table({"unit_id": ["1"]})
    assert privacy.with_pseudonyms(units, privacy.Key(SECRET)) is units


def test_every_row_has_the_hash_of_its_own_account() -> None:
    keys = ["1", "2", "1", "3", "2"]
    assert [row["account_pseudonym"] for row in hashed(account_key=keys)] == [
        "p" + digest(f"weibo\x1f{key}")[:24] for key in keys
    ]


def test_the_fingerprint_is_twelve_digits_and_the_key_shows_nothing_of_itself() -> None:
    key = privacy.Key(SECRET)
    assert key.fingerprint == digest("fingerprint")[:12]
    assert SECRET.hex() not in repr(key)
    assert "x01" not in repr(key)


def settings(tmp_path: Path, own: str = "") -> Settings:
    return Settings(tmp_path / "home", 1, "1GB", privacy_key_file=own)


def key_file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "secrets" / "privacy.key"


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "ascii")
    return file


def prepare(tmp_path: Path, own: str = "", **options: bool) -> str:
    return privacy.prepare(
        settings(tmp_path, own), **{"is_synthetic": False, "has_loaded": False, **options}
    ).secret.hex()


def test_a_home_of_synthetic_exports_has_the_key_that_is_no_secret(tmp_path: Path) -> None:
    assert prepare(tmp_path, is_synthetic=True) == PUBLIC
    assert key_file(tmp_path).read_text("ascii") == PUBLIC + "\n"
    assert prepare(tmp_path, is_synthetic=True, has_loaded=True) == PUBLIC


def test_a_home_of_real_exports_has_a_key_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    entry, other = prepare(tmp_path / "1"), prepare(tmp_path / "2")
    assert PUBLIC not in (entry, other)
    assert entry != other
    assert len(entry) == 64
    for path, mode in ((key_file(tmp_path / "1"), 0o600), (key_file(tmp_path / "1").parent, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert os.listdir(key_file(tmp_path / "1").parent) == ["privacy.key"]
    assert (
        prepare(tmp_path / "1")
        == entry
        == prepare(tmp_path / "1", is_synthetic=True)
        == prepare(tmp_path / "1", has_loaded=True)
    )


@pytest.mark.parametrize("has_loaded", [False, True])
def test_the_first_real_export_replaces_the_key_that_is_no_secret_with_the_same_care(
    tmp_path: Path, has_loaded: bool
) -> None:
    prepare(tmp_path, is_synthetic=True)
    real = prepare(tmp_path, has_loaded=has_loaded)
    assert real != PUBLIC
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600
    assert privacy.read(settings(tmp_path)).secret.hex() == real == key_file(tmp_path).read_text("ascii").strip()
    assert prepare(tmp_path, is_synthetic=True) == real


@pytest.mark.parametrize("is_synthetic", [False, True])
def test_a_key_that_is_gone_after_exports_have_been_loaded_is_an_error(tmp_path: Path, is_synthetic: bool) -> None:
    with pytest.raises(BangdanError, match="is not there") as result:
        prepare(tmp_path, is_synthetic=is_synthetic, has_loaded=True)
    assert "backup" in (result.value.remedy or "")
    assert not key_file(tmp_path).exists()


def test_a_key_of_ones_own_is_never_replaced_and_must_be_there(tmp_path: Path) -> None:
    own = write(tmp_path / "own.key", PUBLIC)
    assert prepare(tmp_path, str(own)) == PUBLIC
    assert own.read_text("ascii") == PUBLIC
    own.unlink()
    with pytest.raises(BangdanError, match=r"own\.key is not there"):
        prepare(tmp_path, str(own))
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("text", "is_key"), [("ab" * 32, True), ("AB" * 32 + "\n", True), (" " + "ab" * 32 + "\n\n", True), ("ab" * 31, False), ("zz" * 32, False), ("", False)]
)  # fmt: skip
def test_a_key_is_64_hexadecimal_digits_and_what_is_none_is_not_shown(tmp_path: Path, text: str, is_key: bool) -> None:
    write(key_file(tmp_path), text)
    if is_key:
        assert privacy.read(settings(tmp_path)).secret == bytes.fromhex("ab" * 32)
    else:
        with pytest.raises(BangdanError, match="64 hexadecimal digits") as result:
            privacy.read(settings(tmp_path))
        assert not text or text not in str(result.value)


def test_no_key_at_all_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(BangdanError, match="cannot be read: No such file"):
        privacy.read(settings(tmp_path))


def test_of_two_that_make_the_first_key_at_a_time_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process has written its key between the look and the write."""
    link = os.link

    def raced(source: Path, target: Path) -> None:
        write(Path(target), "cd" * 32)
        link(source, target)

    monkeypatch.setattr(os, "link", raced)
    assert prepare(tmp_path) == "cd" * 32
    assert os.listdir(key_file(tmp_path).parent) == ["privacy.key"]

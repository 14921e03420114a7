"""Nothing of a private person leaves the raw layer: planted names, keys, identifiers and words are looked for."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.ingestion import privacy
from bangdan.pipeline import intake
from tests.support import private_persons
from tests.support.homes import bangdan, confirm_registries, published, ranking

# Where the bytes as delivered and as typed are, and the key: all else may be shown.
BEHIND_THE_DOOR = {"landing", "raw", "secrets"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the month with the planted persons has been published; what the run printed is in it too."""
    base = tmp_path_factory.mktemp("persons")
    inbox = private_persons.write(base / "inbox")
    confirm_registries(base / "home", inbox / "registry")
    done = bangdan(base / "home", "run", "--month", "2020-02", "--inbox", inbox)
    (base / "home" / "printed.txt").write_text(done.stdout + done.stderr, "utf-8")
    return base / "home"


def warehouse(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "warehouse" / "bangdan.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def test_no_planted_word_stands_beyond_the_raw_layer(home: Path) -> None:
    places = list(private_persons.texts(home, without=BEHIND_THE_DOOR))
    assert any("staging.stg_observations" in where for where, _text in places)
    assert any(where.startswith("evidence/matches/") for where, _text in places)
    assert any("published.reprints" in where for where, _text in places)
    # The warehouse's own bytes hold its view of the register of outlets.
    allowed = {("warehouse/bangdan.duckdb", word) for word in private_persons.LISTED}
    result = {(where, word) for where, text in places for word in private_persons.PLANTED if word in text} - allowed
    assert result == set()


def test_the_planted_words_were_delivered_and_read(home: Path) -> None:
    """What can't be found elsewhere is in raw: the test above looks for the right things."""
    raw = repr(warehouse(home, "select * from raw.records")) + repr(warehouse(home, "select * from raw.channels"))
    names = f"select source_file from read_parquet('{home}/raw/export_manifest/*.parquet')"
    raw += repr(warehouse(home, names))
    assert "甄实名/broken.csv" in raw  # refused, and its name is the person's
    assert [word for word in private_persons.PLANTED if word not in raw] == []


def test_forwards_by_persons_count_each_as_an_outlet_of_its_own(home: Path) -> None:
    """Six carry the post: five persons, one of whom two exports saw, and one organization, which alone has a name."""
    rows = published(
        home,
        "select outlet_id, outlet_name, title, url, method from published.reprints where is_counted"
        " and post_id = 'weibo:4470343464910948' and channel_type = 'weibo'",
    )
    persons = [row for row in rows if row[1] is None]
    assert len(rows) == 6
    assert [name for _id, name, *_ in rows if name] == ["晨报微博"]
    assert all(outlet.startswith("weibo:p") and len(outlet) == 31 for outlet, *_ in persons)
    assert {(title, url) for _id, _name, title, url, _how in persons} == {(None, None)}
    # A person's article that holds the text is matched by its text, which stands in raw only.
    (article,) = published(
        home,
        "select outlet_name, url, method from published.reprints where channel_type = 'wechat' and is_counted",
    )
    assert article == (None, None, "text")


def test_a_namesake_of_an_organization_is_a_person(home: Path) -> None:
    """A key of the register's own kind says who it is; the name beside it doesn't."""
    (row,) = warehouse(
        home,
        "select bool_and(i.is_private), bool_or(i.outlet_id = 'weibo:morning') from staging.stg_channel_items i"
        f" join raw.records r using (load_key, source_row) where r.account_key = '{private_persons.NAMESAKE_UID}'",
    )
    assert row == (True, False)


def test_an_organization_s_source_is_kept_unless_it_is_a_person_s_name(home: Path) -> None:
    assert warehouse(home, "select count(nullif(source_name_raw, '')) from staging.stg_channel_items") == [(0,)]
    assert warehouse(home, "select count(*) from raw.records where source_name_raw <> ''") == [(1,)]


def test_an_unknown_outlet_is_for_review_by_its_pseudonym_and_raw_knows_its_name(home: Path) -> None:
    names = warehouse(
        home,
        "select distinct r.account_name_raw from review.qc_unmapped_channels q join raw.records r"
        " on q.outlet_id = r.channel_type || ':' || r.account_pseudonym where q.channel_type = 'wechat' order by 1",
    )
    assert names == [("无主公号小屋",), ("路人乙的源头",)]


def test_an_item_of_a_person_is_explained_without_its_words(home: Path) -> None:
    ((item_id,),) = published(home, "select item_id from published.reprints where channel_type = 'wechat'")
    for form in ((), ("--html",)):
        output = bangdan(home, "explain", "--item", item_id, *form).stdout
        assert "便民服务点" in output  # the post it was compared with
        assert [word for word in private_persons.PLANTED if word in output] == []


def test_the_key_is_a_secret_of_the_home(home: Path) -> None:
    file = home / "secrets" / "privacy.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = file.read_text("ascii").strip()
    assert secret != privacy.SYNTHETIC
    assert [where for where, text in private_persons.texts(home, without=BEHIND_THE_DOOR) if secret in text] == []
    everywhere = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file() and p.parent.name != "secrets")
    assert secret.encode() not in everywhere
    key = privacy.read(Settings(home, 1, "1GB"))
    assert secret not in repr(key)
    assert warehouse(home, "select distinct privacy_key from raw.export_manifest where status <> 'refused'") == [
        (key.fingerprint,)
    ]


def rows_in_raw(home: Path) -> dict[str, bytes]:
    return {p.relative_to(home).as_posix(): p.read_bytes() for p in sorted((home / "raw/records").rglob("*.parquet"))}


def test_the_same_key_gives_the_same_bytes(home: Path, tmp_path: Path) -> None:
    for name in ("landing", "secrets"):
        shutil.copytree(home / name, tmp_path / name)
    intake.load(Settings(tmp_path, 1, "1GB"))
    assert rows_in_raw(tmp_path) == rows_in_raw(home) != {}


def test_another_key_gives_other_pseudonyms_and_the_same_ranking(home: Path, tmp_path: Path) -> None:
    for folder in ("landing", "corrections"):
        shutil.copytree(home / folder, tmp_path / folder)
    bangdan(tmp_path, "run", "--month", "2020-02")
    assert ranking(tmp_path, "2020-02") == ranking(home, "2020-02")
    outlets = "select outlet_id from published.reprints where outlet_name is null order by all"
    assert len(published(home, outlets)) == len(published(tmp_path, outlets)) > 5
    assert not set(published(home, outlets)) & set(published(tmp_path, outlets))


def test_a_lost_key_is_an_error_and_not_another_key(home: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    shutil.copytree(home, lost, symlinks=True)
    (lost / "secrets" / "privacy.key").unlink()
    failed = bangdan(lost, "run", "--month", "2020-02", code=1)
    assert "backup" in failed.stderr
    (lost / "secrets" / "privacy.key").write_text("not a key, but a secret of another kind", "ascii")
    failed = bangdan(lost, "run", "--month", "2020-02", code=1)
    assert "another kind" not in failed.stderr
    assert "privacy.key" in failed.stderr


def test_synthetic_exports_alone_have_a_key_that_is_no_secret_until_the_first_real_one(tmp_path: Path) -> None:
    settings = Settings(tmp_path, 1, "1GB")
    assert privacy.prepare(settings, is_synthetic=True, has_loaded=False).secret.hex() == privacy.SYNTHETIC
    assert privacy.prepare(settings, is_synthetic=True, has_loaded=True).secret.hex() == privacy.SYNTHETIC
    real = privacy.prepare(settings, is_synthetic=False, has_loaded=True)
    assert real.secret.hex() != privacy.SYNTHETIC
    assert privacy.prepare(settings, is_synthetic=True, has_loaded=True) == real


def test_a_key_of_one_s_own_is_read_where_it_stands_and_never_made_there(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", 1, "1GB", privacy_key_file=str(tmp_path / "mine.key"))
    with pytest.raises(BangdanError, match=r"mine\.key"):
        privacy.prepare(settings, is_synthetic=False, has_loaded=False)
    (tmp_path / "mine.key").write_text(os.urandom(32).hex(), "ascii")
    assert privacy.prepare(settings, is_synthetic=False, has_loaded=False)
    assert not (tmp_path / "home").exists()


def test_pseudonyms_go_by_channel_and_key_else_name() -> None:
    table = pa.table(
        {
            "channel_type": ["weibo", "weibo", "wechat", "weibo", "weibo"],
            "account_key": ["1", " 1 ", "1", None, None],
            "account_name_raw": ["a", "b", "a", "a", ""],
            "account_pseudonym": pa.nulls(5, pa.string()),
            "item_salt": pa.nulls(5, pa.string()),
        }
    )
    first, same, other_channel, by_name, nobody = privacy.with_pseudonyms(table, privacy.Key(b"k" * 32)).to_pylist()
    assert first["account_pseudonym"] == same["account_pseudonym"]
    assert len({row["account_pseudonym"] for row in (first, other_channel, by_name)}) == 3
    assert nobody["account_pseudonym"] is None
    assert len(nobody["item_salt"]) == 32

"""The manifest and what it promises: nothing changes unnoticed, and the same inputs give the same bytes anywhere."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.publication import code_version, ledger, manifest, verification
from tests.support import small_city
from tests.support.homes import PROJECT, flip_a_byte

pytestmark = pytest.mark.slow


def test_the_code_version_changes_with_a_model_and_a_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in code_version.CODE:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, target)
    monkeypatch.setattr(code_version, "PROJECT", tmp_path)
    seen = set()
    for name in (
        None, "dbt_project/models/published/rpt_ranking.sql", "plugins/bangdan/publication/pages/templates/page.css",
        "expectations/ranking.yml", "dbt_project/macros/portable/ratio.sql", "docs/methodology/README.md",
    ):  # fmt: skip
        if name:
            with (tmp_path / name).open("a", encoding="utf-8") as stream:
                stream.write("\n")
        code_version.code_version.cache_clear()
        seen.add(code_version.code_version())
    assert len(seen) == 6
    # What only tells or keeps makes no figure: months stay as they are.
    for name in code_version.WITHOUT_FIGURES:
        place = tmp_path / "plugins" / "bangdan" / name
        assert place.exists(), name
        with (place if place.is_file() else place / "__init__.py").open("a", encoding="utf-8") as stream:
            stream.write("\n")
    code_version.code_version.cache_clear()
    assert code_version.code_version() in seen
    code_version.code_version.cache_clear()


# The manifest of a small city, field by field


def test_every_file_of_a_release_stands_in_its_manifest_with_its_hash(small: Settings) -> None:
    folder = small.releases / "2021-08/r1"
    lying = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    del lying["manifest.json"]
    assert small_city.manifest_of(small)["files"] == lying
    assert len(lying) == 64


def test_files_are_listed_with_name_size_and_hash_those_for_people_first(tmp_path: Path) -> None:
    for name, text in (("tables/a.parquet", "12345"), ("z.csv", "1"), ("b.csv", ""), ("units/x/y.html", "12")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [(entry["name"], entry["size"]) for entry in manifest.listed(tmp_path)] == [
        ("b.csv", 0), ("z.csv", 1), ("tables/a.parquet", 5), ("units/x/y.html", 2),
    ]  # fmt: skip
    assert manifest.listed(tmp_path)[1]["sha256"] == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"


def test_inputs_are_the_exports_that_a_month_may_read(small: Settings) -> None:
    """Posts of three months before to items of the week after; and all that is no records, as the registry."""
    august = small_city.manifest_of(small)
    assert [(entry["export_sha256"][0], entry["connector"]) for entry in august["inputs"]] == [
        ("a", "news_csv"), ("b", "wechat_csv"), ("c", "weibo_csv"), ("f", "registry_csv"),
    ]  # fmt: skip
    assert august["inputs"][0] == {
        "export_sha256": "a" * 64, "source_file": "news_csv/a.csv", "connector": "news_csv", "received_at": "2021-09-09T06:00:00+08",
        "rows_read": 10, "accepted": 7, "rejected": 2, "duplicate": 1,
    }  # fmt: skip
    assert august["knowledge_cut_off"] == "2021-09-10T06:00:00+08"
    # The posts of April, and of June's own two months before.
    june = small_city.manifest_of(small, month=small_city.JUNE)
    assert [entry["export_sha256"][0] for entry in june["inputs"]] == ["b", "d", "f"]
    assert june["knowledge_cut_off"] == "2021-06-02T06:00:00+08"


def test_a_release_points_to_the_one_before_it(own_small: Settings) -> None:
    def sha(month: str, name: str) -> str:
        return hashlib.sha256((own_small.releases / month / name / "manifest.json").read_bytes()).hexdigest()

    assert small_city.manifest_of(own_small)["previous"] == {
        "month": "2021-07",
        "release": "r1",
        "sha256": sha("2021-07", "r1"),
    }
    small_city.change(own_small, "update published.rpt_coverage set item_count = 11 where item_count = 10")
    small_city.publish(own_small, reason="R1")
    assert small_city.manifest_of(own_small, "r2")["previous"] == {
        "month": "2021-08",
        "release": "r1",
        "sha256": sha("2021-08", "r1"),
    }
    # A month that is restated points to its own earlier release, not to the months after it.
    small_city.change(own_small, "update published.rpt_subjects set post_count = 9 where ranking_month = '2021-07'")
    small_city.publish(own_small, small_city.JULY, reason="R1")
    july = small_city.manifest_of(own_small, "r2", small_city.JULY)["previous"]
    assert (july["month"], july["release"]) == ("2021-07", "r1")
    assert verification.verify(own_small) == []


def test_a_month_released_late_points_to_the_month_before_it_and_not_to_a_later_one(tmp_path: Path) -> None:
    settings = small_city.build(tmp_path, "2021-06", "2021-07", "2021-08")
    for month in (small_city.JUNE, small_city.AUGUST, small_city.JULY):
        small_city.publish(settings, month)
    assert small_city.manifest_of(settings, month=small_city.JULY)["previous"]["month"] == "2021-06"
    assert small_city.manifest_of(settings)["previous"]["month"] == "2021-06"


def test_the_manifest_tells_month_release_method_gates_and_seeds(small: Settings) -> None:
    august = small_city.manifest_of(small)
    assert (august["ranking_month"], august["release"], august["method_version"]) == ("2021-08", "r1", "2021-01")
    assert august["gates"] == small_city.GATES
    seeds = PROJECT / "dbt_project/seeds"
    assert august["seeds"] == {
        path.relative_to(seeds).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in seeds.rglob("*.csv")
    }
    text = (small.releases / "2021-08/r1/manifest.json").read_text("utf-8")
    assert str(small.home) not in text
    assert text == json.dumps(august, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def test_the_hash_that_writing_a_manifest_returns_is_that_of_its_bytes(tmp_path: Path) -> None:
    digest = manifest.write({"b": "中", "a": 1}, tmp_path / "manifest.json")
    assert (tmp_path / "manifest.json").read_bytes() == '{\n "a": 1,\n "b": "中"\n}\n'.encode()
    assert digest == hashlib.sha256((tmp_path / "manifest.json").read_bytes()).hexdigest()


def test_damage_names_each_file_and_what_is_wrong_with_it(own_small: Settings) -> None:
    last = ledger.latest(own_small, small_city.AUGUST)
    assert last is not None
    assert manifest.damage(last) == {}
    (last.path / "en.html").unlink()
    (last.path / "units/extra.html").write_text("x")
    flip_a_byte(last.path / "tables/posts.parquet")
    (last.path / "manifest.sig").write_text("not listed, and no damage")
    assert manifest.damage(last) == {
        "en.html": "is missing", "units/extra.html": "is not in the manifest", "tables/posts.parquet": "has changed since it was released",
    }  # fmt: skip
    assert sorted(verification.verify(own_small)) == [
        "2021-08 r1: en.html is missing", "2021-08 r1: tables/posts.parquet has changed since it was released",
        "2021-08 r1: units/extra.html is not in the manifest",
    ]  # fmt: skip


def test_pages_may_be_damaged_where_only_tables_are_read(own_small: Settings) -> None:
    last = ledger.latest(own_small, small_city.AUGUST)
    assert last is not None
    flip_a_byte(last.path / "index.html")
    manifest.require_whole(last)
    flip_a_byte(last.path / "ranking.parquet")
    with pytest.raises(BangdanError, match=r"2021-08 r1: ranking\.parquet has changed since it was released"):
        manifest.require_whole(last)


def test_verifying_a_month_looks_at_that_month(own_small: Settings) -> None:
    flip_a_byte(own_small.releases / "2021-07/r1/index.html")
    flip_a_byte(own_small.releases / "index.html")
    assert verification.verify(own_small, small_city.AUGUST) == []
    assert verification.verify(own_small, small_city.JULY) == [
        "2021-07 r1: index.html has changed since it was released"
    ]


def test_the_archive_is_looked_at_where_the_releases_are_whole(own_small: Settings) -> None:
    flip_a_byte(own_small.releases / "index.html")
    assert verification.verify(own_small) == ["archive: index.html does not show the releases"]


def test_latest_is_asked_of_the_newest_release_only(own_small: Settings) -> None:
    small_city.change(own_small, "update published.rpt_coverage set item_count = 11 where item_count = 10")
    small_city.publish(own_small, reason="R1")
    link = own_small.releases / "2021-08/latest"
    link.unlink()
    link.symlink_to("r1")
    assert verification.verify(own_small) == ["2021-08: latest leads to r1, the newest release is r2"]
    link.unlink()
    assert verification.verify(own_small) == ["2021-08: latest is missing, the newest release is r2"]


def test_a_manifest_that_lacks_what_it_must_tell_is_a_problem(own_small: Settings) -> None:
    recorded = small_city.manifest_of(own_small)
    del recorded["previous"]
    manifest.write(recorded, own_small.releases / "2021-08/r1/manifest.json")
    assert verification.verify(own_small, small_city.AUGUST) == [
        "2021-08 r1: manifest.json is damaged (it has no previous)"
    ]


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"files": {}}', '{"files": [], "code_version": "x"}', '{"files": {}, "code_version": ""}']
)
def test_an_archive_that_does_not_say_what_was_written_is_a_problem(own_small: Settings, text: str) -> None:
    (own_small.releases / "archive.json").write_text(text)
    assert verification.verify(own_small) == [
        "archive: archive.json is missing or damaged; the next publication of any month writes it again"
    ]

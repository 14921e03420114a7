"""Mappings in the city's folder are found without being named, and what they read follows them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from bangdan.core import city
from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.ingestion import city_mappings
from bangdan.pipeline import intake
from tests.support import loading
from tests.support.homes import PROJECT

DOUYIN = PROJECT / "docs" / "examples" / "new-platform" / "media_crawler_douyin.yml"
VIDEO = {
    "aweme_id": "7395812618608315657", "aweme_type": "0", "title": "开放夜市", "desc": "滨海夜市今晚开放 #湾城", "create_time": 1628470800,
    "user_id": "1000000000000011", "sec_uid": "MS4wLjABAAAA1", "short_user_id": "0", "user_unique_id": "", "user_signature": "",
    "nickname": "湾城发布", "avatar": "", "liked_count": "105354", "collected_count": "19466", "comment_count": "21540",
    "share_count": "68101", "ip_location": "上海", "last_modify_ts": 1628557200000,
    "aweme_url": "https://www.douyin.com/video/7395812618608315657", "source_keyword": "",
}  # fmt: skip
SPLIT = """
name: town_monitor
recognise: [标题, 媒体, 发布]
columns: {channel_type: {value: news_site}, account_key_type: {value: name}, account_key: 媒体, title: 标题, published_at: 发布}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "mappings").mkdir()
    return loading.settings(tmp_path)


def land(settings: Settings, name: str, text: str) -> dict[str, object]:
    file = loading.put(settings.city / "in" / name, text)
    return intake.ingest(settings, [file], received_at=loading.RECEIVED).to_json()


def test_an_export_of_media_crawler_s_douyin_is_read_by_the_mapping_of_the_docs(settings: Settings) -> None:
    shutil.copy(DOUYIN, settings.city / "mappings")
    result = land(settings, "contents.jsonl", loading.lines([VIDEO]))
    assert [(file["connector"], file["accepted"]) for file in result["files"]] == [("media_crawler_douyin", 1)]
    (row,) = loading.rows(settings.home)
    names = ("channel_type", "platform", "account_key_type", "account_key", "account_name_raw", "record_id", "text", "url",
             "like_count", "comment_count", "share_count", "read_count", "topics")  # fmt: skip
    assert [row[name] for name in names] == [
        "douyin", "douyin", "uid", "1000000000000011", "湾城发布", "7395812618608315657", "滨海夜市今晚开放 #湾城",
        VIDEO["aweme_url"], 105354, 21540, 68101, None, row["topics"],
    ]  # fmt: skip
    assert f"{row['published_at']:%Y-%m-%d %H:%M %z}" == "2021-08-09 01:00 +0000"
    assert f"{row['observed_at']:%Y-%m-%d %H:%M %z}" == "2021-08-10 01:00 +0000"


def test_the_city_s_mapping_comes_before_the_program_s(settings: Settings) -> None:
    header = "渠道类型,媒体名称,媒体ID,标题,正文,链接,发布时间\n微博,甲,5,标题,x,https://weibo.com/1,2021-08-02\n"
    assert land(settings, "v.csv", header)["files"][0]["connector"] == "monitoring_vendor"
    text = SPLIT.replace("媒体", "媒体名称").replace("发布", "发布时间").replace("town_monitor", "own_vendor")
    loading.put(settings.city / "mappings" / "own.yml", text)
    assert land(settings, "v2.csv", header.replace("标题,x", "题,x"))["files"][0]["connector"] == "own_vendor"


def test_a_refused_export_is_tried_again_when_the_city_has_another_mapping(settings: Settings) -> None:
    assert land(settings, "m.csv", "标题,媒体,发布\n题,湾城报,2021-08-02 09:00\n")["files"][0]["status"] == "refused"
    assert intake.load(settings).already_loaded == 1
    loading.put(settings.city / "mappings" / "monitor.yml", SPLIT)
    result = intake.load(settings).to_json()
    assert (result["already_loaded"], result["accepted"], result["refused"]) == (0, 1, [])
    assert intake.load(settings).already_loaded == 1


def test_an_export_follows_its_mapping(settings: Settings) -> None:
    file = loading.put(settings.city / "mappings" / "monitor.yml", SPLIT)
    land(settings, "m.csv", "标题,媒体,发布\n题,湾城报,2021-08-02 09:00\n")
    assert loading.rows(settings.home, "records", "text") == [None]
    loading.put(file, SPLIT.replace("title: 标题", "title: 标题, text: 标题"))
    assert intake.load(settings).already_loaded == 0
    keys = {row["load_key"] for row in loading.rows(settings.home, "export_manifest")}
    assert [row["text"] for row in loading.rows(settings.home) if row["load_key"] in keys] == ["题"]


def test_an_export_whose_mapping_is_gone_stays_as_it_was_read(settings: Settings) -> None:
    file = loading.put(settings.city / "mappings" / "monitor.yml", SPLIT)
    land(settings, "m.csv", "标题,媒体,发布\n题,湾城报,2021-08-02 09:00\n")
    file.unlink()
    result = intake.load(settings).to_json()
    assert (result["already_loaded"], result["refused"]) == (1, [])


def test_a_mapping_of_the_city_may_be_named_as_a_connector(settings: Settings) -> None:
    loading.put(settings.city / "mappings" / "monitor.yml", SPLIT)
    file = loading.put(settings.city / "in" / "m.csv", "标题,媒体,发布\n题,湾城报,2021-08-02 09:00\n")
    result = intake.ingest(settings, [file], connector="town_monitor", received_at=loading.RECEIVED)
    assert result.files[0].connector == "town_monitor"
    assert intake.load(settings).already_loaded == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "weibo_crawler_csv"}, "name: weibo_crawler_csv is the name of another mapping"),
        ({"recognise": []}, "recognise: it names no column"),
        ({"columns": {"titel": "标题"}}, "no such column in records; did you mean title"),
    ],
)
def test_a_wrong_mapping_is_named_before_anything_loads(
    settings: Settings, change: dict[str, object], problem: str
) -> None:
    mapping = yaml.safe_dump(yaml.safe_load(SPLIT) | change, allow_unicode=True)
    loading.put(settings.city / "mappings" / "monitor.yml", mapping)
    with pytest.raises(BangdanError, match=problem) as caught:
        land(settings, "m.csv", "标题,媒体,发布\n题,湾城报,2021-08-02 09:00\n")
    assert "monitor.yml" in str(caught.value)


def test_two_mappings_of_one_name_are_refused(settings: Settings) -> None:
    for name in ("a.yml", "b.yml"):
        loading.put(settings.city / "mappings" / name, SPLIT)
    with pytest.raises(BangdanError, match=r"mappings/b\.yml: name: town_monitor is the name of another mapping"):
        city_mappings.most_specific_first(settings)


def test_a_mapping_is_among_the_hashes_of_what_a_release_is_made_from(settings: Settings) -> None:
    initial = city.hashes(settings)
    loading.put(settings.city / "mappings" / "monitor.yml", SPLIT)
    assert city.hashes(settings).keys() - initial.keys() == {"mappings/monitor.yml"}

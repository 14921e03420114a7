"""Every connector reads the export of its tool: as many records as plain csv and json count, and the right values."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bangdan.ingestion import built_in_mappings
from tests.support import loading
from tests.support.sample_exports import ALL, BIZ, MIDS, Made


def loaded(tmp_path: Path, made: Made, **options: object) -> list:
    file = tmp_path / "in" / made.path
    made.write(file)
    (report,) = loading.load(tmp_path / "home", tmp_path / "in", **options)  # type: ignore[arg-type]
    assert (report.status, report.connector, report.accepted) == ("loaded", made.connector, made.count(file)), report
    return loading.rows(tmp_path / "home", built_in_mappings.named(made.connector).table)


@pytest.mark.parametrize("made", ALL, ids=lambda made: f"{made.connector}-{ALL.index(made)}")
def test_a_connector_recognises_its_tool_and_reads_every_record(tmp_path: Path, made: Made) -> None:
    rows = loaded(tmp_path, made)
    assert len(rows) >= 4
    if "channel_type" in rows[0] and "record_id" in rows[0]:
        assert all(row["record_id"] and row["account_key"] for row in rows)
        assert len({row["record_id"] for row in rows}) == len(rows)


def test_every_connector_that_loads_has_an_export_here() -> None:
    registry = {"registry_units", "registry_accounts", "registry_channels"}
    reads = {entry.name for entry in built_in_mappings.most_specific_first() if not entry.refuse}
    assert reads - registry == {made.connector for made in ALL}


def first(connector: str) -> Made:
    return next(made for made in ALL if made.connector == connector)


def test_all_generations_of_weibo_crawler_say_the_same(tmp_path: Path) -> None:
    values = []
    for i, made in enumerate(made for made in ALL if made.connector == "weibo_crawler_csv"):
        rows = loaded(tmp_path / str(i), made)
        values.append(
            [
                (row["record_id"], row["account_key"], row["account_name_raw"], row["text"], row["like_count"])
                for row in rows
            ]
        )
        assert [row["record_id"] for row in rows] == MIDS
        assert {row["repost_of_id"] for row in rows} == ({"4650000000000001", None} if i else {None})
        assert [row["repost_count_qualifier"] for row in rows][:3] == ["exact", "floor", "exact"]
        assert rows[1]["published_precision"] == ("day" if i < 2 else "second")
    assert values[0] == values[1] == values[2] == values[3]
    assert values[0][0] == (MIDS[0], "5200100000", "演示发布", '#开放#第0条\n第二行，有"引号"', 0)


def test_the_json_and_the_csv_of_weibo_crawler_agree(tmp_path: Path) -> None:
    (row, second, *_) = loaded(tmp_path, first("weibo_crawler_json"))
    assert (row["record_id"], row["account_key"], row["is_original"]) == (MIDS[0], "5200100000", True)
    assert (second["is_original"], second["original_evidence"], second["repost_of_account_key"]) == (
        False,
        "retweet_link",
        "1",
    )


def test_users_become_outlets_and_no_owner_is_made_up(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("weibo_crawler_users"))
    assert [(row["outlet_id"], row["is_organization"]) for row in rows] == [
        ("weibo:5200100000", True), ("weibo:5200100001", True), ("weibo:5200100002", False), ("weibo:5200100003", False),
    ]  # fmt: skip
    assert json.loads(rows[0]["extra"])["认证信息"] == "演示市政府"
    assert loading.rows(tmp_path / "home", "accounts") == []


def test_people_and_views_of_wechat_never_share_a_unit(tmp_path: Path) -> None:
    content = loaded(tmp_path / "a", next(made for made in ALL if made.path.endswith("已通知内容.xlsx")))
    total = loaded(tmp_path / "b", first("wechat_backend_total"))
    assert {row["read_unit"] for row in content} == {"views"}
    assert {row["read_unit"] for row in total} == {"people"}
    # A short link names no account: the folder does.
    assert [row["account_key"] for row in content][10:] == [BIZ, "演示发布"]
    assert [row["account_key_type"] for row in content][10:] == ["wx_biz", "name"]


def test_tables_of_different_wechat_tools_meet_in_one_record(tmp_path: Path) -> None:
    names = ("wechat_exporter_json", "wechat_exporter_xlsx", "wechat_download_csv")
    ids = [{(row["account_key"], row["record_id"]) for row in loaded(tmp_path / name, first(name))} for name in names]
    assert ids[0] == ids[1] == ids[2]


def test_article_totals_are_cumulative_and_the_last_day_is_taken(tmp_path: Path) -> None:
    new, old = [made for made in ALL if made.connector == "wechat_article_total"]
    rows = loaded(tmp_path / "new", new)
    assert [row["read_count"] for row in rows] == [300 + i for i in range(12)]
    assert (rows[0]["recommend_count"], rows[0]["like_count"], rows[0]["comment_count"]) == (3, 4, 5)
    assert rows[0]["observed_at"] == datetime(2021, 8, 3, 16, tzinfo=UTC)
    assert [row["read_count"] for row in loaded(tmp_path / "old", old)] == [70 + i for i in range(12)]


def test_names_that_tools_swap_are_mapped_by_tool(tmp_path: Path) -> None:
    """oldLikeNum is 点赞 and likeNum is 在看; a failed read is written as 0."""
    rows = loaded(tmp_path / "json", first("wechat_exporter_json"))
    assert {(row["like_count"], row["recommend_count"]) for row in rows} == {(3, 1)}
    assert (rows[0]["read_count"], rows[0]["read_count_qualifier"]) == (100001, "floor")
    sheet = loaded(tmp_path / "xlsx", first("wechat_exporter_xlsx"))
    assert (sheet[1]["read_count"], sheet[1]["read_count_qualifier"]) == (0, "zero_suspect")
    assert [row["is_original"] for row in sheet][:2] == [False, True]


def test_originality_by_text_says_what_it_rests_on(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("media_crawler"))
    assert [row["is_original"] for row in rows][:2] == [True, False]
    assert {row["original_evidence"] for row in rows} == {"text_pattern"}
    assert rows[0]["published_at"] == datetime(2021, 8, 2, 2, 6, 40, tzinfo=UTC)


def test_feeds_carry_their_own_zone(tmp_path: Path) -> None:
    feeds = [made for made in ALL if "feed" in made.connector]
    for i, made in enumerate(feeds):
        rows = loaded(tmp_path / str(i), made)
        assert rows[3]["published_at"] == datetime(2021, 8, 2, 1, tzinfo=UTC) + timedelta(minutes=3)
        assert {row["account_key"] for row in rows} == {"news.example"}


def test_gb18030_counts_and_dates_of_a_vendor(tmp_path: Path) -> None:
    row = loaded(tmp_path, first("monitoring_vendor"))[0]
    assert (row["channel_type"], row["account_key_type"]) == ("news_app", "app_id")
    assert (row["read_count"], row["read_count_qualifier"], row["read_count_raw"]) == (100001, "floor", "10万+")
    assert (row["like_count"], row["comment_count"], row["repost_count"]) == (1234, None, None)
    assert row["published_precision"] == "minute"


@pytest.mark.parametrize(
    ("name", "data", "output"),
    [
        ("用户增长.xls", "<html><table><tr><td>新增人数</td></tr></table></html>", "user growth"),
        ("a.json", '{"list": [{"ref_date": "2021-08-02", "user_source": 0}]}', "getarticletotaldetail"),
        ("hot.json", '[{"url": "/weibo?q=1", "title": "热"}]', "hot list"),
        ("m.csv", "note_id,content,liked_count,creator_hash,nickname\n1,a,2,f,演**\n", "names no account"),
        ("a.warc", "WARC/1.0\r\nWARC-Type: response\r\n", "web archive"),
        ("sitemap.xml", "<?xml version='1.0'?><urlset><url><loc>https://a.example/</loc></url></urlset>", "sitemap"),
        (
            "data.xml",
            "<?xml version='1.0'?><articles><article><title>a</title></article></articles>",
            "root <articles>",
        ),
        ("data.xml", "<posts><post id='1'/></posts>", "root <posts>"),
        ("c.csv", "微博id,评论者昵称,评论内容,评论时间\n1,甲,好,2021-08-02\n", "comments on posts"),
        ("t.csv", "null\tnull\tf\tnull\t标题\n", "HDR_MISSING"),
        ("x.csv", "城市,人口\n上海,2487\n", "--suggest"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_hand_in(tmp_path: Path, name: str, data: str, output: str) -> None:
    (report,) = loading.load(tmp_path / "home", loading.put(tmp_path / "in" / name, data))
    assert report.status == "refused"
    assert output in (report.message or "")


def test_the_registry_comes_as_workbook_too(tmp_path: Path) -> None:
    import xlsxwriter

    file = tmp_path / "in" / "登记.xlsx"
    file.parent.mkdir()
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet()
    sheet.write_row(
        0,
        0,
        [
            "account_id",
            "unit_id",
            "platform",
            "account_key_type",
            "account_key",
            "account_name",
            "aliases",
            "verified_type",
            "valid_from",
            "valid_to",
        ],
    )
    sheet.write_row(
        1,
        0,
        [
            "wb-1",
            310110,
            "weibo",
            "weibo_uid",
            "5200100000",
            "演示发布",
            "演示|演示市发布",
            "government",
            "2021-01-01",
            "",
        ],
    )
    sheet.write_row(2, 0, ["", 310110, "weibo", "weibo_uid", "5200100001", "无编号", "", "", "", ""])
    book.close()
    (report,) = loading.load(tmp_path / "home", file)
    assert (report.connector, report.accepted, report.reasons) == ("registry_accounts", 1, {"ID_MISSING": 1})
    (row,) = loading.rows(tmp_path / "home", "accounts")
    assert (row["unit_id"], row["aliases"], row["valid_to"]) == ("310110", ["演示", "演示市发布"], None)
    assert row["valid_from"] == datetime(2020, 12, 31, 16, tzinfo=UTC)


MADE_AT = datetime(2021, 7, 17, 9, 27, 21, tzinfo=UTC)  # of all MIDS


def test_a_table_of_weibo_pages_has_ids_times_and_zeros_of_its_own(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("weibo_page_csv"))
    assert [row["record_id"] for row in rows] == MIDS
    assert {row["account_key"] for row in rows} == {"5200100000"}
    # Every third row shows a minute with its year; the others the time that the id holds.
    assert [row["published_at"] for row in rows][:2] == [MADE_AT.replace(second=0), MADE_AT]
    counts = [(row["repost_count"], row["comment_count"], row["like_count"]) for row in rows]
    assert counts[:3] == [(0, 0, 0), (1, 1, 12_000), (2, 2, 12_000)]
    assert rows[0]["repost_count_qualifier"] == "exact"


def test_a_topics_table_names_the_author_of_every_post(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("weibo_topic_csv"))
    assert [(row["record_id"], row["account_key"], row["account_name_raw"]) for row in rows][:2] == [
        (MIDS[0], "5200100000", "用户0"), (MIDS[1], "5200100001", "用户1"),
    ]  # fmt: skip
    assert {row["published_at"] for row in rows} == {MADE_AT}
    assert [row["like_count"] for row in rows][:2] == [0, 1]


def test_weibo_spider_names_its_account_in_the_path(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("weibo_spider_csv"))
    assert [row["record_id"] for row in rows] == MIDS
    assert {(row["account_key"], row["account_name_raw"]) for row in rows} == {("5200100000", "演示发布")}
    assert [row["is_original"] for row in rows][:3] == [False, True, True]


def test_reposts_in_a_file_of_their_own_link_to_the_post_in_its_name(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("weibo_reposts_json"))
    assert {(row["repost_of_id"], row["root_id"], row["repost_of_account_key"]) for row in rows} == {(MIDS[0], MIDS[0], "5200100000")}  # fmt: skip
    assert [row["parent_id"] for row in rows][:4] == [None, MIDS[1], None, None]
    assert {row["published_at"] for row in rows} == {MADE_AT}


def test_every_article_of_a_wechat_message_has_the_time_of_the_message(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("wechat_history_json"))
    result = {(row["record_id"], row["position"]): (row["published_at"], row["is_original"]) for row in rows}
    nine = datetime(2021, 8, 2, 1, tzinfo=UTC)
    assert result == {
        (f"{2650000001 + n // 4}_{n % 4 + 1}", n % 4 + 1): (nine + timedelta(hours=n // 4), n % 2 == 1) for n in range(12)
    }  # fmt: skip
    assert {row["account_key"] for row in rows} == {BIZ}


def test_of_a_database_backup_the_articles_are_read_and_no_key_is_kept(tmp_path: Path) -> None:
    rows = loaded(tmp_path, first("wechat_backup_json"))
    assert [(row["read_count"], row["comment_count"]) for row in rows][:2] == [(100001, 2), (1, 2)]
    assert "k3y" not in str(rows)
    assert "t1cket" not in str(rows)


def test_media_cloud_and_a_crawler_of_the_site_give_one_record(tmp_path: Path) -> None:
    names = ("media_cloud_stories", "news_crawler")
    ids = [{(row["account_key"], row["record_id"]) for row in loaded(tmp_path / name, first(name))} for name in names]
    assert ids[0] == ids[1]

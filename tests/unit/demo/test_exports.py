"""What the generator writes for one small month: the plan's totals, each tool's own shape, the same bytes again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bangdan import demo
from bangdan.core import city
from bangdan.core.months import Month
from bangdan.demo import exports, items, posts, world
from tests.support import demo_city

AUGUST = Month(2021, 8)
SCALE = 0.006
NOTE = "合成数据，仅供演示 / synthetic data, for demonstration only"


class Written:
    """A month's own posts and items, and the folder they were written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = world.plan(AUGUST, SCALE)
        self.posts = posts.write(self.plan)
        self.items = items.write(self.plan, self.posts)
        exports.registry(folder)
        exports.month(folder, self.plan, self.posts, self.items)
        self.month = folder / "synthetic-2021-08"
        self.late = folder / "synthetic-2021-08-late"

    def rows(self, pattern: str, encoding: str = "utf-8-sig") -> list[list[str]]:
        """Rows of CSV files below the month, without their headers."""
        result = []
        for file in sorted(self.month.glob(pattern)):
            result += list(csv.reader(io.StringIO(file.read_bytes().decode(encoding))))[1:]
        return result

    def of(self, channel: str) -> list[items.Item]:
        return [pair for pair in self.items if pair.outlet.channel_type == channel]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("demo"))


def texts_and_cells(folder: Path) -> dict[str, str]:
    """SHA-256 by path; of a workbook its cells', since a zip's bytes depend on the library that packed it."""
    from python_calamine import CalamineWorkbook

    result = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        if file.suffix == ".xlsx":
            data = json.dumps(CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python(), default=str).encode()
        result[file.relative_to(folder).as_posix()] = hashlib.sha256(data).hexdigest()
    return result


def test_the_registry_is_confirmed_in_the_folder_of_the_demo_city(written: Written) -> None:
    files = sorted((written.folder / "synthetic-registry").glob("*.csv"))
    rows = city.rows(demo_city.settings(), "corrections/registry_confirmations")
    assert [row["export_sha256"] for row in rows] == sorted(
        hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    )


# ---- the whole ---------------------------------------------------------------------------------------------------


def test_one_seed_gives_the_same_bytes_again(written: Written, tmp_path: Path) -> None:
    again = Written(tmp_path)
    both = [
        {
            path.relative_to(entry.folder).as_posix(): path.read_bytes()
            for path in entry.folder.rglob("*")
            if path.is_file()
        }
        for entry in (written, again)
    ]
    assert len(both[0]) > 200
    assert both[0] == both[1]


def test_the_bytes_of_a_month_are_those_of_every_version_before(written: Written) -> None:
    """Published demonstrations stay comparable: who changes the generator on purpose writes the new hash here."""
    result = json.dumps(texts_and_cells(written.folder), sort_keys=True, ensure_ascii=False)
    assert (
        hashlib.sha256(result.encode()).hexdigest()
        == "6ff2b9344f942f9e97662bcc043101d4a78ab6cc3befe4e156edac0296cad499"
    )


def test_a_month_says_how_much_was_written_and_that_it_is_synthetic(tmp_path: Path) -> None:
    message: list[str] = []
    result = demo.write(Month(2021, 8), Month(2021, 9), tmp_path, 0.002, progress=message.append)
    assert (result["inbox"], result["synthetic"], list(result["months"])) == (
        str(tmp_path),
        True,
        ["2021-08", "2021-09"],
    )
    for month in (Month(2021, 8), Month(2021, 9)):
        plan = world.plan(month, 0.002)
        counts = result["months"][str(month)]
        assert counts["posts"] == plan.wechat + plan.weibo
        assert f"{month}: {counts['posts']:,} posts, {counts['items']:,} items" in message
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "synthetic-2021-08", "synthetic-2021-08-late", "synthetic-2021-09", "synthetic-2021-09-late", "synthetic-registry",
    ]  # fmt: skip


def test_every_delivery_says_that_it_is_synthetic_and_when_it_was_received(written: Written) -> None:
    notes = {file.parent.name: json.loads(file.read_text("utf-8")) for file in written.folder.rglob("_delivery.json")}
    assert {name: note["received_at"] for name, note in notes.items()} == {
        "synthetic-registry": "2018-12-01T00:00:00+08:00",
        "synthetic-2021-08": "2021-09-10T06:00:00+08:00",
        "synthetic-2021-08-late": "2021-09-15T06:00:00+08:00",
    }
    assert all(note["synthetic"] is True and note["note"] == NOTE for note in notes.values())


def test_every_file_carries_the_word_synthetic_in_its_own_name(written: Written) -> None:
    wrong = [
        file.name
        for file in written.folder.rglob("*")
        if file.is_file() and "synthetic" not in file.name and file.name != "_delivery.json"
    ]
    assert wrong == []


def test_a_delivery_that_is_written_again_keeps_nothing_of_the_one_before(tmp_path: Path) -> None:
    old = tmp_path / "synthetic-2021-08" / "old.csv"
    old.parent.mkdir()
    old.write_text("old", "utf-8")
    exports.deliver(old.parent, datetime(2021, 9, 10, 6))  # noqa: DTZ001 - Shanghai local
    assert [file.name for file in old.parent.iterdir()] == ["_delivery.json"]


# ---- own posts ---------------------------------------------------------------------------------------------------


def test_own_posts_are_as_many_as_planned_by_platform_and_originality(written: Written) -> None:
    by_platform = Counter(post.account.platform for post in written.posts)
    assert by_platform == {"wechat": written.plan.wechat, "weibo": written.plan.weibo}
    assert sum(post.is_original for post in written.posts) == written.plan.originals


def test_posts_on_the_epidemic_are_as_many_as_planned(written: Written) -> None:
    words = ("疫情", "新冠", "疫苗", "核酸", "防疫")
    result = sum(any(word in post.title + post.body for word in words) for post in written.posts)
    # A few forwards take the words of what they forward, and a few articles do without the words.
    assert 0.8 * written.plan.epidemic <= result <= 1.2 * written.plan.epidemic


def test_posts_lie_in_the_month_and_ascend_within_an_account(written: Written) -> None:
    times = defaultdict(list)
    for post in written.posts:
        times[post.account.account_id].append(post.at)
    assert all(result == sorted(result) for result in times.values())
    assert min(map(min, times.values())) >= datetime(2021, 8, 1)  # noqa: DTZ001
    assert max(map(max, times.values())) < datetime(2021, 9, 1)  # noqa: DTZ001


def test_ids_of_posts_are_unique_and_a_weibo_id_agrees_with_its_time(written: Written) -> None:
    assert len({(post.account.platform, post.record_id) for post in written.posts}) == len(written.posts)
    for post in written.posts:
        if post.account.platform == "weibo":
            seconds = (int(post.record_id) >> 22) + 515_483_463
            assert datetime(1970, 1, 1) + timedelta(seconds=seconds + 8 * 3600) == post.at  # noqa: DTZ001


def test_a_weibo_post_is_no_original_exactly_when_it_forwards_something(written: Written) -> None:
    for post in written.posts:
        if post.account.platform == "weibo":
            forwards = post.repost_of is not None or post.repost_of_outside is not None
            assert forwards is not post.is_original
            if post.repost_of is not None:
                assert post.repost_of.is_original
                assert post.repost_of.at <= post.at
                assert f"//@{post.repost_of.account.name}：{post.repost_of.body}" in post.body


def test_addresses_of_posts_have_the_platform_s_form(written: Written) -> None:
    for post in written.posts:
        if post.account.platform == "weibo":
            assert post.url == f"https://weibo.com/{post.account.key}/{post.record_id}"
        else:
            mid, position = post.record_id.split("_")
            assert position == str(post.position)
            assert 1 <= post.position <= 4
            assert f"__biz={post.account.key}&mid={mid}&idx={position}&sn=" in post.url


def test_reads_are_capped_and_metrics_are_those_of_the_platform(written: Written) -> None:
    for post in written.posts:
        if post.account.platform == "wechat":
            assert set(post.counts) == {"read", "like", "recommend", "comment", "share"}
            assert post.counts["read"] is None or 0 <= post.counts["read"] <= 100_001
            assert post.counts["recommend"] == (post.counts["like"] or 0) // 3
        else:
            assert set(post.counts) == {"like", "comment", "repost"}
            assert max(count or 0 for count in post.counts.values()) <= 1_000_000
    unknown = [post for post in written.posts if post.account.platform == "wechat" and post.counts["read"] is None]
    assert 0 < len(unknown) < written.plan.wechat * 0.12


# ---- own posts as their tools write them -------------------------------------------------------------------------


def test_a_weibo_crawler_row_has_16_cells_for_an_original_and_33_for_a_forward(written: Written) -> None:
    header = next(iter(written.month.glob("weibo_crawler/*/*.csv"))).read_bytes().decode("utf-8-sig").split("\r\n")[0]
    assert len(header.split(",")) == 33
    rows = written.rows("weibo_crawler/*/*.csv")
    own = [post for post in written.posts if post.account.platform == "weibo"]
    kept = [row for row in rows if row[9] != "-1"]
    assert Counter(len(row) for row in kept) == Counter(16 if post.is_original else 33 for post in own)
    by_id = {row[0].strip(): row for row in kept}
    for post in own:
        row = by_id[post.record_id]
        assert row[0].endswith("\t"), "a tab keeps spreadsheets from rounding the id"
        assert (row[2], row[14]) == (post.body, f"{post.at:%Y-%m-%d %H:%M:%S}")
        assert [int(row[9]), int(row[10]), int(row[11])] == [post.counts[key] for key in ("like", "comment", "repost")]
        assert row[15] == ("True" if post.is_original else "False")
        if post.repost_of is not None:
            assert (row[16], row[17], row[18]) == (
                post.repost_of.account.key, post.repost_of.account.name, post.repost_of.record_id,
            )  # fmt: skip
        elif post.repost_of_outside is not None:
            assert (row[18], row[16], row[17]) == post.repost_of_outside


def test_one_row_of_the_fourth_weibo_account_is_damaged_by_a_count_below_zero(written: Written) -> None:
    damaged = [row for row in written.rows("weibo_crawler/*/*.csv") if row[9].startswith("-")]
    assert [(row[9], row[1]) for row in damaged] == [("-1", "")]
    ids = {post.record_id for post in written.posts}
    assert damaged[0][0].strip() not in ids
    accounts = list(dict.fromkeys(post.account.name for post in written.posts if post.account.platform == "weibo"))
    (file,) = written.month.glob(f"weibo_crawler/{accounts[3]}/*.csv")
    assert damaged[0][2] in file.read_text("utf-8-sig")


def test_wechat_accounts_come_as_json_and_every_tenth_as_a_workbook(written: Written) -> None:
    accounts = list(dict.fromkeys(post.account.name for post in written.posts if post.account.platform == "wechat"))
    assert {file.name for file in written.month.glob("wechat_exporter/*")} == {
        f"synthetic_{name}.{'xlsx' if number % 10 == 0 else 'json'}" for number, name in enumerate(accounts)
    }


def test_an_article_in_json_has_the_exporter_s_names(written: Written) -> None:
    names = {
        "read": "readNum",
        "like": "oldLikeNum",
        "recommend": "likeNum",
        "comment": "commentNum",
        "share": "shareNum",
    }
    rows = {
        (file.stem.removeprefix("synthetic_"), row["aid"]): row
        for file in written.month.glob("wechat_exporter/*.json")
        for row in json.loads(file.read_text("utf-8"))
    }
    checked = 0
    for post in written.posts:
        row = rows.get((post.account.name, post.record_id))
        if row is None:
            continue
        checked += 1
        assert (row["title"], row["content"], row["link"], row["fakeid"]) == (
            post.title, post.body, post.url, post.account.key,
        )  # fmt: skip
        assert datetime(1970, 1, 1) + timedelta(seconds=row["create_time"] + 8 * 3600) == post.at  # noqa: DTZ001
        assert row["copyright_stat"] == row["copyright_type"] == int(post.is_original)
        assert f"{row['appmsgid']}_{row['itemidx']}" == post.record_id
        assert {key: row.get(name) for key, name in names.items()} == post.counts
    assert checked == len(rows) > 50


def test_an_article_in_a_workbook_has_the_exporter_s_columns(written: Written) -> None:
    from python_calamine import CalamineWorkbook

    by_id = {post.record_id: post for post in written.posts}
    checked = 0
    for file in written.month.glob("wechat_exporter/*.xlsx"):
        header, *rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
        for row in (dict(zip(header, cells, strict=True)) for cells in rows):
            post = by_id[row["ID"]]
            checked += 1
            assert (row["公众号"], row["链接"], row["标题"], row["文章内容"]) == (
                post.account.name, post.url, post.title, post.body,
            )  # fmt: skip
            assert row["创建时间"] == row["发布时间"] == f"{post.at:%Y-%m-%d %H:%M:%S}"
            cells = ("阅读", "点赞", "分享", "喜欢", "留言")
            keys = ("read", "like", "share", "recommend", "comment")
            assert [row[cell] for cell in cells] == [
                "" if post.counts[key] is None else post.counts[key] for key in keys
            ]
            assert row["是否原创"] == ("原创" if post.is_original else "")
    assert checked > 5


# ---- what outlets carried ----------------------------------------------------------------------------------------


def test_items_ascend_and_end_within_the_first_week_of_the_next_month(written: Written) -> None:
    assert [pair.at for pair in written.items] == sorted(pair.at for pair in written.items)
    assert written.items[0].at >= datetime(2021, 8, 1)  # noqa: DTZ001
    assert written.items[-1].at < datetime(2021, 9, 8)  # noqa: DTZ001
    assert any(pair.at >= datetime(2021, 9, 1) for pair in written.items)  # noqa: DTZ001


def test_every_day_of_every_channel_type_has_an_item_at_any_scale(written: Written) -> None:
    for channel in ("news_app", "news_site", "wechat", "weibo"):
        assert {entry.at.day for entry in written.of(channel) if entry.at.month == 8} == set(range(1, 32))


def test_unrelated_items_are_as_many_as_the_scale_says_and_none_has_a_source(written: Written) -> None:
    counts = Counter(pair.outlet.channel_type for pair in written.items if pair.kind in ("unrelated", "bulletin"))
    # 45 000, 45 000, 55 000 and 70 000 at scale 1
    assert counts == {"news_app": 270, "news_site": 270, "wechat": 330, "weibo": 420}
    for pair in written.items:
        assert (pair.source is None) is (pair.kind in ("unrelated", "bulletin"))


def test_a_reprint_has_an_original_source_and_an_outlet_carries_a_post_once(written: Written) -> None:
    reprints = [reprint for reprint in written.items if reprint.source is not None]
    pairs = [
        (reprint.source.record_id, reprint.outlet.channel_type, reprint.outlet.key)
        for reprint in reprints
        if reprint.source
    ]
    assert len(set(pairs)) == len(pairs)
    for reprint in reprints:
        assert reprint.source is not None
        assert reprint.source.repost_of is None
        assert reprint.source.repost_of_outside is None


def test_reprints_are_about_as_many_as_the_units_are_strong(written: Written) -> None:
    by_channel = Counter(pair.outlet.channel_type for pair in written.items if pair.source is not None)
    for channel, per_unit in {"news_app": 62, "news_site": 46, "wechat": 360, "weibo": 920}.items():
        expected = sum(max(1, per_unit * written.plan.strength(unit)) for unit in world.units())
        assert 0.8 * expected < by_channel[channel] < 1.2 * expected


def test_most_reprints_come_within_the_week_and_a_few_after_it(written: Written) -> None:
    hours = [(pair.at - pair.source.at) / timedelta(hours=1) for pair in written.items if pair.source is not None]
    assert min(hours) >= 0
    after = sum(lag > 168 for lag in hours)
    assert 0 < after < 0.05 * len(hours)
    assert all(169 <= lag <= 231 for lag in hours if lag > 168)
    assert sum(lag <= 48 for lag in hours) > 0.75 * len(hours)  # 1 - exp(-48 / 26) = 0.84 of those that are not late


def test_every_kind_of_reprint_is_there_and_does_what_its_name_says(written: Written) -> None:
    kinds = defaultdict(list)
    for pair in written.items:
        kinds[pair.kind].append(pair)
    assert set(kinds) == {
        "forward", "comment", "copy", "shortened", "full", "retitled", "wrapped", "cut", "traditional", "edited",
        "unrelated", "bulletin",
    }  # fmt: skip
    for pair in kinds["forward"]:
        assert (pair.body, pair.is_forward, pair.outlet.channel_type) == ("转发微博", True, "weibo")
    for pair in kinds["comment"]:
        assert pair.is_forward
        assert pair.body.endswith(f"//@{pair.source.account.name}：{pair.source.body}")
    for pair in kinds["copy"]:
        assert not pair.is_forward
        assert pair.body == f"{pair.source.body} （来源：@{pair.source.account.name}）"
    for pair in (*kinds["full"], *kinds["retitled"]):
        assert pair.body == pair.source.body
    for pair in kinds["wrapped"]:
        assert pair.source.body in pair.body
        assert f"来源：{pair.source.account.name}" in pair.body
    for pair in kinds["cut"]:
        assert pair.source.body.startswith(pair.body)
        assert len(pair.body) >= 0.6 * len(pair.source.body)
    for pair in kinds["shortened"]:
        assert pair.source.body.replace("\n", "")[:100] in pair.body
        assert pair.body.endswith("……全文见链接")
    assert any("與" in pair.body or "為" in pair.body or "區" in pair.body for pair in kinds["traditional"])


def test_counts_are_a_share_of_reads(written: Written) -> None:
    for pair in written.items:
        assert pair.reads is not None
        assert pair.likes is not None
        assert pair.comments is not None
        assert 0 <= pair.likes <= 0.02 * pair.reads
        assert 0 <= pair.comments <= 0.005 * pair.reads


def test_ids_of_items_are_unique_within_a_channel_type_and_apart_from_those_of_own_posts(written: Written) -> None:
    for channel in ("news_app", "news_site", "wechat", "weibo"):
        ids = [entry.record_id for entry in written.of(channel)]
        assert len(set(ids)) == len(ids)
    own = {post.record_id for post in written.posts}
    assert not own & {entry.record_id for entry in written.items}


# ---- items as their tools write them -----------------------------------------------------------------------------


def test_items_are_delivered_by_week_of_the_month(written: Written) -> None:
    weeks = defaultdict(set)
    for pair in written.items:
        weeks[(pair.at - datetime(2021, 8, 1)).days // 7 + 1].add(pair.outlet.channel_type)  # noqa: DTZ001
    folders = {"news_app": "monitoring_vendor", "news_site": "news_crawler", "wechat": "wechat_exporter_outlets", "weibo": "weibo_spider"}  # fmt: skip
    assert {(folder.parent.name, folder.name) for folder in written.month.glob("week*/*")} == {
        (f"week{week}", folders[channel]) for week, channels in weeks.items() for channel in channels
    }


@pytest.mark.parametrize(
    ("reads", "shown"),
    [(9_999, "9999"), (10_000, "1.0万"), (12_345, "1.2万"), (100_000, "10.0万"), (100_001, "10万+")],
)
def test_a_vendor_s_reads_are_in_ten_thousands_capped_and_sometimes_missing(
    tmp_path: Path, reads: int, shown: str
) -> None:
    outlet = world.outlets()["news_app"][0]
    carried = [
        items.Item(outlet, AUGUST.start, "题", "文", "full", reads=reads, likes=1, comments=2, record_id=str(number))
        for number in range(200)
    ]
    exports.month(tmp_path, world.plan(AUGUST, SCALE), [], carried)
    (file,) = tmp_path.glob("synthetic-2021-08/week1/monitoring_vendor/*.csv")
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode("gb18030"))))[1:]
    cells, comments = Counter(row[10] for row in rows), Counter(row[12] for row in rows)
    assert set(cells) == {shown, ""}
    assert 0.04 < cells[""] / len(rows) < 0.2  # one in ten
    assert set(comments) == {"2", ""}
    assert 0.01 < comments[""] / len(rows) < 0.12  # one in twenty
    assert {(row[7], row[14]) for row in rows} == {("2021-08-01 00:00:00", "2021-08-07 16:00:00")}


def test_a_vendor_s_rows_tell_outlet_text_and_source(written: Written) -> None:
    rows = written.rows("week*/monitoring_vendor/*.csv", "gb18030")
    late = list(
        csv.reader(io.StringIO(next(written.late.glob("monitoring_vendor/*.csv")).read_bytes().decode("gb18030")))
    )[1:]
    apps = {(entry.outlet.key, entry.record_id): entry for entry in written.of("news_app")}
    assert len(rows) + len(late) == len(apps)
    assert 0 < len(late) < 0.05 * len(apps)
    for row in (*rows, *late):
        record = re.search(r"/a/(\d+)\.html", row[6])
        assert record
        entry = apps.pop((row[3], record[1]))
        assert row[1:6] == ["新闻客户端", entry.outlet.name, entry.outlet.key, entry.title, entry.body]
        assert (row[8], row[9], row[11]) == (entry.source_name, entry.source_url, str(entry.likes))
    assert apps == {}, "every item is delivered once: in its week or late"


def test_a_news_crawler_was_killed_in_its_last_line(written: Written) -> None:
    sites = {entry.record_id: entry for entry in written.of("news_site")}
    for file in written.month.glob("week*/news_crawler/*.jsonl"):
        *lines, last = file.read_text("utf-8").split("\n")
        assert last == '{"url": "https://www.news001.example.cn/cut'
        for row in map(json.loads, lines):
            entry = sites.pop(row["url"].rpartition("/")[2].partition(".")[0])
            assert (row["host"], row["site_name"], row["title"], row["content"]) == (
                entry.outlet.key, entry.outlet.name, entry.title, entry.body,
            )  # fmt: skip
            assert row["read_num"] in (None, entry.reads)
            assert row["like_num"] in (None, entry.likes)
            assert (row["comment_num"], row["source"], row["source_url"]) == (
                entry.comments,
                entry.source_name,
                entry.source_url,
            )
            assert datetime.fromisoformat(row["crawl_time"]) - datetime.fromisoformat(row["publish_time"]) == timedelta(
                hours=150
            )
    assert sites == {}


def test_articles_of_a_large_week_come_in_files_that_a_document_may_have(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ARTICLES_OF_A_FILE", 10)
    exports.month(tmp_path, written.plan, written.posts, written.items)
    for week in ("week1", "week4"):
        (whole,) = (written.month / week / "wechat_exporter_outlets").glob("*.json")
        parts = sorted(
            (tmp_path / "synthetic-2021-08" / week / "wechat_exporter_outlets").glob("*.json"),
            key=lambda file: (len(file.name), file.name),
        )
        rows = [json.loads(file.read_text("utf-8")) for file in parts]
        assert len(parts) > 1
        assert {len(part) for part in rows[:-1]} == {10}
        assert [row for part in rows for row in part] == json.loads(whole.read_text("utf-8"))


def test_articles_of_wechat_outlets_are_capped_and_some_lack_their_metrics(written: Written) -> None:
    articles = {entry.record_id: entry for entry in written.of("wechat")}
    rows = [
        row
        for file in written.month.glob("week*/wechat_exporter_outlets/*.json")
        for row in json.loads(file.read_text("utf-8"))
    ]
    assert len(rows) == len(articles)
    for row in rows:
        entry = articles.pop(row["aid"])
        assert (row["fakeid"], row["_accountName"], row["title"], row["content"]) == (
            entry.outlet.key, entry.outlet.name, entry.title, entry.body,
        )  # fmt: skip
        assert row["readNum"] in (0, min(entry.reads or 0, 100_001))
        if "oldLikeNum" in row:
            assert (row["oldLikeNum"], row["likeNum"], row["commentNum"]) == (
                entry.likes,
                entry.likes // 3,
                entry.comments,
            )
    without = sum("oldLikeNum" not in row for row in rows)
    assert 0.02 * len(rows) < without < 0.2 * len(rows)


def test_tweets_of_outlets_link_to_what_they_forward(written: Written) -> None:
    tweets = {entry.record_id: entry for entry in written.of("weibo")}
    rows = [
        json.loads(line)
        for file in written.month.glob("week*/weibo_spider/*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    with_reads = 0
    for row in rows:
        entry = tweets.pop(row["_id"])
        assert (row["user"]["_id"], row["user"]["nick_name"], row["content"]) == (
            entry.outlet.key,
            entry.outlet.name,
            entry.body,
        )
        assert (row["is_retweet"], row.get("retweet_id")) == (
            entry.is_forward, entry.source.record_id if entry.is_forward else None,
        )  # fmt: skip
        assert (row["attitudes_count"], row["comments_count"], row["reposts_count"]) == (
            entry.likes, entry.comments, entry.likes // 4,
        )  # fmt: skip
        assert row.get("reads_count", entry.reads) == entry.reads
        with_reads += "reads_count" in row
    assert tweets == {}
    assert 0.6 < with_reads / len(rows) < 0.8


def test_the_second_week_of_weibo_is_delivered_twice(written: Written) -> None:
    again = list(written.late.glob("*_again.jsonl"))
    assert [file.name for file in again] == ["synthetic_tweets_again.jsonl"]
    assert again[0].read_bytes() == (written.month / "week2/weibo_spider/synthetic_tweets.jsonl").read_bytes()


# ---- the registry ------------------------------------------------------------------------------------------------


def registry(written: Written, name: str) -> list[dict[str, str]]:
    file = written.folder / "synthetic-registry" / f"synthetic_{name}.csv"
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))


def test_the_registry_names_every_unit_account_and_outlet(written: Written) -> None:
    assert [row["unit_id"] for row in registry(written, "units")] == [account.unit_id for account in world.units()]
    for row, account in zip(registry(written, "units"), world.units(), strict=True):
        assert (row["unit_name"], row["unit_name_en"], row["unit_type"], row["ranking_list"]) == (
            account.name, account.name_en, account.unit_type, account.ranking_list,
        )  # fmt: skip
        assert row["aliases"] == f"上海{account.short}|{account.short}"
    accounts = {row["account_id"]: row for row in registry(written, "accounts")}
    assert list(accounts) == [account.account_id for account in world.accounts()]
    for account in world.accounts():
        row = accounts[account.account_id]
        assert (row["platform"], row["account_key"], row["account_name"], row["aliases"], row["verified_type"]) == (
            account.platform, account.key, account.name, f"{account.name}官方", "government",
        )  # fmt: skip
        assert row["account_key_type"] == ("wx_biz" if account.platform == "wechat" else "weibo_uid")
    outlets = [account for group in world.outlets().values() for account in group]
    kinds = {"news_app": "app_id", "news_site": "domain", "wechat": "wx_biz", "weibo": "weibo_uid"}
    for row, account in zip(registry(written, "channels"), outlets, strict=True):
        assert (row["outlet_id"], row["channel_type"], row["account_key"], row["outlet_name"]) == (
            f"{account.channel_type}:{account.key}", account.channel_type, account.key, account.name,
        )  # fmt: skip
        assert (row["account_key_type"], row["is_organization"]) == (kinds[account.channel_type], "true")


def test_one_account_changes_its_unit_on_the_15th_and_no_other_does(written: Written) -> None:
    spans = defaultdict(list)
    for row in registry(written, "accounts"):
        spans[row["account_id"]].append((row["unit_id"], row["valid_from"], row["valid_to"]))
    moved = spans.pop("wb-d-mzj-3")
    assert moved == [("d-mzj", "", "2021-08-15 00:00:00"), ("p-tsw", "2021-08-15 00:00:00", "")]
    assert all(len(result) == 1 and result[0][1:] == ("", "") for result in spans.values())

"""Limits of the gates: each declared limit just within and just beyond, by source, and as the dated rows stand."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from bangdan.core.settings import Settings
from tests.support import gate_frames

# gate, measure, scope, value: what is declared from 2019 on. A limit that moves lets other months pass.
DECLARED = """
raw_exports days_with_items_share news_app 0.9
raw_exports days_with_items_share news_site 0.9
raw_exports days_with_items_share wechat 0.9
raw_exports days_with_items_share weibo 0.9
raw_exports rejected_share - 0.05
raw_exports rejected_share wechat_exporter_json 0.02
raw_exports rejected_share wechat_exporter_xlsx 0.02
raw_exports rejected_share gne_jsonl 0.2
raw_exports rejected_share newspaper4k_jsonl 0.2
raw_exports refused_exports - 0
raw_exports account_rows_factor - 10
raw_exports account_rows_least - 20
raw_exports rows_per_account - 3000
raw_exports rows_per_account wechat_exporter_json 600
raw_exports rows_per_account wechat_exporter_xlsx 600
raw_exports rows_per_account wechat_article_total 600
raw_exports source_days_share - 0.8
raw_exports source_days_share wechat_backend_content 0.3
raw_exports source_days_share wechat_article_total 0.3
raw_exports source_rows_least - 100
raw_exports history_band_k - 5
raw_exports history_months_least - 6
raw_exports history_spread_least - 0.1
raw_exports is_sample - 0
post_facts unowned_share - 0.01
post_facts metric_coverage - 0.5
post_facts no_outlet_share - 0.2
post_facts no_time_share - 0.05
post_facts review_share - 0.1
post_facts jump_factor - 10000
post_facts jump_factor wechat_backend_content 1000
post_facts fall_share - 0
post_facts fall_share weibo_crawler_csv 0.02
post_facts fall_share weibo_crawler_json 0.02
post_facts fall_share weibo_search_csv 0.02
post_facts fall_share weibo_spider_jsonl 0.02
ranking leverage_ranks - 3
ranking leverage_ranks largest_item 7
ranking leverage_ranks largest_outlet 7
ranking leverage_ranks link_only 5
ranking leverage_ranks busiest_day 9
ranking leverage_reprints_least - 15
ranking one_sided_share - 0.8
ranking one_sided_share one_sided_exports 0.3
ranking one_sided_reprints - 3
post_facts channel_quantile - 0.9
post_facts channel_factor - 1000
ranking unregistered_points_share - 0.5
post_facts burst_minutes - 5
post_facts burst_outlets - 20
post_facts burst_outlets weibo 100
ranking waking_outlets - 5
"""
AUGUST = "ranking_month = '2021-08'"


def silent_from(channel: str, day: int) -> str:
    return f"delete from raw.records where channel_type = '{channel}' and published_at >= '2021-08-{day}'"


def rejecting(connector: str, rejected: int) -> str:
    return (
        f"insert into raw.export_manifest values ('x', '{connector}', 'partial', 1000, {1000 - rejected}, {rejected}, 0,"
        " ['2021-08'])"
    )


def own_rows(connector: str, count: int, month: str = "2021-08", days: int = 28) -> str:
    """Rows of account wx-a by a source, in ids of the source's own."""
    return (
        f"insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select '{connector}', 'sha', 'wechat', 'key-a', 'own-a', '{connector}' || i,"
        f" timestamptz '{month}-01 10:00:00+08' + to_days((i % {days})::int), '{month}' from range({count}) t(i)"
    )


def source(count: int, days: int, connector: str = "any_source") -> str:
    """Rows of a source on the first days of the month, of an account that nobody registered."""
    return (
        f"insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select '{connector}', 'sha', 'wechat', null, 'x', 'z' || i,"
        f" timestamptz '2021-08-01 10:00:00+08' + to_days((i % {days})::int), '2021-08' from range({count}) t(i)"
    )


def account(row_count: int, earlier: int) -> list[str]:
    """Rows of account wx-a in the month and the month before it."""
    keep = "delete from raw.records where month = '{}' and account_key = 'key-a'"
    return [
        keep.format("2021-08"), keep.format("2021-07"),
        own_rows("vendor", row_count), own_rows("vendor", earlier, "2021-07"),
    ]  # fmt: skip


def lacking(metric: str, count: int) -> str:
    return (
        f"update marts.fct_reprints set {metric}_count = null where {AUGUST} and is_counted"
        f" and substr(item_id, 2)::int between 1 and {count}"
    )


def matches(total: int, review: int) -> list[str]:
    return [
        f"delete from marts.fct_reprints where {AUGUST}",
        f"insert into marts.fct_reprints select '2021-08', 'p', 'i' || i, if(i < {review}, 'review', 'A'), i >= {review},"
        f" if(i < {review}, 'review', null), 1, 1, 1 from range({total}) t(i)",
    ]


def posts(total: int, unowned: int) -> list[str]:
    return [
        f"delete from marts.fct_posts where {AUGUST}",
        f"insert into marts.fct_posts select '2021-08', 'p' || i, i < {unowned}, '2021-08-01' from range({total}) t(i)",
    ]


CHANNELS = ("news_app", "news_site", "wechat", "weibo")
# gate, frame, (statements within, statements beyond), and of the row that is shown.
LIMITS: dict[str, tuple[str, str, list[str], list[str], dict[str, Any]]] = {
    **{
        f"{channel}: 28 of 31 days are enough, 27 are not": (
            "raw_exports", "channels",
            [silent_from(channel, 29), f"delete from raw.records where channel_type = '{channel}' and month = '2021-08' and account_key is not null"],
            [silent_from(channel, 28), f"delete from raw.records where channel_type = '{channel}' and month = '2021-08' and account_key is not null"],
            {"channel_type": channel},
        )
        for channel in CHANNELS
    },
    **{
        f"{connector}: {share} of 1,000 rows may be rejected, one more may not": (
            "raw_exports", "sources", [rejecting(connector, share)], [rejecting(connector, share + 1)], {"connector": connector},
        )
        for connector, share in (
            ("anything", 50), ("wechat_exporter_json", 20), ("wechat_exporter_xlsx", 20), ("gne_jsonl", 200), ("newspaper4k_jsonl", 200),
        )
    },
    "a refused export is looked at": (
        "raw_exports", "exports", [], ["insert into raw.export_manifest values ('x', null, 'refused', 0, 0, 0, 0, [])"], {},
    ),
    "an account may have ten times the rows of the month before": (
        "raw_exports", "accounts", account(30, 3), account(31, 3), {"account_id": "wx-a"},
    ),
    "an account may have a tenth of the rows of the month before": (
        "raw_exports", "accounts", account(3, 30), account(3, 31), {"account_id": "wx-a"},
    ),
    "an account of less than 20 rows says nothing by its factor": (
        "raw_exports", "accounts", account(19, 1), account(20, 1), {"account_id": "wx-a"},
    ),
    "an account without any row in a month is compared as with one": (
        "raw_exports", "accounts", account(10, 0), account(20, 0), {"account_id": "wx-a", "earlier_row_count": "0", "factor": "20.0"},
    ),
    **{
        f"{connector}: {count} rows of an account in a month are plausible, one more is not": (
            "raw_exports", "source_accounts",
            [own_rows(connector, count), own_rows(connector, count, "2021-07")],
            [own_rows(connector, count + 1), own_rows(connector, count, "2021-07")],
            {"connector": connector, "account_id": "wx-a"},
        )
        for connector, count in (
            ("anything", 3000), ("wechat_exporter_json", 600), ("wechat_exporter_xlsx", 600), ("wechat_article_total", 600),
        )
    },
    **{
        f"{connector}: {days} days of 31 are enough, one less is not": (
            "raw_exports", "source_days", [source(200, days, connector)], [source(200, days - 1, connector)], {"connector": connector},
        )
        for connector, days in (("any_source", 25), ("wechat_backend_content", 10), ("wechat_article_total", 10))
    },
    "a source of less than 100 rows says nothing by its days": (
        "raw_exports", "source_days", [source(99, 1)], [source(100, 1)], {"connector": "any_source"},
    ),
    "one post of a hundred may have no owner": (
        "post_facts", "posts", posts(100, 1), posts(99, 1), {"post_count": "99.0"},
    ),
    "one match of ten may wait for a person": (
        "post_facts", "reprints", matches(10, 1), matches(9, 1), {"match_count": "9.0"},
    ),
    "half of a unit's points may come from outlets that nobody registered": (
        "ranking", "unregistered", [],
        [f"update marts.fct_reprint_contributions set picopoints = 3 where {AUGUST} and outlet_id = 'o2'"], {"unit_id": "310101"},
    ),
    **{
        f"half of the reprints may lack {metric}": (
            "post_facts", "coverage", [lacking(metric, 5)], [lacking(metric, 6)], {"metric": metric},
        )
        for metric in ("read", "like", "comment")
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_frames.build(tmp_path_factory.mktemp("limits") / "home")


def offenders(settings: Settings, gate: str, frame: str) -> list[dict[str, str]]:
    """Rows of a frame that the gate refused or warned of; the gate's other frames are left out, for time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "expectations", gate_frames.one_frame(gate, frame, settings.home / "expectations"))
        gate_frames.refusal(settings, gate)
    report = gate_frames.report(settings, gate)
    return [
        row
        for warning in report["failures"] + report["warnings"]
        if warning["frame"] == frame
        for row in warning["rows"]
    ]


def test_the_limits_that_are_declared_are_these() -> None:
    with gate_frames.FLOORS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    values = [f"{row['gate']} {row['measure']} {row['scope'] or '-'} {row['value']}" for row in rows]
    assert values == DECLARED.strip().splitlines()
    assert {(row["valid_from"], row["valid_to"], row["declared_on"]) for row in rows} == {
        ("2019-01-01", "", "2021-01-04")
    }


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_holds_to_the_last_row(home: Path, tmp_path: Path, limit: str) -> None:
    gate, frame, within, beyond, wanted = LIMITS[limit]
    assert offenders(gate_frames.copy(home, tmp_path / "within", *within), gate, frame) == []
    (row,) = offenders(gate_frames.copy(home, tmp_path / "beyond", *beyond), gate, frame)
    assert row | wanted == row


@pytest.mark.parametrize(
    ("spans", "allowed"),
    [
        ([], "0.05"),
        ([("0.5", "2021-08-01", "2021-09-01")], "0.5"),
        ([("0.5", "2021-08-31", None)], "0.5"),
        ([("0.5", "2020-01-01", "2021-08-02")], "0.5"),
        ([("0.5", "2020-01-01", "2021-08-01")], "0.05"),  # the first day on which it no longer holds
        ([("0.5", "2021-09-01", None)], "0.05"),
        ([("0.5", "2021-08-01", None), ("0.7", "2021-07-01", None)], "0.5"),  # the later begun, whichever stands first
        ([("0.7", "2021-07-01", None), ("0.5", "2021-08-01", None)], "0.5"),
        ([("0.01", "2018-01-01", None)], "0.05"),
    ],
)
@pytest.mark.parametrize("scope", [None, "vendor"])
def test_of_the_limits_in_force_the_one_that_began_later_stands(
    home: Path, tmp_path: Path, scope: str | None, spans: list[tuple[str, str, str | None]], allowed: str
) -> None:
    """The source named here has no limit of its own in the seed: 0.05 is the general one."""
    rows = [
        "insert into seeds.quality_floors by name select 'rejected_share' as measure,"
        f" {repr(scope) if scope else 'null'} as scope, '{value}' as value, date '{start}' as valid_from,"
        f" {f'date {end!r}' if end else 'null::date'} as valid_to"
        for value, start, end in spans
    ]
    if scope:  # its own limit stands over the general one, however low or late
        rows.append(
            "insert into seeds.quality_floors by name select 'rejected_share' as measure, 'other' as scope, '0.001' as value, date '2021-08-02' as valid_from"
        )
        allowed = "0.01" if spans and spans[0][1] == "2018-01-01" else allowed
    settings = gate_frames.copy(
        home,
        tmp_path / "home",
        *rows,
        "update raw.export_manifest set rejected = 900, accepted = 100 where export_id = 'one'",
    )
    (row,) = [
        offender for offender in offenders(settings, "raw_exports", "sources") if offender["connector"] == "vendor"
    ]
    assert row["allowed_share"] == allowed


def test_a_floor_of_0_lets_a_month_do_without_a_channel_and_a_floor_above_it_does_not(
    home: Path, tmp_path: Path
) -> None:
    def without_sites(name: str, floor: str) -> list[dict[str, str]]:
        exception = (
            "insert into seeds.quality_floors by name select 'days_with_items_share' as measure, 'news_site' as scope,"
            f" '{floor}' as value, date '2021-08-01' as valid_from, date '2021-09-01' as valid_to"
        )
        gone = "delete from raw.records where channel_type = 'news_site' and month = '2021-08'"
        return offenders(
            gate_frames.copy(home, tmp_path / name, exception, gone, gate_frames.MORE_NEWS), "raw_exports", "channels"
        )

    assert without_sites("none", "0") == []
    # Above it the channel is missed twice: it has no item, and too few days.
    assert [row["channel_type"] for row in without_sites("little", "0.01")] == ["news_site", "news_site"]


def test_a_channel_type_that_the_registry_does_not_declare_is_not_missed(home: Path, tmp_path: Path) -> None:
    gone = "delete from {} where channel_type = 'news_site'"
    settings = gate_frames.copy(
        home,
        tmp_path / "home",
        gone.format("raw.records"),
        gone.format("registry.int_registry__channels"),
        gate_frames.MORE_NEWS,
    )
    assert gate_frames.refusal(settings, "raw_exports") is None


@pytest.mark.parametrize(("declared", "is_refused"), [("0", True), ("1", False)])
def test_silent_days_are_a_warning_in_a_month_that_is_declared_a_sample_however_few_its_rows(
    home: Path, tmp_path: Path, declared: str, is_refused: bool
) -> None:
    settings = gate_frames.copy(
        home, tmp_path / "home", silent_from("news_site", 28),
        "delete from raw.records where month = '2021-08' and rowid in (select rowid from raw.records where month = '2021-08'"
        " and channel_type = 'news_app' order by split_part(record_id, '-', 2)::int desc limit 441)",
        f"update seeds.quality_floors set value = '{declared}' where measure = 'is_sample'",
    )  # fmt: skip
    refused = gate_frames.refusal(settings, "raw_exports")
    report = gate_frames.report(settings, "raw_exports")
    assert (refused is not None) is is_refused
    (silent,) = report["failures" if is_refused else "warnings"]
    assert {row["channel_type"] for row in silent["rows"]} == {"news_site"}


def test_a_channel_without_any_row_is_refused_in_a_sample_as_well(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(
        home, tmp_path / "home", "delete from raw.records where channel_type = 'news_site'",
        "update seeds.quality_floors set value = '1' where measure = 'is_sample'",
    )  # fmt: skip
    refused = gate_frames.refusal(settings, "raw_exports")
    assert refused is not None
    assert "'channel_type': 'news_site'" in refused.message
    assert [warning["frame"] for warning in gate_frames.report(settings, "raw_exports")["warnings"]] == ["channels"]


def test_a_month_is_not_compared_with_a_month_that_was_never_loaded(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(home, tmp_path / "home", "delete from raw.records where month = '2021-07'")
    assert offenders(settings, "raw_exports", "accounts") == []


def test_days_are_those_of_shanghai(home: Path, tmp_path: Path) -> None:
    """Half past midnight in Shanghai is still the day before in Greenwich: the 28th day of 31 is seen all the same."""
    settings = gate_frames.copy(
        home, tmp_path / "home", silent_from("news_site", 28),
        "insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) values ('vendor', 'sha', 'news_site', null, 'x', 'late', '2021-08-28 00:30:00+08', '2021-08')",
        "insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select 'night', 'sha', 'wechat', null, 'x', 'n' || i, timestamptz '2021-08-01 00:30:00+08'"
        " + to_days((i % 24)::int), '2021-08' from range(200) t(i)",
    )  # fmt: skip
    assert offenders(settings, "raw_exports", "channels") == []
    (row,) = offenders(settings, "raw_exports", "source_days")
    assert row["silent_days"] == "25 26 27 28 29 30 31"


def test_a_post_in_two_exports_of_one_account_is_contested_by_nobody(home: Path, tmp_path: Path) -> None:
    again = (
        "insert into raw.records select * replace ('crawler' as connector, 'sha-9' as export_sha256) from raw.records"
    )
    nameless = "insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) values ('vendor', 'sha', 'weibo', null, 'nobody', 'b3', '2021-08-04 09:00:00+08', '2021-08')"
    article = "insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) values ('vendor', 'sha', 'wechat', 'key-z', 'other', 'a3', '2021-08-04 09:00:00+08', '2021-08')"
    settings = gate_frames.copy(home, tmp_path / "home", f"{again} where account_key = 'key-b'", nameless, article)
    assert offenders(settings, "raw_exports", "contested") == []


def test_a_row_that_two_files_hold_is_one_row_of_its_account(home: Path, tmp_path: Path) -> None:
    again = "insert into raw.records select * from raw.records where record_id like 'anything%'"
    settings = gate_frames.copy(
        home, tmp_path / "home", own_rows("anything", 3000), own_rows("anything", 300, "2021-07"), again,
    )  # fmt: skip
    assert offenders(settings, "raw_exports", "source_accounts") == []
    assert offenders(settings, "raw_exports", "accounts") == []


def test_a_refused_export_is_in_no_month_and_is_told_in_each(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(
        home, tmp_path / "home", "insert into raw.export_manifest values ('x', null, 'refused', 0, 0, 0, 0, null)"
    )
    assert gate_frames.refusal(settings, "raw_exports") is None
    (result,) = gate_frames.report(settings, "raw_exports")["warnings"]
    assert (result["frame"], result["arguments"]["max_value"]) == ("exports", "0.0")


def test_ties_share_a_rank_and_the_next_one_counts_those_above(home: Path, tmp_path: Path) -> None:
    """1, 2, 2, 4; a unit that is not ranked is above nobody."""
    ranks = "insert into published.rpt_ranking values " + ", ".join(
        f"('2021-08', 'districts', 'influence', '{unit}', '{unit}', {rank}, {score}, 0, {score})"
        for unit, rank, score in (("a", 2, 40), ("b", 2, 40), ("c", 4, 30), ("unranked", "null", 99))
    )

    def misplaced(name: str, *more: str) -> list[str]:
        settings = gate_frames.copy(home, tmp_path / name, ranks, *more)
        return [row["misplaced"] for row in offenders(settings, "ranking", "order")]

    assert misplaced("right") == []
    change = "update published.rpt_ranking set rank = {} where unit_id = '{}' and ranking_month = '2021-08'"
    assert misplaced("dense", change.format(3, "c")) == ["1"]
    assert misplaced("in order", change.format(3, "b")) == ["1"]
    assert misplaced("both", change.format(3, "a"), change.format(3, "b")) == ["2"]


def test_reprints_that_are_not_counted_do_not_cover_a_metric(home: Path, tmp_path: Path) -> None:
    """Five of ten counted ones have reads; ninety more that do not count change nothing."""
    more = "insert into marts.fct_reprints select '2021-08', 'p', 'n' || i, 'A', false, 'self', {0}, {0}, {0} from range(90) t(i)"
    lacks = gate_frames.copy(home, tmp_path / "lacks", lacking("read", 5), more.format("null"))
    assert offenders(lacks, "post_facts", "coverage") == []
    has = gate_frames.copy(home, tmp_path / "has", lacking("read", 6), more.format("1"))
    assert [row["metric"] for row in offenders(has, "post_facts", "coverage")] == ["read"]

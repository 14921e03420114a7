"""Every rule of every gate has a case here that breaks it: the gate refuses, or warns, and names frame, rule and values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from bangdan import gates
from tests.support import gate_frames
from tests.support.homes import PROJECT

BETWEEN = "ExpectColumnValuesToBeBetween"
NOT_LESS = "ExpectColumnPairValuesAToBeGreaterThanB"
NOT_NULL = "ExpectColumnValuesToNotBeNull"
NULL = "ExpectColumnValuesToBeNull"
ROWS = "ExpectTableRowCountToBeBetween"


@dataclass(frozen=True)
class Rule:
    """A rule as its suite declares it, and the data that break it: (statements, the first row that is shown)."""

    gate: str
    frame: str
    type: str
    arguments: dict[str, Any]
    severity: str
    broken: list[tuple[list[str], dict[str, str] | str]]
    also: list[tuple[str, str]] = field(default_factory=list)  # (frame, rule) that these data break too

    @property
    def name(self) -> str:
        columns = [self.arguments[key] for key in ("column", "column_A") if key in self.arguments]
        return f"{self.gate}.{self.frame}.{self.type.removeprefix('Expect')}({', '.join(columns)})"


def between(column: str, **limits: Any) -> dict[str, Any]:
    return {"column": column, **{f"{name}_value": limit for name, limit in limits.items()}}


def limit(measure: str) -> dict[str, str]:
    """A limit in force for all sources, as a suite names it."""
    return {"$PARAMETER": measure}


def pair(a: str, b: str) -> dict[str, Any]:
    return {"column_A": a, "column_B": b, "or_equal": True}


AUGUST = "ranking_month = '2021-08'"
IN_RANKING = f"update published.rpt_ranking set {{}} where {AUGUST} and unit_id = '{{}}' and dimension = '{{}}'"
IN_INDICATORS = (
    f"update published.rpt_unit_indicators set {{}} where {AUGUST} and unit_id = '{{}}' and dimension = '{{}}'"
)
MANIFEST = "update raw.export_manifest set {} where export_id = 'one'"
CONFLICT = (
    "insert into review.qc_registry_conflicts values ('unit', '310101', '黄浦区', '{}', '{}', '甲/districts', 3,"
    " '乙/districts', 8, 'sha')"
)

NOTHING_RELEASED = "delete from evidence.released_owners"
NO_UNIT = "update registry.int_registry__units set ranking_list = null"

# Six months before, in each of which a source brought so many rows of news sites.
EARLIER = (
    "insert into raw.records (connector, export_sha256, channel_type, record_id, published_at, month)"
    " select 'steady', 'sha', 'news_site', m || '-' || i, timestamptz '2021-01-05 09:00:00+08', '2021-0' || m"
    " from range(1, 7) x(m), range({}) t(i)"
)
RAW_EXPORTS = [
    Rule("raw_exports", "limits", NOT_NULL, {"column": "value"}, "critical", [
        (["update seeds.quality_floors set valid_from = '2021-09-01' where measure = 'fall_share' and scope is null"],
         {"measure": "fall_share"}),
        (["update seeds.quality_floors set valid_to = '2021-08-01' where measure = 'fall_share' and scope is null"],
         {"measure": "fall_share"}),
    ]),
    Rule("raw_exports", "registry", ROWS, {"min_value": 1}, "critical", [
        (["update registry.int_registry__units set ranking_list = null"], "0"),
        (["update registry.int_registry__units set valid_to = '2021-08-01'"], "0"),
    ]),
    Rule("raw_exports", "registry", "ExpectTableColumnsToMatchOrderedList",
         {"column_list": ["unit_id", "unit_name", "ranking_list", "account_count"]}, "critical",
         []),  # no data break it: see the test of a frame that lost a column
    Rule("raw_exports", "registry", NOT_NULL, {"column": "unit_name"}, "critical", [
        (["update registry.int_registry__units set unit_name = null where unit_id = '310101'"], {"unit_id": "310101"}),
    ]),
    Rule("raw_exports", "registry", "ExpectColumnValuesToBeUnique", {"column": "unit_id"}, "critical", [
        (["update registry.int_registry__units set valid_to = '2021-08-15' where unit_id = '310101'",
          "insert into registry.int_registry__units values ('310101', '新黄浦区', 'districts', '2021-08-15', '9999-12-31')"],
         {"unit_id": "310101", "account_count": "1"}),
        (["update registry.int_registry__units set valid_to = '2021-08-02' where unit_id = '310101'",
          "insert into registry.int_registry__units values ('310101', '黄浦区', 'departments', '2021-08-31', '9999-12-31')"],
         {"unit_id": "310101", "account_count": "1"}),
    ]),
    Rule("raw_exports", "registry", BETWEEN, between("account_count", min=1), "warning", [
        (["delete from registry.int_registry__accounts where account_id = 'wb-b'", NOTHING_RELEASED], {"unit_id": "d-wjw", "account_count": "0"}),
        (["update registry.int_registry__accounts set valid_to = '2021-08-01' where account_id = 'wb-b'", NOTHING_RELEASED], {"unit_id": "d-wjw", "account_count": "0"}),
        (["update registry.int_registry__accounts set valid_from = '2021-09-01' where account_id = 'wb-b'", NOTHING_RELEASED], {"unit_id": "d-wjw", "account_count": "0"}),
    ]),
    Rule("raw_exports", "deliveries", BETWEEN, between("is_in_force", min=1), "warning", [
        (["insert into registry.int_registry__deliveries values ('accounts', 'weekly/accounts.csv', 'sha-weekly', 12, false, false)"],
         {"source_file": "weekly/accounts.csv", "export_sha256": "sha-weekly", "row_count": "12", "table_name": "accounts"}),
    ]),
    Rule("raw_exports", "owners", BETWEEN, between("account_count", max=0), "critical", [
        (["insert into registry.int_registry__accounts (account_id, unit_id, platform, valid_from, valid_to) values ('wx-1', 'nowhere', 'wechat', '0001-01-01', '2021-08-10'),"
          " ('wx-1', 'nowhere', 'wechat', '2021-08-20', '9999-12-31')"], {"unit_id": "nowhere", "account_count": "1"}),
        (["insert into registry.int_registry__accounts (account_id, unit_id, platform, valid_from, valid_to) values ('wx-1', 'nowhere', 'wechat', '2021-08-31 23:59:59', '9999-12-31')"],
         {"unit_id": "nowhere", "account_count": "1"}),
        (["insert into registry.int_registry__accounts (account_id, unit_id, platform, valid_from, valid_to) values ('wx-1', 'nowhere', 'wechat', '0001-01-01', '2021-08-01 00:00:01')"],
         {"unit_id": "nowhere", "account_count": "1"}),
    ]),
    Rule("raw_exports", "conflicts", NULL, {"column": "id"}, "critical", [
        ([CONFLICT.format("2021-08-31", "2021-10-01")], {"kind": "unit", "id": "310101", "declared": "甲/districts", "source_row": "3"}),
        ([CONFLICT.format("2021-07-01", "2021-08-01 00:00:01")],
         {"other_declared": "乙/districts", "other_source_row": "8", "export_sha256": "sha"}),
    ]),
    Rule("raw_exports", "owner_changes", BETWEEN, between("is_past_changed", max=0), "critical", [
        # A span that begins before the released month takes its posts.
        (["update registry.int_registry__accounts set valid_to = '2021-07-10' where account_id = 'wb-b'",
          "insert into registry.int_registry__accounts values ('wb-b', '310101', 'weibo', '2021-07-10', '9999-12-31', '乙', 'sha-accounts', 7),"
          " ('wb-c', 'd-wjw', 'weibo', '0001-01-01', '9999-12-31', '丙', 'sha-accounts', 8)",
          "delete from evidence.released_owners where month = '2021-07'"],
         {"account_id": "wb-b", "account_name": "乙", "earlier_unit_id": "d-wjw", "unit_id": "310101", "released_post_count": "1",
          "export_sha256": "sha-accounts", "source_row": "7", "is_past_changed": "1", "is_moved": "0"}),
        (["update registry.int_registry__accounts set valid_from = '2021-08-05 09:00:01' where account_id = 'wx-a'",
          "insert into seeds.owner_confirmations values ('wx-a', '310101', '2021-08-01', null)"],
         {"account_id": "wx-a", "earlier_unit_id": "310101", "unit_id": "", "is_past_changed": "1"}),
    ]),
    Rule("raw_exports", "owner_changes", BETWEEN, between("is_moved", max=0), "warning", [
        (["delete from evidence.released_owners where month = '2021-08'",
          "update registry.int_registry__accounts set valid_to = '2021-08-10' where account_id = 'wb-b'",
          "insert into registry.int_registry__accounts values ('wb-b', '310101', 'weibo', '2021-08-10', '9999-12-31', '乙', 'sha-accounts', 7)"],
         {"account_id": "wb-b", "earlier_unit_id": "d-wjw", "unit_id": "310101", "released_post_count": "0",
          "export_sha256": "sha-accounts", "source_row": "7"}),
    ]),
    Rule("raw_exports", "channels", ROWS, {"min_value": 1}, "critical", [
        (["delete from registry.int_registry__channels"], "0"),
    ]),
    Rule("raw_exports", "channels", NOT_LESS, pair("item_count", "least_count"), "critical", [
        (["delete from raw.records where channel_type = 'news_site' and month = '2021-08'", gate_frames.MORE_NEWS],
         {"channel_type": "news_site", "seen_share": "0.0", "item_count": "0", "floor": "0.9"}),
    ], also=[("channels", NOT_LESS)]),
    Rule("raw_exports", "channels", NOT_LESS, pair("seen_share", "city_floor"), "critical", [
        (["delete from raw.records where channel_type = 'news_site' and published_at >= '2021-08-28'"],
         {"channel_type": "news_site", "item_count": "540", "floor": "0.9", "least_count": "1"}),
    ]),
    Rule("raw_exports", "channels", NOT_LESS, pair("seen_share", "sample_floor"), "warning", [
        (["delete from raw.records where channel_type = 'news_site' and published_at >= '2021-08-28'",
          "update seeds.quality_floors set value = '1' where measure = 'is_sample'"],
         {"channel_type": "news_site", "item_count": "540", "floor": "0.9", "city_floor": "0"}),
    ]),
    Rule("raw_exports", "exports", BETWEEN, between("export_count", min=1), "critical", [
        (["delete from raw.export_manifest where list_contains(months, '2021-08')"],
         {"export_count": "0", "unaccounted": "0", "refused_count": "0"}),
    ]),
    Rule("raw_exports", "exports", BETWEEN, between("unaccounted", min=0, max=0), "critical", [
        ([MANIFEST.format("rows_read = 1001")], {"export_count": "2", "unaccounted": "1"}),
        ([MANIFEST.format("accepted = 1001")], {"unaccounted": "-1"}),
        ([MANIFEST.format("rejected = 1")], {"unaccounted": "-1"}),
        ([MANIFEST.format("duplicate = 1")], {"unaccounted": "-1"}),
    ]),
    Rule("raw_exports", "exports", BETWEEN, between("refused_count", max=limit("refused_exports")), "warning", [
        (["insert into raw.export_manifest values ('bad', null, 'refused', 0, 0, 0, 0, [])"], {"refused_count": "1"}),
    ]),
    Rule("raw_exports", "sources", NOT_LESS, pair("allowed_share", "rejected_share"), "critical", [
        ([MANIFEST.format("accepted = 949, rejected = 51")],
         {"connector": "vendor", "rows_read": "1000", "rejected": "51", "rejected_share": "0.051", "allowed_share": "0.05"}),
        # Over all files of the source, not over each: 20 of 20 in a small file beside 1,000 good rows are few.
        (["insert into raw.export_manifest values ('three', 'vendor', 'partial', 100, 0, 100, 0, ['2021-08'])"],
         {"connector": "vendor", "rows_read": "1100", "rejected": "100"}),
    ]),
    Rule("raw_exports", "contested", NULL, {"column": "account_pseudonym"}, "warning", [
        (["insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) values ('crawler', 'sha-9', 'weibo', 'key-z', 'another', 'b3', '2021-08-04 09:00:00+08', '2021-08')"],
         {"account_pseudonym": "another", "other_account_pseudonym": "own-b", "export_sha256": "sha-0", "other_export_sha256": "sha-9"}),
    ]),
    Rule("raw_exports", "accounts", BETWEEN, between("factor", max=limit("account_rows_factor")), "warning", [
        (["delete from raw.records where month = '2021-07' and account_key = 'key-a' and record_id <> 'julya0'"],
         {"account_id": "wx-a", "row_count": "20", "earlier_row_count": "1", "factor": "20.0"}),
        (["delete from raw.records where month = '2021-08' and account_key = 'key-b'"],
         {"account_id": "wb-b", "row_count": "0", "earlier_row_count": "20", "factor": "20.0"}),
    ]),
    Rule("raw_exports", "named_accounts", BETWEEN, between("row_count", max=0), "warning", [
        ([f"insert into registry.int_registry__accounts (account_id, unit_id, platform, valid_from, valid_to, account_name) values ('wx-wrong', 'city', 'wechat', '{begins}', '{ends}', '一区发布')",
          "insert into registry.int_registry__account_keys values ('wechat', 'name', '一区发布', 'wx-wrong')",
          "insert into raw.records values ('vendor', 'sha', 'wechat', 'key-r', 'p', 'r', '2021-08-04 09:00:00+08', '2021-08', '一区 发布', 'wx_biz')"],
         {"account_id": "wx-wrong", "account_name": "一区发布", "row_count": "1"})
        for begins, ends in (("0001-01-01", "2021-08-01 00:00:01"), ("2021-08-31 23:59:59", "9999-12-31"))
    ]),
    Rule("raw_exports", "source_accounts", NOT_LESS, pair("allowed_count", "row_count"), "warning", [
        (["insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select 'vendor', 'sha', 'wechat', 'key-a', 'own-a', 'm' || i, '2021-08-09 09:00:00+08', '2021-08' from range(2981) t(i)",
          "insert into raw.records select * replace ('2021-07' as month, published_at - interval 31 days as published_at)"
          " from raw.records where record_id like 'm%' and month = '2021-08'"],
         {"connector": "vendor", "account_id": "wx-a", "row_count": "3001", "allowed_count": "3000.0"}),
    ]),
    Rule("raw_exports", "source_days", NOT_LESS, pair("seen_share", "floor"), "warning", [
        (["insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select 'interrupted', 'sha', 'wechat', null, 'x', 'q' || i, timestamptz '2021-08-01 00:00:00+08'"
          " + to_days((i % 24)::int), '2021-08' from range(100) t(i)"],
         {"connector": "interrupted", "floor": "0.8", "silent_days": "25 26 27 28 29 30 31"}),
    ]),
    Rule("raw_exports", "history", NOT_LESS, pair("row_count", "low_count"), "warning", [
        ([EARLIER.format(100)], {"channel_type": "news_site", "connector": "steady", "month_count": "6", "row_count": "0.0",
                                 "median_count": "100.0", "low_count": "50.0", "high_count": "150.0"}),
    ]),
    Rule("raw_exports", "history", NOT_LESS, pair("high_count", "row_count"), "warning", [
        ([EARLIER.format(100), "insert into raw.records (connector, export_sha256, channel_type, record_id, published_at, month)"
          " select 'steady', 'sha', 'news_site', 'now' || i, timestamptz '2021-08-01 09:00:00+08' + to_days((i % 31)::int), '2021-08' from range(151) t(i)"],
         {"connector": "steady", "row_count": "151.0", "high_count": "150.0"}),
    ]),
]  # fmt: skip

UNIT = f"update marts.fct_unit_months set {{}} where {AUGUST} and unit_id = '310101'"
POST = f"update marts.fct_posts set {{}} where {AUGUST} and post_id = 'p5'"
REPRINT = f"update marts.fct_reprints set {{}} where {AUGUST} and is_counted and item_id in ({{}})"
SIX = "'i1', 'i2', 'i3', 'i4', 'i5', 'i6'"
SUSPECT = "insert into review.qc_suspect_counts values ('2021-08', '{}', 'weibo:1', 'weibo', 'wb-b', 'crawler', 'like', {}, {})"

POST_FACTS = [
    Rule("post_facts", "units", ROWS, {"min_value": 1}, "critical", [
        ([NO_UNIT, f"delete from marts.fct_unit_months where {AUGUST}"], "0"),
    ]),
    Rule("post_facts", "units", NOT_LESS, pair("fact_count", "registered_count"), "critical", [
        ([f"delete from marts.fct_unit_months where {AUGUST} and unit_id = '310101'"],
         {"unit_id": "310101", "unit_name": "黄浦区", "registered_count": "1", "fact_count": "0"}),
    ]),
    Rule("post_facts", "units", NOT_LESS, pair("registered_count", "fact_count"), "critical", [
        (["insert into marts.fct_unit_months values ('2021-08', 'x', '多出', 'districts', 1, 2, 1, 0)"],
         {"unit_id": "x", "unit_name": "多出", "registered_count": "0", "fact_count": "1"}),
        ([f"insert into marts.fct_unit_months from marts.fct_unit_months where {AUGUST} and unit_id = '310101'"],
         {"unit_id": "310101", "registered_count": "1", "fact_count": "2"}),
        (["update registry.int_registry__units set ranking_list = null where unit_id = 'd-wjw'"],
         {"unit_id": "d-wjw", "registered_count": "0", "fact_count": "1"}),
    ]),
    Rule("post_facts", "units", NOT_LESS, pair("post_count", "original_count"), "critical", [
        ([UNIT.format("original_count = 21")], {"unit_id": "310101", "post_count": "20", "original_count": "21"}),
    ]),
    Rule("post_facts", "units", BETWEEN, between("post_count", min=1), "warning", [
        ([UNIT.format("post_count = 0, original_count = 0")], {"unit_id": "310101", "unit_name": "黄浦区", "post_count": "0"}),
    ]),
    Rule("post_facts", "posts", BETWEEN, between("post_count", min=1), "critical", [
        ([f"delete from marts.fct_posts where {AUGUST}"], {"post_count": "0", "unowned_share": "0.0"}),
    ]),
    Rule("post_facts", "posts", "ExpectColumnPairValuesToBeEqual", {"column_A": "post_count", "column_B": "distinct_count"}, "critical", [
        (["insert into marts.fct_posts values ('2021-08', 'p5', false, '2021-08-02')"],
         {"post_count": "101", "distinct_count": "100"}),
    ]),
    Rule("post_facts", "posts", BETWEEN, between("without_time", max=0), "critical", [
        ([POST.format("published_at_local = null")], {"without_time": "1"}),
    ]),
    Rule("post_facts", "posts", BETWEEN, between("unowned_share", max=limit("unowned_share")), "warning", [
        ([POST.format("is_quarantined = true")], {"post_count": "100", "unowned_share": "0.02"}),
    ]),
    Rule("post_facts", "reprints", BETWEEN, between("contradictions", max=0), "critical", [
        ([REPRINT.format("not_counted_reason = 'late'", "'i1'")], {"match_count": "11", "contradictions": "1"}),
    ]),
    Rule("post_facts", "reprints", BETWEEN, between("match_count", min=1), "warning", [
        ([f"delete from marts.fct_reprints where {AUGUST}"], {"match_count": "0", "review_share": "0.0"}),
    ]),
    Rule("post_facts", "reprints", BETWEEN, between("review_share", max=limit("review_share")), "warning", [
        ([REPRINT.format("confidence = 'review'", "'i1'")], {"match_count": "11", "contradictions": "0"}),
    ]),
    Rule("post_facts", "reprints", BETWEEN, between("no_outlet_share", max=limit("no_outlet_share")), "warning", [
        ([REPRINT.format("is_counted = false, not_counted_reason = 'no_outlet'", "'i1', 'i2', 'i3'")],
         {"match_count": "11", "no_time_share": "0.0"}),
    ]),
    Rule("post_facts", "reprints", BETWEEN, between("no_time_share", max=limit("no_time_share")), "warning", [
        ([REPRINT.format("is_counted = false, not_counted_reason = 'no_time'", "'i1'")],
         {"match_count": "11", "no_outlet_share": "0.0"}),
    ]),
    Rule("post_facts", "coverage", BETWEEN, between("covered_share", min=limit("metric_coverage")), "warning", [
        ([REPRINT.format(f"{metric}_count = null", SIX)], {"metric": metric, "covered_share": "0.4"})
        for metric in ("read", "like", "comment")
    ]),
    Rule("post_facts", "suspect_counts", BETWEEN, between("fell", max=0), "warning", [
        ([SUSPECT.format("fell", 3, 5)], {"item_id": "weibo:1", "metric": "like", "value": "3", "compared_with": "5"}),
    ]),
    Rule("post_facts", "suspect_counts", BETWEEN, between("jumped", max=0), "warning", [
        ([SUSPECT.format("jumped", 50000, 5)], {"item_id": "weibo:1", "value": "50000", "compared_with": "5"}),
    ]),
    Rule("post_facts", "suspect_counts", BETWEEN, between("above_channel", max=0), "warning", [
        ([SUSPECT.format("above_channel", 50000, 5)], {"item_id": "weibo:1", "value": "50000", "compared_with": "5"}),
    ]),
    Rule("post_facts", "suspect_counts", BETWEEN, between("above_reads", max=0), "warning", [
        ([SUSPECT.format("above_reads", 6, 5)], {"item_id": "weibo:1", "value": "6", "compared_with": "5"}),
    ]),
    Rule("post_facts", "bursts", NOT_LESS, pair("allowed_count", "outlet_count"), "warning", [
        (["insert into review.qc_bursts values ('2021-08', '310101', 'wechat', '2021-08-02 09:00:00', 21, 20),"
          " ('2021-08', '310101', 'wechat', '2021-08-02 09:05:00', 30, 20)"],
         {"unit_id": "310101", "channel_type": "wechat", "burst_count": "2", "outlet_count": "30"}),
    ]),
    Rule("post_facts", "corrections", BETWEEN, between("is_stale", max=0), "critical", [
        (["insert into review.qc_stale_corrections values ('2021-08', 'post_corrections', 'p1', null, '关于', '有关', 'the post begins otherwise')"],
         {"seed": "post_corrections", "post_id": "p1", "guard": "关于", "found": "有关", "problem": "the post begins otherwise"}),
    ]),
]  # fmt: skip

LEVERAGE = (
    "insert into review.qc_rank_leverage values ('2021-08', 'influence', '310101', '黄浦区', 'largest_item', 'weibo:1',"
    " 'weibo:7', 1, 0.9, 1, 30, 5, 7, {}, {})"
)
RANKING = [
    Rule("ranking", "units", ROWS, {"min_value": 1}, "critical", [
        ([NO_UNIT, f"delete from published.rpt_ranking where {AUGUST}"], "0"),
    ]),
    Rule("ranking", "units", NOT_LESS, pair("is_ranked", "is_expected"), "critical", [
        ([f"delete from published.rpt_ranking where {AUGUST} and unit_id = 'd-wjw'"],
         {"unit_id": "d-wjw", "dimension": "dissemination", "unit_name": "市卫健委", "is_ranked": "0"}),
        ([f"delete from published.rpt_ranking where {AUGUST} and unit_id = '310101' and dimension = 'influence'"],
         {"unit_id": "310101", "dimension": "influence", "is_expected": "1", "is_ranked": "0"}),
    ]),
    Rule("ranking", "units", NOT_LESS, pair("is_expected", "is_ranked"), "critical", [
        (["insert into published.rpt_ranking values ('2021-08', 'districts', 'influence', 'x', '多出', 2, 0, 0, 0)"],
         {"unit_id": "x", "dimension": "influence", "unit_name": "多出", "is_expected": "0"}),
        (["insert into published.rpt_ranking values ('2021-08', 'districts', 'a third', '310101', '黄浦区', 1, 0, 0, 5)"],
         {"unit_id": "310101", "dimension": "a third", "is_expected": "0"}),
    ]),
    Rule("ranking", "ranking", "ExpectCompoundColumnsToBeUnique", {"column_list": ["dimension", "unit_id"]}, "critical", [
        ([f"insert into published.rpt_ranking from published.rpt_ranking where {AUGUST} and unit_id = '310101'"
          " and dimension = 'dissemination'"], {"dimension": "dissemination", "unit_id": "310101", "score": "62.5"}),
        # In two lists it would have two ranks as well.
        ([f"insert into published.rpt_ranking select * replace ('departments' as ranking_list) from published.rpt_ranking"
          f" where {AUGUST} and unit_id = '310101' and dimension = 'dissemination'",
          IN_RANKING.format("rank = 2", "d-wjw", "dissemination")], {"dimension": "dissemination", "unit_id": "310101"}),
    ]),
    Rule("ranking", "ranking", NOT_NULL, {"column": "score"}, "critical", [
        ([IN_RANKING.format("score = null", "d-wjw", "influence")], {"unit_id": "d-wjw", "dimension": "influence", "rank": "1"}),
    ]),
    Rule("ranking", "ranking", BETWEEN, between("base_score", min=0, max=100), "critical", [
        ([IN_RANKING.format("base_score = 100.000000000001", "d-wjw", "influence"),
          IN_INDICATORS.format("contribution = 100.000000000001", "d-wjw", "influence")], {"unit_id": "d-wjw", "dimension": "influence"}),
        ([IN_RANKING.format("base_score = -0.000000000001", "d-wjw", "dissemination"),
          IN_INDICATORS.format("contribution = -0.000000000001", "d-wjw", "dissemination")],
         {"unit_id": "d-wjw", "dimension": "dissemination", "base_score": "-1e-12"}),
    ]),
    Rule("ranking", "ranking", BETWEEN, between("bonus_points", min=0), "critical", [
        ([IN_RANKING.format("bonus_points = -0.000000000001", "d-wjw", "dissemination")], {"unit_id": "d-wjw", "bonus_points": "-1e-12"}),
    ]),
    Rule("ranking", "ranking", NOT_LESS, pair("bonus_ceiling", "bonus_points"), "critical", [
        ([IN_RANKING.format("bonus_points = 5.000000000001", "d-wjw", "influence")],
         {"unit_id": "d-wjw", "bonus_points": "5.000000000001", "bonus_ceiling": "5.0"}),
        # The ceiling is that of the method in force.
        (["update intermediate.int_months set bonus_ceiling = 4 where ranking_month = '2021-08'"],
         {"unit_id": "d-wjw", "bonus_points": "5.0", "bonus_ceiling": "4.0"}),
    ]),
    Rule("ranking", "order", BETWEEN, between("misplaced", max=0), "critical", [
        ([IN_RANKING.format("rank = 2", "310101", "influence")],
         {"ranking_list": "districts", "dimension": "influence", "misplaced": "1"}),
    ]),
    Rule("ranking", "order", BETWEEN, {"column": "highest_score", "min_value": 0, "strict_min": True}, "warning", [
        ([IN_RANKING.format("score = 0", "d-wjw", "influence")],
         {"ranking_list": "departments", "dimension": "influence", "unit_count": "1", "misplaced": "0"}),
    ]),
    Rule("ranking", "contributions", BETWEEN, between("residual", max=0), "critical", [
        ([IN_INDICATORS.format("contribution = 70.000000000001", "310101", "influence")], {"residual": "1e-12"}),
        ([IN_INDICATORS.format("contribution = 69.999999999999", "310101", "influence")], {"residual": "1e-12"}),
        # A unit without any part of its score is no sum that fits.
        ([f"delete from published.rpt_unit_indicators where {AUGUST} and unit_id = 'd-wjw'"], {"residual": "100.0"}),
    ]),
    Rule("ranking", "leverage", BETWEEN, between("is_undecided", max=0), "critical", [
        ([LEVERAGE.format(False, decision)],
         {"unit_name": "黄浦区", "kind": "largest_item", "part_id": "weibo:1", "outlet_id": "weibo:7", "rank": "1", "rank_without": "30"})
        for decision in ("null", "'exclude'")
    ]),
    Rule("ranking", "leverage", BETWEEN, between("is_undecided_in_small_list", max=0), "warning", [
        ([LEVERAGE.format(True, decision)], {"unit_name": "黄浦区", "kind": "largest_item", "part_id": "weibo:1"})
        for decision in ("null", "'exclude'")
    ]),
    Rule("ranking", "unregistered", BETWEEN, between("unregistered_share", max=limit("unregistered_points_share")), "warning", [
        ([f"update marts.fct_reprint_contributions set picopoints = 6 where {AUGUST} and outlet_id = 'o2'"],
         {"unit_id": "310101", "dimension": "dissemination", "unregistered_share": "0.75"}),
    ]),
    Rule("ranking", "waking", BETWEEN, between("outlet_count", max=limit("waking_outlets")), "warning", [
        (["insert into review.qc_waking_outlets select '2021-08', '310101', 'wechat:' || i, 4, 3, 9 from range(6) t(i)"],
         {"unit_id": "310101", "outlet_count": "6", "reprint_count": "24", "rank": "3", "rank_without": "9"}),
    ]),
]  # fmt: skip

RULES = [*RAW_EXPORTS, *POST_FACTS, *RANKING]
BROKEN = [(rule, number) for rule in RULES for number in range(len(rule.broken))]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_frames.build(tmp_path_factory.mktemp("gates") / "home")


def declared(gate: str) -> list[tuple[str, str, dict[str, Any], str]]:
    suite = yaml.safe_load((PROJECT / "expectations" / f"{gate}.yml").read_text("utf-8"))
    return [
        (frame, rule["type"], rule["kwargs"], rule["severity"])
        for frame, rules in suite["frames"].items()
        for rule in rules
    ]


@pytest.mark.parametrize("gate", gate_frames.GATES)
def test_a_suite_holds_these_rules_with_these_severities_and_no_others(gate: str) -> None:
    """A rule that is added needs a case that breaks it; one that is dropped or weakened is named."""
    assert declared(gate) == [
        (entry.frame, entry.type, entry.arguments, entry.severity) for entry in RULES if entry.gate == gate
    ]


def test_the_gates_are_those_three_in_this_order() -> None:
    assert gates.GATES == gate_frames.GATES
    assert {file.stem for file in (PROJECT / "expectations").glob("*.yml")} == set(gate_frames.GATES)


def test_every_rule_that_data_can_break_has_a_case_that_breaks_it() -> None:
    assert [entry.name for entry in RULES if not entry.broken] == [
        "raw_exports.registry.TableColumnsToMatchOrderedList()"
    ]


@pytest.mark.parametrize("gate", gate_frames.GATES)
def test_every_rule_says_why_it_exists_and_what_to_do(gate: str) -> None:
    suite = yaml.safe_load((PROJECT / "expectations" / f"{gate}.yml").read_text("utf-8"))
    assert suite["gate"] == gate
    rules = [rule for rules in suite["frames"].values() for rule in rules]
    assert {tuple(rule) for rule in rules} == {("type", "kwargs", "severity", "message", "reason")}
    # Two sentences at least: the reason, and what a person does.
    assert [
        rule["reason"] for rule in rules if rule["reason"].count(". ") < 1 or not rule["reason"].endswith(".")
    ] == []
    reasons = [rule["reason"] for rule in rules]
    assert len(set(reasons)) == len(reasons)


def test_every_frame_is_a_model_and_every_model_is_a_frame() -> None:
    frames = {f"gate_{gate}__{frame}" for gate in gate_frames.GATES for frame, *_rule in declared(gate)}
    assert frames == {file.stem for file in gate_frames.MODELS.glob("*.sql")}


@pytest.mark.parametrize("gate", gate_frames.GATES)
def test_a_whole_month_passes_every_rule_without_a_warning(home: Path, gate: str, tmp_path: Path) -> None:
    settings = gate_frames.copy(home, tmp_path / "home")
    assert gate_frames.refusal(settings, gate) is None
    report = gate_frames.report(settings, gate)
    assert report == {
        "gate": gate, "passed": True, "checked": len(declared(gate)), "failures": [], "warnings": []
    }  # fmt: skip


def plain(value: str) -> str | float:
    """Whether a frame shows 11 as 11 or 11.0 is the data frame's matter."""
    try:
        return float(value)
    except ValueError:
        return value


@pytest.mark.parametrize(("rule", "number"), BROKEN, ids=[f"{rule.name}-{number}" for rule, number in BROKEN])
def test_data_that_break_a_rule_are_refused_or_warned_of_by_name(
    home: Path, tmp_path: Path, rule: Rule, number: int
) -> None:
    statements, wanted = rule.broken[number]
    settings = gate_frames.copy(home, tmp_path / "home", *statements)
    refused = gate_frames.refusal(settings, rule.gate)
    report = gate_frames.report(settings, rule.gate)
    is_critical = rule.severity != "warning"
    assert (refused is not None, report["passed"]) == (is_critical, not is_critical)
    named, other = ("failures", "warnings") if is_critical else ("warnings", "failures")
    assert [(entry["frame"], entry["rule"]) for entry in report[named]] == [(rule.frame, rule.type), *rule.also]
    assert report[other] == []
    result = report[named][0]
    assert result["arguments"].keys() == rule.arguments.keys()
    assert "{" not in result["message"]
    if isinstance(wanted, str):
        assert (result["observed"], result["rows"]) == (wanted, [])
    else:
        row = result["rows"][0]
        assert {name: plain(row[name]) for name in wanted} == {name: plain(value) for name, value in wanted.items()}
    if refused:
        words = [
            f"2021-08: {rule.gate} refused: {result['message']}\n",
            *(f"\n  also: {other['message']}\n" for other in report[named][1:]),
            f"  rule: {rule.gate}.{rule.frame} {rule.type} ",
            *([wanted] if isinstance(wanted, str) else [f"'{name}': '{row[name]}'" for name in wanted]),
        ]
        assert [word for word in words if word not in refused.message] == []


def test_a_frame_that_lost_a_column_is_refused_and_each_rule_keeps_its_own_verdict(home: Path, tmp_path: Path) -> None:
    """A rule about a missing column cannot be checked, which is no pass; the rules after it are not mixed up with it."""
    settings = gate_frames.copy(
        home, tmp_path / "home",
        "create or replace view gates.gate_raw_exports__registry as select * from (values"
        " ('2021-08', '310101', 'districts', 1), ('2021-08', 'd-wjw', 'departments', 0)"
        ") as registry(ranking_month, unit_id, ranking_list, account_count)",
    )  # fmt: skip
    refused = gate_frames.refusal(settings, "raw_exports")
    assert refused is not None
    assert "rule: raw_exports.registry ExpectTableColumnsToMatchOrderedList" in refused.message
    assert "unit_name" in refused.message
    report = gate_frames.report(settings, "raw_exports")
    assert [failure["rule"] for failure in report["failures"]] == ["ExpectTableColumnsToMatchOrderedList", NOT_NULL]
    assert [(failure["rule"], failure["rows"][0]["unit_id"]) for failure in report["warnings"]] == [(BETWEEN, "d-wjw")]

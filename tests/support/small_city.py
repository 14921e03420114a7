"""A city of six units, written by hand: its warehouse holds nothing but what a release is made from, so that a month is
published in half a second and every figure on it can be worked out on paper.

Goalposts are 10^k - 1 and values 10^j - 1, so that a normalised term ln(1+x) / ln(1+goal) is j / k.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from bangdan.core.months import Month
from bangdan.core.settings import PROJECT, Settings
from bangdan.publication import release

Row = dict[str, Any]
JUNE, JULY, AUGUST = (Month.parse(text) for text in ("2021-06", "2021-07", "2021-08"))
D = Decimal


def moment(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    """A moment of August, as tables hold it: Shanghai time without a zone."""
    return datetime(2021, 8, day, hour, minute, second, tzinfo=UTC).replace(tzinfo=None)


# A city.yml with all that the imprint of a release names.
CITY = """
name: 湾城
name_en: Bay City
contact: ranking@example.org
appeal: https://example.org/appeal?a=1&b=2
web_address: https://example.org/ranking/
channels: [weibo]
ranking_lists:
  - {id: districts, name: 区级榜单, name_en: Districts, short_name: 区级}
"""
UNITS = {
    "310101": ("districts", "黄浦区", "Huangpu District", "district"),
    "310104": ("districts", "徐汇区", "Xuhui District", "district"),
    "310110": ("districts", "杨浦区", "Yangpu District", "district"),
    "d-jyw": ("departments", "市教委", "Education Commission", "commission_or_bureau"),
    "d-wjw": ("departments", "市卫健委", "Health Commission", "commission_or_bureau"),
    "p-zgh": ("departments", "市总工会", None, "peoples_organization"),
}
# dimension → indicator → (weight, goalpost)
METHOD = {
    "dissemination": {
        "news_app": ("0.30", 99), "news_site": ("0.30", 99), "wechat": ("0.25", 9_999), "weibo": ("0.15", 9_999),
    },
    "influence": {"read": ("0.60", 999_999), "like": ("0.20", 9_999), "comment": ("0.20", 99)},
}  # fmt: skip
# Value → numerator of its term over the k of the goalpost 10^k - 1.
POWERS = {0: 0, 9: 1, 99: 2, 999: 3, 9_999: 4, 99_999: 5, 999_999: 6}

# The tables of a release, by name.
TABLES = (
    "account_scores", "channel_types", "coverage", "highlights", "hosted_hashtags", "hot_subtopics", "hot_topics", "issuers",
    "leverage_decisions", "monthly_summary", "posts", "rank_leverage", "ranking", "ranking_lists", "reprints",
    "rival_agreement", "rival_indices", "score_changes", "subjects", "topic_units",
    "unit_activity", "unit_indicators",
)  # fmt: skip

# Month → unit → (bonus, values of the channels, values of the metrics). Scores, ranks and causes follow on paper.
VALUES: dict[str, dict[str, tuple[str, tuple, tuple]]] = {
    "2021-06": {
        "310101": ("0", (9, 0, 0, 0), (99, 0, 0)),
        "d-wjw": ("0", (9, 9, 0, 0), (99, 99, 0)),
    },
    "2021-07": {
        "310101": ("1", (99, 99, 99, 9), (999_999, 99, 9)),  # 76.25 + 1; 80 + 1
        "310104": ("0", (9, 9, 0, 0), (999, 0, 0)),  # 30; 30
        "310110": ("0", (9, 9, 99, 0), (99, 99, 0)),  # 42.5; 30
    },
    "2021-08": {
        "310101": ("4", (9, 0, 99, 9), (999, 99, None)),  # 31.25 + 4; 40 + 4
        "310104": ("0", (99, 9, 99, 0), (999_999, 0, 9)),  # 57.5; 70
        "310110": ("0.5", (9, 9, 0, 9), (99, 99, 99)),  # 33.75 + 0.5; 50 + 0.5
        "d-jyw": ("0", (0, 0, 99, 0), (99, 0, 0)),  # 12.5; 20
        "d-wjw": ("0", (9, 9, 99, 0), (0, 0, 0)),  # 42.5; 0
        "p-zgh": ("0", (0, 0, 0, 0), (0, 0, 0)),  # no account: not ranked
    },
}
# Month → unit → post count (WeChat, Weibo), originals, reprints. August: 9 + 99 + 9 = 117 and so on, as the channels say.
ACTIVITY = {
    "2021-06": {"310101": (1, 1, 1, 9), "d-wjw": (1, 1, 1, 18)},
    "2021-07": {"310101": (20, 20, 10, 306), "310104": (4, 2, 3, 18), "310110": (2, 8, 5, 117)},
    "2021-08": {
        "310101": (10, 10, 11, 117), "310104": (4, 8, 6, 207), "310110": (1_000, 500, 899, 27), "d-jyw": (2, 1, 1, 99),
        "d-wjw": (3, 3, 2, 117), "p-zgh": (0, 0, 0, 0),
    },
}  # fmt: skip
GATES = [
    {"gate": "raw_exports", "passed": True, "checked": 11, "warnings": []},
    {
        "gate": "ranking", "passed": True, "checked": 7,
        "warnings": [
            {
                "frame": "reprints", "message": "too many reprints wait for a person", "severity": "warning",
                "arguments": {"column": "unheard_of", "max_value": 0.25}, "rows": [{"unheard_of": "0.14406839539320285"}],
            }
        ],
    },
]  # fmt: skip


def settings_of(home: Path, **more: str) -> Settings:
    return Settings(home, threads=1, memory_limit="1GB", **more)  # type: ignore[arg-type]


def score(month: str, unit_id: str, dimension: str) -> tuple[Decimal, Decimal]:
    """Base score and bonus points on paper: 100 × Σ weight × j / k."""
    bonus, channels, metrics = VALUES[month][unit_id]
    values = dict(zip(METHOD[dimension], channels if dimension == "dissemination" else metrics, strict=True))
    base = sum(
        (
            100 * D(weight) * POWERS[values[name] or 0] / POWERS[goal]
            for name, (weight, goal) in METHOD[dimension].items()
        ),
        D(0),
    )
    return base, D(bonus)


def ranking(month: str) -> list[Row]:
    """One row per unit and dimension; without an account no rank."""
    rows = []
    for dimension in METHOD:
        known = {unit: score(month, unit, dimension) for unit in VALUES[month]}
        for unit, (base, bonus) in known.items():
            ranking_list, name, name_en, kind = UNITS[unit]
            others = [entry for other, entry in known.items() if UNITS[other][0] == ranking_list and other != "p-zgh"]
            is_ranked = unit != "p-zgh"
            rank = 1 + sum(sum(entry) > base + bonus for entry in others)
            rows.append(
                {
                    "ranking_month": month, "method_version": "2021-01", "ranking_list": ranking_list,
                    "dimension": dimension, "unit_id": unit, "unit_name": name, "unit_name_en": name_en,
                    "unit_type": kind, "rank": rank if is_ranked else None, "base_score": base, "bonus_points": bonus,
                    "score": base + bonus, "rank_without_bonus": 1 + sum(entry[0] > base for entry in others) if is_ranked else None,
                    "rank_low": max(1, rank - 1) if is_ranked else None, "rank_high": rank + 1 if is_ranked else None,
                    "tier": (1 if rank == 1 else 2) if is_ranked else None,
                    "cap_rank_low": rank if is_ranked else None, "cap_rank_high": rank if is_ranked else None,
                    "note": None if is_ranked else "不参评",
                }
            )  # fmt: skip
    return rows


def indicators(month: str) -> list[Row]:
    rows = []
    for unit, (_, channels, metrics) in VALUES[month].items():
        for dimension, values in (("dissemination", channels), ("influence", metrics)):
            for value, (name, (weight, goal)) in zip(values, METHOD[dimension].items(), strict=True):
                term = D(POWERS[value or 0]) / POWERS[goal]
                rows.append(
                    {
                        "ranking_month": month, "unit_id": unit, "dimension": dimension, "indicator_id": name, "value": value,
                        "coverage": D("0.5") if value is not None else D(0), "capped_count": 2 if (unit, name) == ("310104", "read") else 0,
                        "weight": D(weight), "goalpost": goal, "transformation": "log", "term": term,
                        "contribution": 100 * D(weight) * term,
                    }
                )  # fmt: skip
    return rows


def activity(month: str) -> list[Row]:
    return [
        {
            "ranking_month": month, "unit_id": unit, "account_count": 2, "post_count": wechat + weibo,
            "wechat_post_count": wechat, "weibo_post_count": weibo, "original_count": originals,
            "original_by_link_count": originals, "original_by_text_count": originals,
            "originality_rate": D(originals) / (wechat + weibo) if wechat + weibo else None, "reprinted_post_count": 3,
            "reprint_count": reprints, "sibling_reprint_count": 4, "outlet_count": 1_005, "max_reprints_of_one_post": 6,
        }
        for unit, (wechat, weibo, originals, reprints) in ACTIVITY[month].items()
    ]  # fmt: skip


SUMMARIES = {
    "2021-06": (4, 2, 2, 2, "0.500000", 27, 3),
    "2021-07": (46_200, 15_000, 31_200, 24_070, "0.520996", 441, 30),
    "2021-08": (50_586, 16_734, 33_852, 29_978, "0.592615", 1_567, 120),
}


def summary(month: str) -> Row:
    posts, wechat, weibo, originals, rate, reprints, reprinted = SUMMARIES[month]
    return {
        "ranking_month": month, "method_version": "2021-01", "post_count": posts, "wechat_post_count": wechat,
        "weibo_post_count": weibo, "original_count": originals, "original_by_link_count": 40_000,
        "original_by_text_count": 35_000, "originality_rate": D(rate), "account_count": 348, "unit_count": 60,
        "reprint_count": reprints, "reprinted_post_count": reprinted, "sibling_reprint_count": 103,
        "quarantined_post_count": 7, "capped_count": 2, "could_cap_change_rank": False, "item_count": 5_881,
        "is_synthetic": False,
    }  # fmt: skip


def posts() -> list[Row]:
    """Twelve posts of 310104, the last two of equal weight, one never carried; and one of d-wjw."""
    made = [
        (
            "310104",
            f"p{number:02d}",
            "wx-1",
            "wechat",
            f"http://example.org/{number}",
            f"第{number}篇",
            3,
            D(13 - number),
            D(1),
        )
        for number in range(1, 12)
    ]
    made += [
        ("310104", "p12", "wb-1", "weibo", "javascript:alert(1)", "第12篇", 1, D(2), D(1)),
        ("310104", "p13", "wb-1", "weibo", None, "未被转载", 0, D(0), D(0)),
        ("d-wjw", "q01", "wx-9", "wechat", None, "卫健委的文章", 2, D(20), D("22.5")),
    ]
    return [
        {
            "ranking_month": "2021-08", "post_id": post, "unit_id": unit, "account_id": account, "platform": platform,
            "published_at": moment(3, 9, 5, 59), "url": url, "title": title, "is_original": True,
            "hashtags": "", "reprint_count": n, "dissemination_contribution": d, "influence_contribution": i,
        }
        for unit, post, account, platform, url, title, n, d, i in made
    ]  # fmt: skip


def reprints() -> list[Row]:
    """Of post p01 seven counted reprints; of p02 and q01 some that do not count, for three reasons."""
    channels = ("news_app", "weibo", "wechat", "news_site", "weibo", "weibo", "weibo")
    made: list[Row] = []
    for number, channel in enumerate(channels, 1):
        made.append(
            {
                "post_id": "p01", "unit_id": "310104", "channel_type": channel, "item_id": f"i{number}",
                "outlet_name": None if number == 2 else f"渠道{number}", "url": f"https://example.net/{number}",
                "reprinted_at": moment(4 if number < 5 else 5, 20, 30), "read_count": 1_234 if number == 1 else None,
                "method": "text" if number == 1 else "link", "match_class": "full" if number == 1 else "link",
                "containment": 0.875 if number == 1 else None, "confidence": "A", "is_counted": True,
                "dissemination_contribution": D(8 - number), "influence_contribution": D(0), "title": "转",
            }
        )  # fmt: skip
    for number, (reason, share, chars) in enumerate(
        [
            ("sibling", 0.9, 100),
            ("sibling", 0.95, 10),
            ("sibling", None, 500),
            ("sibling", 0.9, 300),
            ("self", 0.5, 50),
            ("sibling", 0.3, 5),
        ],
        1,
    ):
        made.append(
            {
                "post_id": "p02", "unit_id": "310104", "channel_type": "wechat", "item_id": f"n{number}",
                "outlet_name": f"未计{number}", "reprinted_at": moment(6, 1, 2), "method": "text", "match_class": "partial",
                "containment": share, "matched_chars": chars, "confidence": "B", "is_counted": False,
                "not_counted_reason": reason, "title": "转", "dissemination_contribution": D(0), "influence_contribution": D(0),
            }
        )  # fmt: skip
    return [
        {"ranking_month": "2021-08", "account_id": "wx-1", "outlet_id": f"{entry['channel_type']}:{entry['item_id']}",
         "decided_by": "rule", "evidence": "{}", **entry}
        for entry in made
    ]  # fmt: skip


def tables(month: str) -> dict[str, list[Row]]:
    """Rows of each published table of a month, in no particular order."""
    result: dict[str, list[Row]] = {
        "ranking": ranking(month)[::-1],
        "unit_indicators": indicators(month)[::-1],
        "unit_activity": activity(month),
        "monthly_summary": [summary(month)],
        "ranking_lists": [
            {"position": 2, "ranking_list": "departments", "list_name": "委办局和人民团体榜单",
             "list_name_en": "Commissions, bureaus and people's organizations", "short_name": "委办局"},
            {"position": 1, "ranking_list": "districts", "list_name": "区级榜单", "list_name_en": "Districts", "short_name": "区级"},
        ],
        "channel_types": [
            {"channel_type": channel, "is_monitored": True} for channel in ("weibo", "wechat", "news_site", "news_app")
        ],
        "issuers": [
            {"position": 2, "issuer_name": "乙中心", "issuer_name_en": "Centre B", "data_licence": "CC-BY-4.0"},
            {"position": 1, "issuer_name": "甲中心", "issuer_name_en": "Centre A", "data_licence": None},
        ],
        "subjects": [
            {"unit_id": "310104", "subject_id": "housing", "name": "住房", "name_en": "Housing", "post_count": 3,
             "reprint_count": {"2021-07": 2}.get(month, 7), "dissemination_contribution": D("1.5")},
        ],
    }  # fmt: skip
    if month == "2021-08":
        result |= {
            "posts": posts(),
            "reprints": reprints(),
            "subjects": [
                *result["subjects"],
                {"unit_id": "310104", "subject_id": "care", "name": "医疗", "name_en": "Health care", "post_count": 1,
                 "reprint_count": 0, "dissemination_contribution": D(0)},
                {"unit_id": "310104", "subject_id": "jobs", "name": "就业", "name_en": "Employment", "post_count": 1,
                 "reprint_count": 3, "dissemination_contribution": D("2.5")},
            ],
            "account_scores": [
                {"account_id": account, "account_name": name, "unit_id": unit, "platform": platform, "post_count": 1_234,
                 "original_count": 7, "reprint_count": 11, "read_count": 5, "like_count": 4, "comment_count": 3,
                 "dissemination_score": d, "influence_score": D("10.125")}
                for account, name, unit, platform, d in (
                    ("wb-1", "徐汇微博", "310104", "weibo", None), ("wx-1", "徐汇微信", "310104", "wechat", D("9.5")),
                    ("wx-2", "徐汇二号", "310104", "wechat", D("12.345")), ("wx-9", "健康号", "d-wjw", "wechat", D(1)))
            ],
            "hot_topics": [
                {"theme_id": "double", "name": "双减", "name_en": "Double Reduction", "post_count": 120, "unit_count": 3, "reprint_count": 40},
                {"theme_id": "epidemic", "name": "疫情防控", "name_en": "Epidemic control", "post_count": 4_231, "unit_count": 5, "reprint_count": 1_500},
            ],
            "hot_subtopics": [
                {"theme_id": "epidemic", "subtopic_id": "a", "name": "科学防疫", "name_en": "Science", "post_count": 150},
                {"theme_id": "epidemic", "subtopic_id": "b", "name": "疫苗接种", "name_en": "Vaccination", "post_count": 400},
            ],
            "topic_units": [
                {"theme_id": "epidemic", "unit_id": unit, "post_count": n, "cluster_count": n - 1, "bonus_points": points, "rank_in_theme": rank}
                for unit, n, points, rank in (
                    ("310110", 20, D("0.5"), 2), ("310101", 30, D(2), 1), ("310104", 1, D(0), 3))
            ] + [{"theme_id": "double", "unit_id": "310101", "post_count": 9, "cluster_count": 8, "bonus_points": D(2), "rank_in_theme": 1}],
            "hosted_hashtags": [
                {"hashtag": "滨江", "host_account_id": "wb-1", "unit_id": "310104", "post_count": 2, "reprint_count": 8,
                 "read_count": 8_919, "like_count": None, "comment_count": 22},
                {"hashtag": "社区", "host_account_id": "wb-7", "unit_id": "310101", "post_count": 5, "reprint_count": 1,
                 "read_count": None, "like_count": 1, "comment_count": 2},
            ],
            "highlights": [
                {"ranking_list": "districts", "theme_id": theme, "dimension": dimension, "position": position, "unit_id": unit,
                 "post_id": f"p{position:02d}", "title": f"亮点{position}", "url": {1: "http://example.org/h", 2: "javascript:alert(2)"}.get(position),
                 "contribution": D(10 - position)}
                for theme in (None, "epidemic")
                for dimension in ("dissemination", "influence")
                for position, unit in ((2, "310110"), (1, "310104"), (3, "310101"))
            ],
            "coverage": [
                {"channel_type": channel, "day": date(2021, 8, day), "item_count": n}
                for channel, counts in (("weibo", (10, 0, 40)), ("news_app", (7, 14, 28)))
                for day, n in enumerate(counts, 1)
            ],
            "rank_leverage": [
                {"unit_id": "310104", "dimension": dimension, "kind": kind, "part_id": part, "outlet_id": "weibo:i2", "item_count": n,
                 "outlet_count": n, "points_share": share, "rank": 1, "rank_without": rank, "score": D(70), "score_without": D(60),
                 "decision": "confirm" if kind == "largest_item" and dimension == "influence" else None}
                for dimension in ("influence", "dissemination")
                for kind, part, n, share, rank in (
                    ("link_only", "link_only", 6, D("0.25"), 1), ("largest_item", "weibo:i2", 1, D("0.5"), 3),
                    ("unregistered", None, 0, D(0), 1))
            ],
            "leverage_decisions": [
                {"unit_id": "310104", "dimension": "influence", "kind": "largest_outlet", "part_id": "weibo:x", "decision": "exclude",
                 "decision_by": "乙", "decision_on": date(2021, 9, 12), "decision_reason": "刷量"},
                {"unit_id": "310104", "dimension": "influence", "kind": "largest_item", "part_id": "weibo:i2", "decision": "confirm",
                 "decision_by": "甲", "decision_on": date(2021, 9, 11), "decision_reason": "央视转发"},
            ],
            "rival_indices": [
                {"entity_kind": "unit", "entity_id": unit, "unit_id": unit, "index_id": "bci", "name": "微博传播指数",
                 "name_en": "Weibo index", "index_value": value}
                for unit, value in (("310101", D(300)), ("310104", D("412.345")), ("310110", D(300)), ("d-wjw", D(900)), ("d-jyw", None))
            ] + [{"entity_kind": "account", "entity_id": "310104", "unit_id": "310104", "index_id": "wci_v2", "name": "账号指数",
                  "name_en": "Account index", "index_value": D(777)}],
            "rival_agreement": [
                {"ranking_list": ranking_list, "dimension": dimension, "index_id": "bci", "name": "微博传播指数",
                 "name_en": "Weibo index", "unit_count": 3, "kendall_tau": tau}
                for (ranking_list, dimension), tau in {
                    ("districts", "dissemination"): D("0.125"), ("districts", "influence"): D("-0.334"),
                    ("departments", "dissemination"): D(1), ("departments", "influence"): None}.items()
            ],
        }  # fmt: skip
    return {name: [{"ranking_month": month, **row} for row in rows] for name, rows in result.items()}


def contract() -> dict[str, dict[str, str]]:
    """Published table → column → type, as dbt's contract has it."""
    dictionary = yaml.safe_load((PROJECT / "dbt_project/models/published/_published.yml").read_text("utf-8"))
    return {
        model["name"].removeprefix("rpt_"): {column["name"]: column["data_type"] for column in model["columns"]}
        for model in dictionary["models"]
    }


EXPORTS = [
    # sha, table, months, received at, connector
    ("c" * 64, "records", ["2021-08"], "2021-09-10 06:00:00+08", "weibo_csv"),
    ("a" * 64, "records", ["2021-09"], "2021-09-09 06:00:00+08", "news_csv"),  # items of the first week after
    ("b" * 64, "records", ["2021-05"], "2021-06-02 06:00:00+08", "wechat_csv"),  # posts of three months before
    ("d" * 64, "records", ["2021-04"], "2021-05-02 06:00:00+08", "wechat_csv"),  # too old for August
    ("e" * 64, "records", ["2021-10"], "2021-10-02 06:00:00+08", "wechat_csv"),  # too late for August
    ("f" * 64, "registry", [], "2021-01-02 06:00:00+08", "registry_csv"),
]


def build(home: Path, *months: str) -> Settings:
    """The warehouse with the candidates of some months."""
    settings = settings_of(home)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(settings.warehouse))
    con.execute("set TimeZone = 'Asia/Shanghai'")
    con.execute("create schema published")
    con.execute("create schema staging")
    con.execute("create schema registry")
    for name, columns in contract().items():
        # A warehouse that has grown holds its columns in another order than the contract.
        described = ", ".join(f'"{column}" {kind}' for column, kind in reversed(columns.items()))
        con.execute(f"create table published.rpt_{name} ({described})")
        for month in months:
            for row in tables(month).get(name, []):
                names = ", ".join(f'"{column}"' for column in row)
                con.execute(
                    f"insert into published.rpt_{name} ({names}) values ({', '.join('?' * len(row))})",
                    list(row.values()),
                )
    con.execute(
        "create table staging.stg_exports (export_id varchar, export_sha256 varchar, source_file varchar, connector varchar,"
        " table_name varchar, received_at timestamptz, rows_read bigint, accepted bigint, rejected bigint, duplicate bigint,"
        " months varchar[])"
    )
    for sha, table, held, received, connector in EXPORTS:
        con.execute(
            "insert into staging.stg_exports values (?, ?, ?, ?, ?, ?, 10, 7, 2, 1, ?)",
            [sha, sha, f"{connector}/{sha[:1]}.csv", connector, table, received, held],
        )
    con.execute(
        "create table registry.int_registry__deliveries as"
        " select export_id, true as is_in_force from staging.stg_exports where table_name <> 'records'"
    )
    con.close()
    return settings


def change(settings: Settings, statement: str) -> None:
    """Change the candidate in the warehouse."""
    con = duckdb.connect(str(settings.warehouse))
    con.execute(statement)
    con.close()


def publish(settings: Settings, month: Month = AUGUST, **more: Any) -> release.Published:
    return release.publish(settings, month, gate_results=GATES, **more)


def city(home: Path) -> Settings:
    """June, July and August published, each as r1."""
    settings = build(home, "2021-06", "2021-07", "2021-08")
    for month in (JUNE, JULY, AUGUST):
        publish(settings, month, follows=month == AUGUST)
    return settings


def published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The analysts' database, opened as an analyst does."""
    return duckdb.connect(str(settings.published), read_only=True)


def manifest_of(settings: Settings, name: str = "r1", month: Month = AUGUST) -> dict[str, Any]:
    """The manifest of a release."""
    return json.loads((settings.releases / str(month) / name / "manifest.json").read_text("utf-8"))

"""The seeds of the method hold the values that the method fixes, and published worked numbers follow from them."""

from __future__ import annotations

import csv
import math
from decimal import Decimal

import pytest
import yaml

from tests.support import demo_city
from tests.support.homes import PROJECT

SEEDS = demo_city.seeds()


def rows(name: str) -> list[dict[str, str]]:
    (file,) = SEEDS.rglob(f"{name}.csv")
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# Indicator: dimension, position, kind of source, weight, goalpost.
INDICATORS = {
    "news_app": ("dissemination", "1", "channel", "0.30", "2000"),
    "news_site": ("dissemination", "2", "channel", "0.30", "1500"),
    "wechat": ("dissemination", "3", "channel", "0.25", "20000"),
    "weibo": ("dissemination", "4", "channel", "0.15", "50000"),
    "read": ("influence", "1", "metric", "0.60", "20000000"),
    "like": ("influence", "2", "metric", "0.20", "200000"),
    "comment": ("influence", "3", "metric", "0.20", "40000"),
}


def test_weights_and_goalposts_of_the_first_method() -> None:
    result = {
        row["indicator_id"]: (row["dimension"], row["position"], row["source_kind"], row["weight"], row["goalpost"])
        for row in rows("method_indicators")
        if row["method_version"] == "2021-01"
    }
    assert result == INDICATORS


def test_an_indicator_is_named_after_its_source_and_is_logarithmic() -> None:
    for row in rows("method_indicators"):
        assert (row["source_name"], row["transformation"]) == (row["indicator_id"], "log")


def test_the_trial_changes_weights_and_nothing_else() -> None:
    trial = {row["indicator_id"]: row for row in rows("method_indicators") if row["method_version"] == "trial-even"}
    assert {name: (row["dimension"], row["position"], row["source_kind"], row["goalpost"]) for name, row in trial.items()} == {
        name: (dimension, position, kind, goalpost) for name, (dimension, position, kind, _weight, goalpost) in INDICATORS.items()
    }  # fmt: skip
    assert [row["weight"] for row in trial.values()] == ["0.25"] * 4 + ["0.34", "0.33", "0.33"]


PARAMETERS = {
    "window_hours": "168", "skew_minutes": "10", "due_day": "16", "bonus_per_theme": "2", "bonus_reference_posts": "200", "bonus_ceiling": "5",
    "bonus_transformation": "log", "count_self": "0", "count_sibling": "0", "bootstrap_replicates": "1000", "interval_low": "0.025",
    "tier_level": "0.025",
}  # fmt: skip


@pytest.mark.parametrize("version", ["2021-01", "trial-even"])
def test_parameters_of_the_method(version: str) -> None:
    assert {row["parameter"]: row["value"] for row in rows("method_parameters") if row["method_version"] == version} == PARAMETERS  # fmt: skip


def test_the_first_method_is_in_force_from_the_beginning_of_time_and_the_trial_never() -> None:
    result = {row["method_version"]: (row["valid_from"], row["valid_to"]) for row in rows("method_versions")}
    assert result == {"2021-01": ("0001-01-01", ""), "trial-even": ("9999-12-01", "9999-12-02")}


# ---- rivals: the formulas as they are published, term by term ----------------------------------------------------------


def wci_v2() -> dict[str, float]:
    groups = {"read": 0.8, "recommend": 0.2}
    inside = {"total": 0.40, "per_post": 0.45, "max": 0.15}
    return {f"{name}_{part}": a * b for name, a in groups.items() for part, b in inside.items()}


def wci_v12() -> dict[str, float]:
    return {name.replace("_total", "_per_day"): weight for name, weight in wci_v2().items()}


def wci_v14_2() -> dict[str, float]:
    groups = {"per_day": 0.6, "per_post": 0.2, "headline_per_day": 0.1, "max": 0.1}
    inside = {"read": 0.70, "recommend": 0.09, "like": 0.06, "share": 0.15}
    return {f"{name}_{part}": a * b for part, a in groups.items() for name, b in inside.items()}


def bci() -> dict[str, float]:
    return {"post_count": 0.2, "repost_total": 0.8 * 0.4, "comment_total": 0.8 * 0.4, "like_total": 0.8 * 0.2}


def media() -> dict[str, float]:
    return {
        "reprint_count": 0.25 * 0.4, "original_count": 0.25 * 0.45, "reprint_max": 0.25 * 0.15, "reprinted_post_count": 0.25 * 0.7,
        "outlet_post_max": 0.25 * 0.3, "unit_weight": 0.4, "post_count": 0.1,
    }  # fmt: skip


FORMULAS = {
    # Terms; scale, power, decimals of averages, platform; is every metric but reads taken ten times.
    "wci_v2": (wci_v2(), ("10", "2", "", "wechat"), False), "wci_v12": (wci_v12(), ("10", "2", "1", "wechat"), True),
    "wci_v14_2": (wci_v14_2(), ("12", "2", "", "wechat"), True), "bci": (bci(), ("160", "1", "", "weibo"), False),
    "media_dissemination": (media(), ("1", "1", "", ""), False),
}  # fmt: skip


def test_rival_indices_are_the_published_ones() -> None:
    assert {row["index_id"] for row in rows("rival_indices")} == FORMULAS.keys()
    assert {row["index_id"] for row in rows("rival_terms")} == FORMULAS.keys()


@pytest.mark.parametrize("index", FORMULAS)
def test_terms_of_a_rival_are_those_of_its_formula(index: str) -> None:
    weights, frame, is_tenfold = FORMULAS[index]
    terms = [row for row in rows("rival_terms") if row["index_id"] == index]
    assert {row["variable"]: float(row["weight"]) for row in terms} == pytest.approx(weights, abs=1e-12)
    assert len(terms) == len(weights)
    assert {row["variable"] for row in terms if row["multiplier"] == "10"} == {
        name for name in weights if is_tenfold and not name.startswith("read")
    }
    assert {row["multiplier"] for row in terms} <= {"1", "10"}
    (row,) = [row for row in rows("rival_indices") if row["index_id"] == index]
    assert (row["scale"], row["power"], row["average_decimals"], row["platform"]) == frame
    assert (row["valid_from"], row["valid_to"]) == ("0001-01-01", "")


WORKED = {
    "wci_v2": ({"read_total": 10_000, "read_per_post": 100, "read_max": 300, "recommend_total": 4_000, "recommend_per_post": 40, "recommend_max": 60}, "411.4875079"),
    "wci_v12": ({"read_per_day": 29_396, "read_per_post": 9_798.7, "read_max": 22_858, "recommend_per_day": 72, "recommend_per_post": 24, "recommend_max": 49}, "812.0233948"),
    "media_dissemination": (
        {"reprint_count": 5_000, "original_count": 300, "reprint_max": 400, "reprinted_post_count": 250, "outlet_post_max": 60, "unit_weight": 10,
         "post_count": 800}, "4.62157678",
    ),
}  # fmt: skip


@pytest.mark.parametrize("index", WORKED)
def test_published_worked_numbers_follow_from_the_seeds(index: str) -> None:
    values, wanted = WORKED[index]
    (frame,) = [row for row in rows("rival_indices") if row["index_id"] == index]
    total = sum(
        float(row["weight"]) * math.log(1 + int(row["multiplier"]) * values[row["variable"]])
        for row in rows("rival_terms")
        if row["index_id"] == index
    )
    result = int(frame["scale"]) * total ** int(frame["power"])
    decimals = len(wanted.partition(".")[2])
    assert round(result, decimals) == float(wanted)


def test_no_unit_has_a_weight_of_its_own_yet() -> None:
    assert rows("rival_unit_weights") == []


# ---- what is ranked and declared -----------------------------------------------------------------------------------------


def test_channels_are_those_of_the_bulletin_in_its_order() -> None:
    assert [row["channel_type"] for row in rows("channel_types")] == ["news_app", "news_site", "wechat", "weibo"]


def in_force(name: str, day: str) -> list[dict[str, str]]:
    return [row for row in rows(name) if row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"])]


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        ("2021-07-01", {"疫情防控", "防汛防台", "建党百年"}),
        ("2021-08-01", {"疫情防控", "“双减”", "长三角一体化"}),
        ("2021-09-01", {"疫情防控", "“双减”"}),
        ("2021-10-01", {"疫情防控", "“双减”", "进博会"}),
    ],
)
def test_themes_of_a_month_are_the_declared_ones(day: str, wanted: set[str]) -> None:
    assert {row["theme_name"] for row in in_force("themes", day)} == wanted


def test_sub_topics_of_epidemic_control_are_the_five_of_the_bulletin() -> None:
    result = [(row["theme_id"], row["subtopic_name"]) for row in in_force("subtopics", "2021-08-01")]
    assert result == [
        ("epidemic_control", name) for name in ("防控措施", "科学防疫", "疫苗接种", "防护提醒", "及时辟谣")
    ]


def test_the_subjects_that_the_bulletin_names_are_there_and_each_has_terms() -> None:
    subjects = {row["subject_name"]: row["subject_id"] for row in in_force("subjects", "2021-08-01")}
    assert {"医疗", "旧改", "教育", "就业", "公积金", "户口", "社保"} <= subjects.keys()
    assert set(subjects.values()) == {row["subject_id"] for row in in_force("subject_terms", "2021-08-01") if row["kind"] == "include"}  # fmt: skip


def test_two_bodies_issue_the_ranking_together() -> None:
    assert [row["position"] for row in in_force("issuers", "2021-08-01")] == ["1", "2"]


def test_a_hosted_hashtag_is_hosted_by_an_account_of_its_unit() -> None:
    for row in rows("hosted_hashtags"):
        assert row["host_account_id"] == f"wb-{row['unit_id']}-1"
        assert not set("#,, ") & set(row["hashtag"])


def test_whoever_declares_says_who_when_and_why() -> None:
    for name in ("themes", "subtopics", "subjects", "theme_terms", "subtopic_terms", "subject_terms", "hosted_hashtags"):  # fmt: skip
        for row in rows(name):
            assert row["declared_by"], row
            assert row["reason"], row
            assert row["declared_on"], row
            assert not row["valid_to"] or row["valid_from"] < row["valid_to"], row
    for name in ("method_indicators", "method_parameters", "method_versions"):
        assert all(row["reason"] for row in rows(name)), name


# ---- what dbt proves of the seeds ----------------------------------------------------------------------------------------

KEYS = {
    "method_versions": "method_version", "method_indicators": "method_version, dimension, indicator_id", "method_parameters": "method_version, parameter",
    "matching_parameters": "parameter, valid_from", "quality_floors": "gate, measure, scope, valid_from",
    "closed_registries": "channel_type, valid_from", "source_authority": "connector, valid_from", "themes": "theme_id, valid_from",
    "theme_terms": "theme_id, term, kind, valid_from", "subtopics": "theme_id, subtopic_id, valid_from",
    "subtopic_terms": "theme_id, subtopic_id, term, valid_from", "subjects": "subject_id, valid_from", "subject_terms": "subject_id, term, valid_from",
    "hosted_hashtags": "hashtag, valid_from", "issuers": "issuer_name, valid_from", "rival_indices": "index_id", "rival_terms": "index_id, position",
    "rival_unit_weights": "unit_id, valid_from", "match_decisions": "item_id, post_id, valid_from", "post_corrections": "post_id, action, valid_from",
    "leverage_decisions": "ranking_month, unit_id, dimension, kind, part_id",
    "unit_aliases": "unit_id, alias, valid_from", "registry_confirmations": "export_sha256", "owner_confirmations": "account_id, unit_id, valid_from", "channel_types": "channel_type", "ranking_lists": "ranking_list",
    "monitored_channels": "channel_type",
}  # fmt: skip
VALUES = {
    ("method_indicators", "dimension"): ["dissemination", "influence"], ("method_indicators", "source_kind"): ["channel", "metric"],
    ("method_indicators", "transformation"): ["log", "linear"], ("theme_terms", "kind"): ["include", "exclude", "hashtag"],
    ("subject_terms", "kind"): ["include", "exclude"],
    ("match_decisions", "decision"): ["reprint", "not_reprint"], ("post_corrections", "action"): ["withdraw"],
    ("leverage_decisions", "dimension"): ["dissemination", "influence"],
    ("leverage_decisions", "kind"): ["largest_item", "largest_outlet", "largest_group", "one_sided_exports", "unregistered", "link_only", "busiest_day"],
    ("leverage_decisions", "decision"): ["confirm", "exclude"],
}  # fmt: skip
NEVER_NULL = {
    ("method_indicators", "transformation"), ("method_indicators", "reason"), ("method_parameters", "value"), ("method_parameters", "reason"),
    ("matching_parameters", "reason"), ("quality_floors", "reason"), ("closed_registries", "reason"), ("source_authority", "reason"),
    ("themes", "declared_by"), ("themes", "declared_on"), ("match_decisions", "guard"),
    ("match_decisions", "reason"), ("post_corrections", "guard"), ("post_corrections", "reason"),
    ("leverage_decisions", "decided_by"), ("leverage_decisions", "decided_on"), ("leverage_decisions", "reason"),
    ("registry_confirmations", "decided_by"), ("registry_confirmations", "decided_on"), ("registry_confirmations", "reason"),
    ("owner_confirmations", "decided_by"), ("owner_confirmations", "decided_on"), ("owner_confirmations", "reason"),
}  # fmt: skip


def declared() -> dict[str, dict]:
    return {
        seed["name"]: seed
        for seed in yaml.safe_load((PROJECT / "dbt_project/seed_properties/_seeds.yml").read_text("utf-8"))["seeds"]
    }


def test_every_seed_proves_what_one_row_is() -> None:
    assert {file.stem for file in SEEDS.rglob("*.csv")} == KEYS.keys()
    assert {name: entry["data_tests"] for name, entry in declared().items()} == {
        name: [{"one_row_is": {"arguments": {"key": key}}}] for name, key in KEYS.items()
    }


def test_columns_of_seeds_are_checked_for_their_values_and_for_gaps() -> None:
    values, gaps = {}, set()
    for name, entry in declared().items():
        for column in entry.get("columns", []):
            for test in column["data_tests"]:
                if test == "not_null":
                    gaps.add((name, column["name"]))
                else:
                    values[name, column["name"]] = test["accepted_values"]["arguments"]["values"]
    assert (values, gaps) == (VALUES, NEVER_NULL)


def test_no_two_rows_of_a_seed_share_its_key() -> None:
    for name, key in KEYS.items():
        result = [tuple(row[column] for column in key.split(", ")) for row in rows(name)]
        assert len(result) == len(set(result)), name


def test_weights_are_hundredths_that_add_up_to_one() -> None:
    totals: dict[tuple[str, str], Decimal] = {}
    for row in rows("method_indicators"):
        assert len(row["weight"].partition(".")[2]) == 2
        key = (row["method_version"], row["dimension"])
        totals[key] = totals.get(key, Decimal(0)) + Decimal(row["weight"])
    assert set(totals.values()) == {Decimal(1)}
    assert len(totals) == 4


def test_back_ends_are_believed_before_tools_and_a_third_party_makes_no_posts() -> None:
    """(whether it speaks for accounts, strength) of each connector; the row without one is of all that have none."""
    back_ends = ("wechat_article_total", "wechat_backend_content", "wechat_backend_total")
    tools = (
        "own_posts", "wechat_download_csv", "wechat_exporter_json", "wechat_exporter_xlsx", "wechat_history_json",
        "wechat_backup_json", "weibo_crawler_csv", "weibo_crawler_json", "weibo_search_csv", "weibo_spider_jsonl",
        "weibo_spider_csv", "weibo_page_csv", "weibo_topic_csv",
    )  # fmt: skip
    authority = rows("source_authority")
    assert {row["connector"]: (row["speaks_for_accounts"], row["strength"]) for row in authority} == {
        **dict.fromkeys(back_ends, ("1", "3")),
        **dict.fromkeys(tools, ("1", "2")),
        **dict.fromkeys(("", "monitoring_vendor"), ("0", "1")),
    }
    assert {(row["valid_from"], row["valid_to"]) for row in authority} == {("0001-01-01", "")}


def test_the_registry_is_closed_for_news_apps_and_news_sites_from_the_first_ranking_on() -> None:
    assert [(row["channel_type"], row["valid_from"], row["valid_to"]) for row in rows("closed_registries")] == [
        ("news_app", "2019-01-01", ""),
        ("news_site", "2019-01-01", ""),
    ]

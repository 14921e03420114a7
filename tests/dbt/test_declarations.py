"""What is declared in seeds, written down a second time: a row that changes moves a figure of a published month.

A row that is meant to change is changed in both places, with its date and reason.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import demo_city
from tests.support.homes import PROJECT

SEEDS = demo_city.seeds()
ALWAYS = "2019-01-01.."

THEMES = """
yangtze_delta|长三角一体化|Yangtze River Delta integration|2019-03-01..2019-07-01|2019-02-20
waste_sorting|垃圾分类|Waste sorting|2019-07-01..2020-01-01|2019-06-20
import_expo|进博会|Import Expo|2019-10-01..2019-12-01|2019-09-20
epidemic_control|疫情防控|Epidemic control|2020-01-01..2022-01-01|2020-01-24
import_expo|进博会|Import Expo|2020-10-01..2020-12-01|2020-09-20
yangtze_delta|长三角一体化|Yangtze River Delta integration|2020-06-01..2020-08-01|2020-05-25
flood_season|防汛防台|Flood and typhoon season|2021-07-01..2021-08-01|2021-06-25
party_centenary|建党百年|Party centenary|2021-06-01..2021-08-01|2021-05-25
double_reduction|“双减”|Double reduction|2021-08-01..2022-01-01|2021-07-28
yangtze_delta|长三角一体化|Yangtze River Delta integration|2021-08-01..2021-09-01|2021-07-28
import_expo|进博会|Import Expo|2021-10-01..2021-12-01|2021-09-22
"""
# What finds a theme, what rules it out, its hashtags; from when.
THEME_TERMS = {
    ("epidemic_control", "2020-01-01.."): ("疫情防控 新冠 核酸检测 疫苗接种 接种疫苗 健康码 防疫", "动物疫情防控 非洲猪瘟", "疫情防控 科学防疫"),
    ("double_reduction", "2021-07-01.."): ("双减 校外培训 作业负担 课后服务", "驾驶员校外培训", "双减落地"),
    ("yangtze_delta", ALWAYS): ("长三角", "长三角号列车时刻", "长三角一体化"),
    ("waste_sorting", ALWAYS): ("垃圾分类 湿垃圾 干垃圾", "垃圾邮件", "垃圾分类新时尚"),
    ("import_expo", ALWAYS): ("进博会 进口博览会", "", "相约进博"),
    ("flood_season", ALWAYS): ("防汛防台 防汛 台风", "台风口", "防汛防台"),
    ("party_centenary", "2021-01-01.."): ("建党百年 建党100周年 初心之地", "", "百年初心"),
}  # fmt: skip
SUBTOPICS = {
    "measures": ("防控措施", "Control measures", "闭环管理 消杀 隔离点 测温 查验 限流 核验 从严抓好 筑牢防线 重点场所"),
    "science": ("科学防疫", "Epidemic science", "科学防疫 专家谈 专家这样说 小课堂 专家解读"),
    "vaccination": ("疫苗接种", "Vaccination", "疫苗接种 接种点 新冠疫苗 接种车"),
    "reminders": ("防护提醒", "Protection reminders", "疫情防控提醒 防护提醒 戴好口罩 一米线 非必要不离沪"),
    "rumours": ("及时辟谣", "Refuting rumours", "辟谣 网传 谣言 不实"),
}
SUBJECTS = {
    "medical": ("医疗", "Medical care", "门诊 就医 家庭医生 互联网医院", "动物门诊"),
    "renewal": ("旧改", "Old housing renewal", "旧改 旧区改造 二级旧里 旧住房", ""),
    "education": ("教育", "Education", "教育 学校 招生 课后服务", "警示教育"),
    "employment": ("就业", "Employment", "就业 招聘 高校毕业生 职业技能", ""),
    "provident_fund": ("公积金", "Housing provident fund", "公积金", ""),
    "household": ("户口", "Household registration", "户口 落户 居住证", "门户口"),
    "social_insurance": ("社保", "Social insurance", "社保 社会保险 养老金", ""),
    "eldercare": ("养老", "Elder care", "养老 助餐 长者", ""),
    "transport": ("交通", "Transport", "轨道交通 公交 路口 停车", ""),
    "environment": ("生态环境", "Environment", "生态环境 空气质量 河道 垃圾分类", ""),
    "culture": ("文旅", "Culture and tourism", "展览 演出 博物馆 旅游", ""),
    "business": ("营商环境", "Business environment", "营商环境 一网通办 惠企 减税降费", ""),
    "safety": ("公共安全", "Public safety", "反诈 消防 应急 平安", ""),
}
HOSTED = """
申城就业服务周|wb-d-rsj-1|d-rsj
滨江幸福里|wb-310110-1|310110
健康申城问一问|wb-d-wjw-1|d-wjw
平安申城每一天|wb-d-gaj-1|d-gaj
一江一河走起来|wb-310101-1|310101
相约水乡客厅|wb-310118-1|310118
申城好天气|wb-d-qxj-1|d-qxj
课后三点半|wb-d-jw-1|d-jw
"""
ISSUERS = """
1|申城政务新媒体观察室（演示）|Shencheng Government New Media Observatory (demo)|
2|江畔传播研究中心（演示）|Jiangpan Communication Research Centre (demo)|
"""
CHANNEL_TYPES = """
news_app
news_site
wechat
weibo
"""
# What each seed's rows are tested for before a month is built: the key of a row, and what a column may hold.
TESTED: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "method_versions": ("method_version", {}),
    "method_indicators": ("method_version, dimension, indicator_id", {
        "dimension": [["dissemination", "influence"]], "source_kind": [["channel", "metric"]],
        "transformation": ["not_null", ["log", "linear"]], "reason": ["not_null"],
    }),
    "method_parameters": ("method_version, parameter", {"value": ["not_null"], "reason": ["not_null"]}),
    "matching_parameters": ("parameter, valid_from", {"reason": ["not_null"]}),
    "source_authority": ("connector, valid_from", {"reason": ["not_null"]}),
    "closed_registries": ("channel_type, valid_from", {"reason": ["not_null"]}),
    "quality_floors": ("gate, measure, scope, valid_from", {"reason": ["not_null"]}),
    "themes": ("theme_id, valid_from", {"declared_by": ["not_null"], "declared_on": ["not_null"]}),
    "theme_terms": ("theme_id, term, kind, valid_from", {"kind": [["include", "exclude", "hashtag"]]}),
    "subtopics": ("theme_id, subtopic_id, valid_from", {}),
    "subtopic_terms": ("theme_id, subtopic_id, term, valid_from", {}),
    "subjects": ("subject_id, valid_from", {}),
    "subject_terms": ("subject_id, term, valid_from", {"kind": [["include", "exclude"]]}),
    "hosted_hashtags": ("hashtag, valid_from", {}),
    "issuers": ("issuer_name, valid_from", {}),
    "rival_indices": ("index_id", {}),
    "rival_terms": ("index_id, position", {}),
    "rival_unit_weights": ("unit_id, valid_from", {}),
    "match_decisions": ("item_id, post_id, valid_from", {
        "decision": [["reprint", "not_reprint"]], "guard": ["not_null"], "reason": ["not_null"],
    }),
    "post_corrections": ("post_id, action, valid_from", {"action": [["withdraw"]], "guard": ["not_null"], "reason": ["not_null"]}),
    "leverage_decisions": ("ranking_month, unit_id, dimension, kind, part_id", {
        "dimension": [["dissemination", "influence"]],
        "kind": [["largest_item", "largest_outlet", "largest_group", "one_sided_exports", "unregistered", "link_only", "busiest_day"]],
        "decision": [["confirm", "exclude"]], "decided_by": ["not_null"], "decided_on": ["not_null"], "reason": ["not_null"],
    }),
    "unit_aliases": ("unit_id, alias, valid_from", {}),
    "owner_confirmations": ("account_id, unit_id, valid_from", {"decided_by": ["not_null"], "decided_on": ["not_null"], "reason": ["not_null"]}),
    "registry_confirmations": ("export_sha256", {"decided_by": ["not_null"], "decided_on": ["not_null"], "reason": ["not_null"]}),
    "channel_types": ("channel_type", {}),
    "ranking_lists": ("ranking_list", {}),
    "monitored_channels": ("channel_type", {}),
}  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with next(SEEDS.rglob(f"{name}.csv")).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def span(row: dict[str, str]) -> str:
    return f"{row['valid_from']}..{row['valid_to']}"


def table(name: str, *columns: str) -> list[str]:
    return ["|".join(row[column] for column in columns) for row in rows(name)]


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def terms(name: str, *key: str) -> dict[tuple[str, ...], dict[str, str]]:
    result: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for row in rows(name):
        kinds = result.setdefault((*(row[column] for column in key), span(row)), {})
        kinds.setdefault(row.get("kind", "include"), []).append(row["term"])
    return {entry: {kind: " ".join(words) for kind, words in kinds.items()} for entry, kinds in result.items()}


def test_themes_are_declared_for_these_months_under_these_names() -> None:
    result = [
        f"{'|'.join(row[c] for c in ('theme_id', 'theme_name', 'theme_name_en'))}|{span(row)}|{row['declared_on']}"
        for row in rows("themes")
    ]
    assert result == lines(THEMES)
    assert {row["declared_by"] for row in rows("themes")} == {"演示评议组"}


def test_a_month_has_the_themes_of_its_bulletin() -> None:
    """疫情防控, “双减”, 长三角一体化 in 2021-08; a theme ends on the first day on which it no longer holds."""

    def of(month: str) -> set[str]:
        day = f"{month}-01"
        return {row["theme_id"] for row in rows("themes") if row["valid_from"] <= day < row["valid_to"]}

    assert of("2021-08") == {"epidemic_control", "double_reduction", "yangtze_delta"}
    assert of("2021-07") == {"epidemic_control", "flood_season", "party_centenary"}
    assert of("2022-01") == set()


def test_a_theme_is_declared_before_it_begins() -> None:
    late = [row for row in rows("themes") if row["declared_on"] >= row["valid_from"]]
    # The epidemic was declared a theme in the month it broke out, for the whole of that month.
    assert [(row["theme_id"], row["declared_on"]) for row in late] == [("epidemic_control", "2020-01-24")]


def test_themes_are_found_and_ruled_out_by_these_terms() -> None:
    result = terms("theme_terms", "theme_id")
    assert {
        key: tuple(kinds.get(kind, "") for kind in ("include", "exclude", "hashtag")) for key, kinds in result.items()
    } == THEME_TERMS


def test_subtopics_of_epidemic_control_have_these_terms() -> None:
    result = terms("subtopic_terms", "theme_id", "subtopic_id")
    assert {key: kinds["include"] for key, kinds in result.items()} == {
        ("epidemic_control", name, "2020-01-01.."): words for name, (_zh, _en, words) in SUBTOPICS.items()
    }
    names = table("subtopics", "theme_id", "subtopic_id", "subtopic_name", "subtopic_name_en", "valid_from", "valid_to")
    assert names == [f"epidemic_control|{name}|{zh}|{en}|2020-01-01|" for name, (zh, en, _words) in SUBTOPICS.items()]


def test_subjects_have_these_names_and_terms() -> None:
    result = terms("subject_terms", "subject_id")
    assert {key: (kinds["include"], kinds.get("exclude", "")) for key, kinds in result.items()} == {
        (name, ALWAYS): (words, but) for name, (_zh, _en, words, but) in SUBJECTS.items()
    }
    names = table("subjects", "subject_id", "subject_name", "subject_name_en", "valid_from", "valid_to")
    assert names == [f"{name}|{zh}|{en}|2019-01-01|" for name, (zh, en, _words, _but) in SUBJECTS.items()]


@pytest.mark.parametrize(
    ("name", "columns", "wanted"),
    [
        ("hosted_hashtags", ("hashtag", "host_account_id", "unit_id"), HOSTED),
        ("issuers", ("position", "issuer_name", "issuer_name_en", "data_licence"), ISSUERS),
        ("channel_types", ("channel_type",), CHANNEL_TYPES),
    ],
)
def test_names_and_their_order_are_these(name: str, columns: tuple[str, ...], wanted: str) -> None:
    assert table(name, *columns) == lines(wanted)
    assert {span(row) for row in rows(name) if "valid_from" in row} <= {ALWAYS}


def test_a_miswritten_name_is_understood_and_nothing_else_is_corrected() -> None:
    assert table("unit_aliases", "unit_id", "alias", "valid_from", "valid_to") == ["d-wjw|市卫建委|2019-01-01|"]
    assert (rows("match_decisions"), rows("post_corrections")) == ([], [])


@pytest.mark.parametrize("name", sorted(file.stem for file in SEEDS.rglob("*.csv")))
def test_every_row_is_one_by_its_key_and_spans_run_forward(name: str) -> None:
    key = TESTED[name][0].split(", ")
    seen = [tuple(row[column] for column in key) for row in rows(name)]
    assert len(set(seen)) == len(seen)
    assert [row for row in rows(name) if row.get("valid_to") and not row["valid_from"] < row["valid_to"]] == []


def test_every_seed_is_described_and_tested_for_these_things() -> None:
    described = yaml.safe_load((PROJECT / "dbt_project/seed_properties/_seeds.yml").read_text("utf-8"))["seeds"]
    result = {}
    for entry in described:
        assert entry["description"].startswith("One row is one "), entry["name"]
        (test,) = entry["data_tests"]
        columns = {
            column["name"]: [
                kind if isinstance(kind, str) else kind["accepted_values"]["arguments"]["values"]
                for kind in column["data_tests"]
            ]
            for column in entry.get("columns", [])
        }
        result[entry["name"]] = (test["one_row_is"]["arguments"]["key"], columns)
    assert result == TESTED
    assert set(result) == {file.stem for file in Path(SEEDS).rglob("*.csv")}

"""A city's folder: city.yml is checked, its tables take the place of the shipped ones, and nothing of the demo is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.core import city
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.demo import write_city
from tests.support import demo_city

SMALL = """
name: 湾城
name_en: Bay City
licence: CC-BY-4.0
issuers: [{name: 湾城观察, name_en: Bay Watch}, {name: 旧观察, valid_from: 2019-01-01, valid_to: 2020-01-01}]
channels: [weibo]
ranking_lists: [{id: departments, name: 部门榜单, name_en: Departments, short_name: 部门}]
"""
HEADER = "theme_id,theme_name,theme_name_en,valid_from,valid_to,declared_by,declared_on,reason"


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    (tmp_path / "city.yml").write_text(SMALL, "utf-8")
    return Settings(tmp_path, 1, "1GB")


def rule(settings: Settings, text: str, name: str = "rules/themes.csv") -> Path:
    file = settings.city / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode("utf-8"))
    return file


def test_a_city_has_its_own_issuers_with_its_licence(own: Settings) -> None:
    assert city.seeds(own)[city.ISSUERS].decode().splitlines() == [
        "position,issuer_name,issuer_name_en,data_licence,valid_from,valid_to",
        "1,湾城观察,Bay Watch,CC-BY-4.0,0001-01-01,",
        "2,旧观察,,CC-BY-4.0,2019-01-01,2020-01-01",
    ]


def test_a_city_has_its_own_lists_and_channels(own: Settings) -> None:
    tables = city.seeds(own)
    assert tables[city.LISTS].decode().splitlines()[1:] == ["1,departments,部门榜单,Departments,部门"]
    assert tables[city.CHANNELS].decode().splitlines()[1:] == ["weibo"]


def test_a_platform_of_the_city_is_a_channel_type_beside_the_program_s(own: Settings) -> None:
    declared = "platforms: [douyin]\nchannels: [weibo, douyin]"
    (own.city / city.FILE).write_text(SMALL.replace("channels: [weibo]", declared), "utf-8")
    assert city.channel_types(own) == ["news_app", "news_site", "wechat", "weibo", "douyin"]
    assert city.seeds(own)[city.CHANNELS].decode().splitlines()[1:] == ["weibo", "douyin"]


@pytest.mark.parametrize(
    "name",
    ["themes", "theme_terms", "subtopics", "subtopic_terms", "subjects", "subject_terms", "hosted_hashtags"],
)
def test_nothing_of_the_demo_is_in_force_in_another_city(own: Settings, name: str) -> None:
    assert city.rows(own, f"methodology/{name}") == []
    assert city.rows(demo_city.settings(), f"methodology/{name}") != []


def test_a_table_of_the_city_takes_the_place_of_the_shipped_one_without_mark_and_comments(own: Settings) -> None:
    row = "spring,春运,Spring travel,2021-01-01,,评议组,2020-12-20,春运"
    rule(own, f"\ufeff# what counts as a theme\r\n{HEADER}\r\n\r\n{row}\r\n")
    assert city.seeds(own)["methodology/themes.csv"].decode() == f"{HEADER}\n{row}\n"
    assert [theme["theme_name"] for theme in city.rows(own, "methodology/themes")] == ["春运"]


def test_a_city_without_a_method_of_its_own_has_the_shipped_one(own: Settings) -> None:
    shipped = (own.seeds / "methodology/method_versions.csv").read_bytes()
    assert city.seeds(own)["methodology/method_versions.csv"] == shipped
    rule(
        own,
        "method_version,valid_from,valid_to,title,title_en,declared_by,declared_on,reason\n",
        "method/method_versions.csv",
    )
    assert city.rows(own, "methodology/method_versions") == []


@pytest.mark.parametrize(
    ("name", "content", "problem", "remedy"),
    [
        ("rules/themes.csv", "theme,name\n", r"themes\.csv: its header is 'theme,name'", HEADER),
        ("rules/themes.csv", "", r"themes\.csv: its header is ''", HEADER),
        ("rules/themes.csv", f"{HEADER}\nspring,春运\n", r"row 2 'spring,春运' has 2 columns", "write 8"),
        ("rules/theme.csv", f"{HEADER}\n", r"rules/theme\.csv is no table of a city", r"themes\.csv"),
        ("method/rival_terms.csv", "a\n", r"rival_terms\.csv is no table of a city", r"method_versions\.csv"),
    ],
)
def test_a_wrong_table_is_named_with_its_row_and_its_remedy(
    own: Settings, name: str, content: str, problem: str, remedy: str
) -> None:
    rule(own, content, name)
    with pytest.raises(UsageError, match=problem) as caught:
        city.seeds(own)
    assert own.city.as_posix() in str(caught.value)
    assert caught.match(remedy)


def test_a_table_in_another_encoding_is_refused(own: Settings) -> None:
    rule(own, "").write_bytes(f"{HEADER}\n春运".encode("gb18030"))
    with pytest.raises(UsageError, match=r"themes\.csv is not in UTF-8"):
        city.seeds(own)


@pytest.mark.parametrize(
    ("changed", "to", "problem"),
    [
        ("name: 湾城\n", "", "name: field required"),
        ("channels: [weibo]", "channels: [douyin]", "channels: 'douyin' is no channel type"),
        ("channels: [weibo]", "channels: [weibo, weibo]", "weibo is there twice"),
        ("channels: [weibo]", "channels: []", "channels"),
        (
            "channels: [weibo]",
            "platforms: [抖音]\nchannels: [weibo]",
            "platforms.0 '抖音'",
        ),
        (
            "channels: [weibo]",
            "platforms: [weibo]\nchannels: [weibo]",
            "platforms: 'weibo' is a channel type of the program",
        ),
        ("licence:", "license:", "license 'CC-BY-4.0': extra inputs"),
        ("id: departments", "id: 部门", "ranking_lists.0.id '部门'"),
        ("name: 湾城\n", "name: 湾城\ntime_zone: Asia/Tokyo\n", "time_zone 'Asia/Tokyo'"),
        ("name: 湾城\n", "name: [\n", "is no YAML"),
    ],
)
def test_a_wrong_city_yml_is_named_with_its_key_and_value(own: Settings, changed: str, to: str, problem: str) -> None:
    file = own.city / city.FILE
    text = file.read_text("utf-8")
    assert changed in text
    file.write_text(text.replace(changed, to), "utf-8")
    with pytest.raises(UsageError) as caught:
        city.load(own)
    assert problem in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_folder_without_city_yml_is_no_city(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no city folder: it has no city\.yml"):
        city.load(Settings(tmp_path, 1, "1GB"))


def test_hashes_name_city_yml_and_change_with_a_table_of_the_city(own: Settings) -> None:
    initial = city.hashes(own)
    assert list(initial) == sorted(initial)
    rule(own, f"{HEADER}\nspring,春运,Spring travel,2021-01-01,,评议组,2020-12-20,春运\n")
    (own.city / city.FILE).write_text(SMALL.replace("Bay Watch", "Bay Observatory"), "utf-8")
    later = city.hashes(own)
    assert {name for name in later if later[name] != initial[name]} == {
        "city.yml", "methodology/issuers.csv", "methodology/themes.csv",
    }  # fmt: skip


def test_seeds_are_written_for_dbt_and_old_ones_are_removed(own: Settings, tmp_path: Path) -> None:
    target = tmp_path / "dbt" / "seeds"
    city.write_seeds(own, target)
    (target / "methodology" / "gone.csv").write_text("a\n", "utf-8")
    city.write_seeds(own, target)
    written = {file.relative_to(target).as_posix(): file.read_bytes() for file in target.rglob("*.*")}
    assert written == city.seeds(own)


def test_the_demo_is_written_into_an_empty_folder_and_what_a_person_changed_there_stays(tmp_path: Path) -> None:
    write_city(tmp_path)
    themes = tmp_path / "rules" / "themes.csv"
    themes.write_text(f"{HEADER}\n", "utf-8")
    write_city(tmp_path)
    assert themes.read_text("utf-8") == f"{HEADER}\n"
    assert city.load(Settings(tmp_path, 1, "1GB")).name == "申城"


def test_the_demo_is_not_written_into_the_folder_of_another_city(own: Settings) -> None:
    with pytest.raises(UsageError, match="is the folder of another city"):
        write_city(own.city)


def environment(monkeypatch: pytest.MonkeyPatch, **values: Path) -> Settings:
    for name in ("BANGDAN_CITY", "BANGDAN_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    return Settings.load()


def test_a_city_that_is_named_holds_its_data_and_its_inbox(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = environment(monkeypatch, BANGDAN_CITY=own.city)
    assert (settings.city, settings.home, settings.inbox) == (own.city, own.city / "data", own.city / "inbox")
    settings = environment(monkeypatch, BANGDAN_CITY=own.city, BANGDAN_HOME=own.city / "elsewhere")
    assert (settings.city, settings.home) == (own.city, own.city / "elsewhere")


def test_the_current_folder_names_the_city_unless_the_data_folder_is_one(
    own: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(own.city)
    settings = environment(monkeypatch)
    assert (settings.city, settings.home) == (own.city, own.city / "data")
    demo = tmp_path_factory.mktemp("demo")
    write_city(demo)
    settings = environment(monkeypatch, BANGDAN_HOME=demo)
    assert (settings.city, settings.home) == (demo, demo)


def test_a_wrong_city_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no city folder: it has no city\.yml"):
        environment(monkeypatch, BANGDAN_CITY=tmp_path)


def test_a_scratch_area_keeps_the_city(own: Settings, tmp_path: Path) -> None:
    assert own.replaced(home=tmp_path / "scratch").city == own.city

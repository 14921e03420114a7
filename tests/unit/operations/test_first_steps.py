"""What a city lacks until its first page, in the order in which a person does it; `status` and `doctor` say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bangdan.cli import cli
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.operations import city_folder, doctor, first_steps
from bangdan.pipeline import intake
from tests.support import loading

UNIT = "u{0},单位{0},,commission_or_bureau,departments,,,\n"
ACCOUNT = "a,u1,weibo,weibo_uid,6000000001,单位发布,,,,\n"
OUTLET = "{0}:x,{0},name,x,外{0},,true,,\n"
UNKNOWN = "城市,人口\n湾城,1\n"
POSTS = "id,bid,正文,点赞数,评论数,转发数,完整日期\n4660000000000001,,今天开放接种点,3,1,0,2021-08-02 09:00:00\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    city_folder.make(tmp_path, "湾城", "Bay", ["departments"], ["weibo", "news_app"])
    return Settings(tmp_path / "data", 1, "1GB", city=tmp_path)


def append(settings: Settings, table: str, *rows: str) -> None:
    with (settings.city / "registry" / f"{table}.csv").open("a", encoding="utf-8") as stream:
        stream.writelines(rows)


def missing(settings: Settings) -> list[str]:
    return [step.missing for step in first_steps.steps(settings)]


def test_step_by_step_from_an_empty_folder_to_the_first_run(settings: Settings) -> None:
    empty = f"no exports in {settings.inbox}"
    outlets = [
        f"no {channel} outlet is registered: its reprints will not be counted" for channel in ("weibo", "news_app")
    ]
    assert missing(settings) == ["no unit is registered", "0 unit(s), no account yet", *outlets, empty]
    append(settings, "units", *(UNIT.format(number) for number in (1, 2, 3)))
    assert missing(settings) == ["3 unit(s), no account yet", *outlets, empty]
    append(settings, "accounts", ACCOUNT)
    append(settings, "outlets", OUTLET.format("weibo"))
    assert missing(settings) == [outlets[1], empty]
    append(settings, "outlets", OUTLET.format("news_app"))
    assert missing(settings) == [empty]
    loading.put(settings.inbox / "甲" / "6000000001.csv", POSTS)
    assert missing(settings) == [f"1 file(s) in {settings.inbox}"]


def test_files_of_no_known_format_are_counted_before_they_are_loaded_and_after(settings: Settings) -> None:
    for name in ("a.csv", "b.csv"):
        loading.put(settings.inbox / name, UNKNOWN.replace("1", name))
    loading.put(settings.inbox / "甲" / "6000000001.csv", POSTS)
    step = next(step for step in first_steps.steps(settings) if "format" in step.missing)
    assert step.missing == "2 file(s) in the inbox are of no known format, the first: a.csv"
    assert step.command.startswith(f"bangdan ingest --suggest {settings.inbox / 'a.csv'} proposes a mapping")
    intake.ingest(settings, [settings.inbox])
    (after,) = (step for step in first_steps.steps(settings) if "format" in step.missing)
    assert after == step
    # A mapping of the city's own reads them: nothing is asked any more.
    mapping = "name: towns\nrecognise: [城市, 人口]\ncolumns: {channel_type: {value: weibo}, record_id: 人口, account_name_raw: 城市, published_at: {value: '2021-08-01'}}\n"
    loading.put(settings.city / "mappings" / "towns.yml", mapping)
    intake.load(settings)
    assert [step for step in first_steps.steps(settings) if "format" in step.missing] == []


def test_a_broken_file_is_named_otherwise(settings: Settings) -> None:
    loading.put(settings.inbox / "a.csv", "")
    intake.ingest(settings, [settings.inbox])
    assert [line for line in missing(settings) if "could not be read" in line] == [
        "1 file(s) could not be read, the first: a.csv"
    ]


def test_a_registry_that_comes_with_the_exports_is_not_asked_for(settings: Settings) -> None:
    for file in (settings.city / "registry").iterdir():
        file.unlink()
    (settings.city / "registry").rmdir()
    assert missing(settings) == [f"no exports in {settings.inbox}"]


def test_a_registry_without_a_column_is_an_error_that_names_it(settings: Settings) -> None:
    (settings.city / "registry" / "units.csv").write_text("unit_id\n", "utf-8")
    with pytest.raises(UsageError, match=r"units\.csv: its header has no column unit_name"):
        list(first_steps.steps(settings))


def test_the_doctor_says_the_steps_and_what_is_wrong_with_the_folder(settings: Settings) -> None:
    def of_city() -> list[tuple[str, str]]:
        return [
            (finding.state, finding.observed)
            for finding in doctor.examine(settings).findings
            if finding.check == "city"
        ]

    assert of_city()[0] == ("look", "no unit is registered")
    append(settings, "units", UNIT.format(1))
    append(settings, "accounts", ACCOUNT)
    append(settings, "outlets", OUTLET.format("weibo"), OUTLET.format("news_app"))
    loading.put(settings.inbox / "甲" / "6000000001.csv", POSTS)
    assert of_city() == [("look", f"1 file(s) in {settings.inbox}")]
    (settings.releases / "2021-08" / "latest").mkdir(parents=True)
    assert of_city() == [("good", "湾城, published")]
    (settings.city / "rules" / "themes.csv").write_text("theme\n", "utf-8")
    ((state, observed),) = of_city()
    assert (state, "its header is 'theme'" in observed) == ("fix", True)


@pytest.mark.parametrize("words", ["status", "doctor", "registry check"])
def test_another_data_folder_that_does_not_exist_is_an_error_also_in_a_city(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("BANGDAN_CITY", str(settings.city))
    monkeypatch.setenv("BANGDAN_HOME", "")
    assert CliRunner().invoke(cli, words.split()).exception is None or words == "doctor"
    monkeypatch.setenv("BANGDAN_HOME", str(settings.city / "mistyped"))
    error = CliRunner().invoke(cli, words.split()).exception
    assert isinstance(error, UsageError)
    assert f"the data folder {settings.city / 'mistyped'} does not exist" in str(error)

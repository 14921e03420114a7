"""`bangdan upgrade` says what another version of the program changes for a city, and changes nothing itself."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from bangdan.backfill import causes, upgrade
from bangdan.cli import cli
from bangdan.core.settings import PROJECT, Settings
from bangdan.ingestion import raw
from bangdan.publication import ledger
from tests.support.homes import touched


@pytest.fixture
def settings(copy_of_city: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy of the published city, as the program that published it sees it."""
    settings = Settings(copy_of_city, 1, "2GB")
    monkeypatch.setenv("BANGDAN_HOME", str(copy_of_city))
    monkeypatch.setenv("BANGDAN_CITY", "")
    release = ledger.latest_of_all(settings)[-1]
    for module in (causes, upgrade):
        monkeypatch.setattr(module, "code_version", lambda: release.manifest["code_version"])
    return settings


def called(settings: Settings) -> Result:
    initial = touched(settings.home)
    result = CliRunner().invoke(cli, ["upgrade"])
    assert touched(settings.home) == initial
    return result


def test_a_city_of_this_version_has_nothing_to_do(settings: Settings) -> None:
    command = called(settings)
    assert command.exit_code == 0, command.output
    assert "2 month(s) were published by" in command.output
    assert "no published month would come out otherwise" in command.output
    result = upgrade.examine(settings)
    assert (result.problems, result.months, result.formats.load_again, result.formats.tried_again) == ([], [], {}, 0)
    assert (result.contract.of_database, result.contract.changes, result.method.is_own) == (
        result.contract.of_program,
        [],
        False,
    )


def test_other_code_names_every_published_month(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (causes, upgrade):
        monkeypatch.setattr(module, "code_version", lambda: "9.0.0+ffffffffffff")
    result = called(settings)
    assert result.exit_code == 4
    assert [str(row.month) for row in upgrade.examine(settings).months] == ["2021-07", "2021-08"]
    assert "2 month(s) may come out otherwise: bangdan backfill 2021-07..2021-08 --diff" in result.output


def test_another_reading_of_files_names_the_connectors_and_the_months(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "PARSER_VERSION", "test")
    formats = upgrade.examine(settings).formats
    assert formats.load_again["weibo_crawler_csv"] > 10
    assert {"2021-07", "2021-08"} <= set(formats.months)
    assert "weibo_crawler_csv: " in called(settings).output


def test_later_versions_of_the_contract_are_listed(settings: Settings) -> None:
    with duckdb.connect(str(settings.published)) as con:
        con.execute("update history.about set schema_version = '2'")
    contract = upgrade.examine(settings).contract
    assert (contract.of_database, contract.changes[0].startswith("ranking_lists and channel_types")) == ("2", True)
    assert "ranking_lists and channel_types" in called(settings).output


def test_a_method_of_the_city_is_compared_by_its_versions(settings: Settings) -> None:
    shipped = (PROJECT / "dbt_project/seeds/methodology/method_versions.csv").read_text("utf-8")
    own = settings.city / "method" / "method_versions.csv"
    own.parent.mkdir()
    own.write_text("".join(line for line in shipped.splitlines(keepends=True) if "trial-even" not in line), "utf-8")
    result = upgrade.examine(settings)
    assert (result.method.is_own, result.method.not_taken) == (True, ["trial-even"])
    assert "the program ships trial-even, method/ of the city has not" in called(settings).output


def test_a_table_that_the_program_no_longer_takes_is_to_be_corrected_first(settings: Settings) -> None:
    (settings.city / "rules" / "themes.csv").write_text("theme\n", "utf-8")
    result = called(settings)
    assert result.exit_code == 1
    assert "to correct: " in result.output
    assert "themes.csv: its header is 'theme'" in result.output

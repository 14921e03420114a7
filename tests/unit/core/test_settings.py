"""Settings: every variable of the environment with its default, its kind, its bounds and its words where it is wrong."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb
import pytest
import yaml
from pydantic import ValidationError

from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings, memory_bytes, share_of_memory, variable, variables
from tests.support.homes import PROJECT

# Variable → its field.
TEXTS = {
    "BANGDAN_SIGNING_KEY": "signing_key",
    "BANGDAN_VERIFY_KEY": "verify_key",
    "BANGDAN_PRIVACY_KEY_FILE": "privacy_key_file",
    "BANGDAN_APPROVERS": "approvers",
    "BANGDAN_CITIES": "cities",
    "BANGDAN_INBOXES": "inboxes",
    "BANGDAN_MAIL_TO": "mail_to",
    "BANGDAN_LINEAGE": "lineage",
    "BANGDAN_LAKE": "lake",
    "BANGDAN_SPARK_MASTER": "spark_master",
}
# Variable → what its value has to be, as its error says.
BOUNDED = {
    "BANGDAN_THREADS": "a number from 1 to 1024",
    "BANGDAN_LOCK_WAIT": "a number from 0 up",
    "BANGDAN_MEMORY_LIMIT": "4GB or 500MB",
    "BANGDAN_READER_SECONDS": "a number from 1 up",
    "BANGDAN_READER_MEMORY": "3GB or 500MB",
    "BANGDAN_APPROVAL": "one or all",
    "BANGDAN_SCHEDULE_FROM": "YYYY-MM",
    "BANGDAN_ENGINE": "duckdb or spark",
    "BANGDAN_LATE_AFTER_DAYS": "a number from 0 up",
}
VARIABLES = {"BANGDAN_HOME", "BANGDAN_CITY", *TEXTS, *BOUNDED}
OF_DBT = {"BANGDAN_SEEDS"}  # set for dbt, which dbt_project.yml reads


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("BANGDAN_"):
            monkeypatch.delenv(name)


def test_without_any_variable_every_setting_has_its_default() -> None:
    values = Settings.load().model_dump()
    assert values == {
        "home": PROJECT / "data", "city": PROJECT / "data", "threads": os.cpu_count(), "memory_limit": "4GB", "reader_seconds": 300, "reader_memory": "3GB", "lock_wait": 60, "approval": "",
        "signing_key": "", "verify_key": "", "privacy_key_file": "", "method_version": "", "schedule_from": "",
        "approvers": "", "cities": "", "inboxes": "", "lineage": "", "mail_to": "", "late_after_days": None, "engine": "duckdb", "lake": "", "spark_master": "local[*]",
    }  # fmt: skip


@pytest.mark.parametrize(("variable", "field"), TEXTS.items())
def test_a_text_is_taken_as_it_is_by_its_own_setting_and_no_other(
    monkeypatch: pytest.MonkeyPatch, variable: str, field: str
) -> None:
    initial = Settings.load().model_dump()
    monkeypatch.setenv(variable, " as it is ")
    after = Settings.load().model_dump()
    assert {key for key in after if after[key] != initial[key]} == {field}
    assert after[field] == " as it is "


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    initial = Settings.load()
    monkeypatch.setenv(variable, "")
    assert Settings.load() == initial


def test_a_home_is_absolute_and_may_begin_with_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BANGDAN_HOME", "here/../data")
    assert Settings.load().home == tmp_path / "data"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BANGDAN_HOME", "~/city")
    assert Settings.load().home == tmp_path / "city"
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path / "link"))
    assert Settings.load().home == tmp_path / "real"


@pytest.mark.parametrize(("text", "threads"), [("1", 1), ("2", 2), ("16", 16), ("2.9", 2)])
def test_threads_are_a_whole_number_from_one(monkeypatch: pytest.MonkeyPatch, text: str, threads: int) -> None:
    monkeypatch.setenv("BANGDAN_THREADS", text)
    actual = Settings.load().threads
    assert (actual, type(actual)) == (threads, int)


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("0.5", 0.5), ("60", 60), ("3600", 3600)])
def test_waiting_for_the_lock_is_seconds_from_none(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    monkeypatch.setenv("BANGDAN_LOCK_WAIT", text)
    assert Settings.load().lock_wait == seconds


@pytest.mark.parametrize(
    ("variable", "text", "bounds"),
    [
        *(
            ("BANGDAN_THREADS", text, "from 1 to 1024")
            for text in ("0", "0.9", "-1", "two", "nan", "inf", "1e400", "2 threads", "1025", "99999999999")
        ),
        *(("BANGDAN_LOCK_WAIT", text, "from 0 up") for text in ("-0.1", "-1", "soon", "nan", "inf", "60s")),
    ],
)
def test_a_number_out_of_its_bounds_or_none_at_all_is_refused_with_the_bounds(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, bounds: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(UsageError) as raised:
        Settings.load()
    assert raised.value.message == f"{variable} is {text!r}"
    assert raised.value.remedy == f"set it to a number {bounds}, or leave it out"
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("BANGDAN_APPROVAL", "one", "approval", "one"),
        ("BANGDAN_APPROVAL", "all", "approval", "all"),
        ("BANGDAN_MEMORY_LIMIT", "500MB", "memory_limit", "500MB"),
        ("BANGDAN_MEMORY_LIMIT", "1.5 GiB", "memory_limit", "1.5 GiB"),
        ("BANGDAN_SCHEDULE_FROM", "2021-12", "schedule_from", "2021-12"),
        ("BANGDAN_LATE_AFTER_DAYS", "0", "late_after_days", 0),
        ("BANGDAN_LATE_AFTER_DAYS", "15.5", "late_after_days", 15.5),
    ],
)
def test_a_bounded_value_is_taken_by_its_own_setting_and_no_other(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, field: str, value: object
) -> None:
    initial = Settings.load().model_dump()
    monkeypatch.setenv(variable, text)
    assert Settings.load().model_dump() == {**initial, field: value}


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        *(("BANGDAN_APPROVAL", text) for text in ("both", "All", " one")),
        *(
            ("BANGDAN_MEMORY_LIMIT", text)
            for text in (
                "lots",
                "4 cows",
                "-4GB",
                "GB",
                "4",
                "4iB",
                "0GB",
                "0.0GB",
                "1.2.3GB",
                ".GB",
                "4GB\n",
                "4GB'",
                "\t4GB",
                "４GB",
                "9999999999999TB",
            )
        ),
        *(
            ("BANGDAN_SCHEDULE_FROM", text)
            for text in ("2021-13", "2021-8", "August", "2021-08-01", "２０２１-08", "2021-08\n")
        ),
        *(("BANGDAN_LATE_AFTER_DAYS", text) for text in ("-1", "soon", "nan", "inf", "1e9")),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_variable_and_its_bounds(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(UsageError) as raised:
        Settings.load()
    assert raised.value.message == f"{variable} is {text!r}"
    assert BOUNDED[variable] in str(raised.value.remedy)


@pytest.mark.parametrize("text", ["4GB", "500MB", "1.5 GiB", " 4gb ", "4G", "1MB", "0.5TB", "64 KiB"])
def test_an_amount_of_memory_that_is_taken_is_one_that_duckdb_reads_the_same(tmp_path: Path, text: str) -> None:
    limit = Settings(tmp_path, 1, text).memory_limit
    with duckdb.connect() as con:
        con.execute(f"set memory_limit = '{limit}'")
        (shown,) = con.execute("select current_setting('memory_limit')").fetchall()[0]
    assert memory_bytes(shown) == pytest.approx(memory_bytes(text), rel=0.04)


def test_a_share_of_memory_is_at_least_what_is_needed_and_never_more_than_all() -> None:
    shares = [share_of_memory(limit, 0.25, 500_000_000) for limit in ("4GB", "1GiB", "400MB")]
    assert shares == ["1000000KB", "500000KB", "400000KB"]
    assert share_of_memory("2GiB", 0.5) == "1073742KB"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", []),
        ("  ", []),
        (" , ", []),
        ("desk@example.org", ["desk@example.org"]),
        (" desk@example.org , chief@example.org,", ["desk@example.org", "chief@example.org"]),
    ],
)
def test_mail_goes_to_the_addresses_without_blanks(tmp_path: Path, text: str, addresses: list[str]) -> None:
    assert Settings(tmp_path, 1, "1GB", mail_to=text).mail_addresses == addresses


def test_the_constructor_reads_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BANGDAN_LOCK_WAIT", "5")
    monkeypatch.setenv("BANGDAN_METHOD_VERSION", "of another run")
    assert Settings(tmp_path, 1, "1GB").lock_wait == 60
    assert (Settings.load().lock_wait, Settings.load().method_version) == (5, "")


def test_replaced_settings_differ_in_nothing_but_what_was_named(tmp_path: Path) -> None:
    settings = Settings(tmp_path, 1, "1GB", lock_wait=5)
    assert settings.replaced(threads=2) == Settings(tmp_path, 2, "1GB", lock_wait=5)
    with pytest.raises(ValidationError):
        settings.replaced(threads=0)
    with pytest.raises(ValidationError):
        settings.replaced(no_such_setting=1)


def test_the_folders_of_a_home_and_of_the_checkout() -> None:
    settings = Settings(Path("/home"), 1, "1GB")
    below = {
        "inbox": "inbox", "landing": "landing", "raw": "raw", "evidence": "evidence", "releases": "releases",
        "runs": "runs", "warehouse": "warehouse/bangdan.duckdb", "published": "published/bangdan.duckdb",
        "privacy_key": "secrets/privacy.key",
    }  # fmt: skip
    assert {name: getattr(settings, name) for name in below} == {
        name: Path("/home", path) for name, path in below.items()
    }
    brought = {"dbt_project": "dbt_project", "seeds": "dbt_project/seeds", "expectations": "expectations"}
    for name, path in brought.items():
        assert getattr(settings, name) == PROJECT / path
        assert getattr(settings, name).is_dir()


def test_the_key_of_the_pseudonyms_may_stand_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BANGDAN_PRIVACY_KEY_FILE", "~/keys/city.key")
    assert Settings.load().privacy_key == tmp_path / "keys" / "city.key"


def test_settings_do_not_change_while_a_command_runs() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings.load().threads = 1  # type: ignore[misc]


def table(document: str, column: int = 1) -> dict[str, str]:
    """Variable → a column of the table under the heading Settings."""
    text = (PROJECT / "docs" / document).read_text("utf-8").partition("## Settings\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `BANGDAN_")]
    return {re.findall(r"BANGDAN_[A-Z_]*[A-Z]", row[0])[0]: row[column].replace("`", "") for row in rows}


def test_the_documents_name_every_variable_with_its_default() -> None:
    """What only Airflow reads is on its page."""
    operations, airflow = table("operations.md"), table("airflow.md")
    assert set(operations) | set(airflow) == VARIABLES
    assert set(operations) & set(airflow) == {"BANGDAN_HOME"}
    assert operations == {
        "BANGDAN_HOME": "data", "BANGDAN_CITY": "none", "BANGDAN_THREADS": "all cores", "BANGDAN_MEMORY_LIMIT": "4GB", "BANGDAN_LOCK_WAIT": "60",
            "BANGDAN_READER_SECONDS": "300", "BANGDAN_READER_MEMORY": "3GB",
        "BANGDAN_SIGNING_KEY": "none", "BANGDAN_VERIFY_KEY": "none",
        "BANGDAN_PRIVACY_KEY_FILE": "secrets/privacy.key in the home", "BANGDAN_LINEAGE": "none",
        "BANGDAN_ENGINE": "duckdb", "BANGDAN_LAKE": "lake in the home", "BANGDAN_SPARK_MASTER": "local[*]",
    }  # fmt: skip


def test_the_documents_say_of_every_variable_what_the_program_says() -> None:
    written = table("operations.md", -1).items() | {
        (name, text) for name, text in table("airflow.md", -1).items() if name != "BANGDAN_HOME"
    }
    described = {variable(name): str(field.description) for name, field in Settings.model_fields.items()}
    assert len(written) == len(VARIABLES)
    assert {name: text for name, text in written if not text.startswith(described[name].replace("`", ""))} == {}


def test_the_program_reads_the_variables_that_are_tested_here_and_documents_know_no_other() -> None:
    """A variable of the tests themselves (BANGDAN_TEST_CITY, BANGDAN_EVERY_FAULT) is none of the program's."""
    name = re.compile(r"BANGDAN_[A-Z_]*[A-Z]")
    program = "".join(file.read_text("utf-8") for file in sorted((PROJECT / "plugins").rglob("*.py")))
    assert variables() == VARIABLES
    assert set(name.findall(program)) <= VARIABLES | OF_DBT
    readers = [
        file.name
        for file in sorted((PROJECT / "plugins").rglob("*.py"))
        if re.search(r"environ(\.get\(|\[)\s*[\"']BANGDAN_", file.read_text("utf-8"))
    ]
    assert readers == []
    documents = [*(PROJECT / "docs").rglob("*.md"), PROJECT / "README.md"]
    written = set(name.findall("".join(file.read_text("utf-8") for file in documents)))
    assert written - {"BANGDAN_EVERY_FAULT", "BANGDAN_TEST_CITY"} <= VARIABLES


def test_what_the_profile_of_dbt_reads_has_the_defaults_of_the_program() -> None:
    profile = yaml.safe_load((PROJECT / "dbt_project" / "profiles.yml").read_text("utf-8"))
    assert profile["bangdan"]["target"] == "duckdb"
    output = profile["bangdan"]["outputs"]["duckdb"]
    assert output == {
        "type": "duckdb",
        "path": "{{ env_var('BANGDAN_HOME') }}/warehouse/bangdan.duckdb",
        "schema": "main",
        "threads": "{{ env_var('BANGDAN_THREADS', '2') | as_number }}",
        "keep_open": True,  # bangdan.transform closes it when a call is done
        "settings": {
            "TimeZone": "Asia/Shanghai",
            "memory_limit": "{{ env_var('BANGDAN_MEMORY_LIMIT', '4GB') }}",
            "autoinstall_known_extensions": False,  # no run asks the network
            "autoload_known_extensions": False,
        },
    }


def test_spark_reads_types_texts_and_times_as_the_embedded_engine_does() -> None:
    profile = yaml.safe_load((PROJECT / "dbt_project" / "profiles.yml").read_text("utf-8"))
    spark = profile["bangdan"]["outputs"]["spark"]
    assert (spark["type"], spark["method"]) == ("spark", "session")
    parameters = spark["server_side_parameters"]
    assert parameters["spark.sql.session.timeZone"] == "Asia/Shanghai"
    assert parameters["spark.sql.timestampType"] == "TIMESTAMP_NTZ"
    assert parameters["spark.sql.parquet.outputTimestampType"] == "TIMESTAMP_MICROS"  # DuckDB reads it with its zone
    assert parameters["spark.sql.icu.caseMappings.enabled"] == "false"
    assert parameters["spark.sql.sources.partitionColumnTypeInference.enabled"] == "false"
    assert parameters["spark.master"] == "{{ env_var('BANGDAN_SPARK_MASTER', 'local[*]') }}"

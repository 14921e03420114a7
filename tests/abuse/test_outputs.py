"""Attacks through names: escape sequences, line breaks, invisible and reversing characters, formulas in spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from rich.table import Table

from bangdan import cli, gates
from bangdan.bridge import approval
from bangdan.cli import common
from bangdan.cli.render.text import cell
from bangdan.core import documents, formatting, logs
from bangdan.core.errors import BangdanError
from bangdan.core.settings import Settings
from bangdan.operations import sql_shell
from tests.support import small_city
from tests.support.attacks import attack
from tests.support.small_city import AUGUST

# Character → what it does where it is shown as it is.
UNSEEN = {
    "\x1b]0;x\x07\x1b[2J\x1b[31m": "commands a terminal",
    "\x9b31m": "commands a terminal, in one character",
    "\u202eгпж.\u202c": "turns the direction of what follows",
    "\u2067x\u2069": "isolates a direction",
    "区\u200b\u200d\u2060\ufeff": "shows nothing, and makes another name of the same look",
    "\u2028error: all is well": "begins another line",
    "\U000e0041\U000e007f": "hides text in tags",
}
NAME = "黄浦" + "".join(UNSEEN) + "\r\nerror: forged line"
FORBIDDEN = set("".join(UNSEEN)) - set("гпж.x区error: all is well]0;[2J31m")


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """August published with a unit, a post and a note that bear such a name."""
    settings = small_city.build(tmp_path_factory.mktemp("renamed"), "2021-08")
    for table, column in (
        ("ranking", "unit_name"),
        ("ranking", "note"),
        ("posts", "title"),
        ("issuers", "issuer_name"),
    ):
        name = NAME.replace("'", "''")
        small_city.change(settings, f"update published.rpt_{table} set {column} = '{name}'")
    small_city.publish(settings, note=NAME)
    return settings


def unseen_in(text: str) -> set[str]:
    return FORBIDDEN & set(text)


@attack(
    "a unit's name that commands terminals, reverses text or hides some", "no output but Parquet holds such characters"
)
def test_no_file_of_a_release_holds_characters_that_are_not_seen(renamed: Settings) -> None:
    files = [
        path for path in sorted(renamed.releases.rglob("*")) if path.suffix in (".csv", ".json", ".md", ".html", ".xml")
    ]
    assert {path.suffix for path in files} == {".csv", ".json", ".md", ".html", ".xml"}
    unseen = {path.name: unseen_in(path.read_text("utf-8-sig" if path.suffix == ".csv" else "utf-8")) for path in files}
    assert {name: characters for name, characters in unseen.items() if characters} == {}


@attack("a name with a line break, which forges a row of a table", "a cell is on one line")
def test_a_name_stays_on_one_line_of_csv_and_workbook(renamed: Settings) -> None:
    folder = renamed.releases / "2021-08/r1"
    rows = list(csv.reader(io.StringIO((folder / "ranking.csv").read_text("utf-8-sig"))))
    assert len((folder / "ranking.csv").read_text("utf-8-sig").splitlines()) == len(rows)
    book = openpyxl.load_workbook(folder / "ranking.xlsx")
    texts = [str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows(min_row=3) for cell in row]
    assert any("黄浦" in text for text in texts)
    assert not any("\n" in text or unseen_in(text) for text in texts)


def test_json_keeps_the_name_as_it_is(renamed: Settings) -> None:
    rows = json.loads((renamed.releases / "2021-08/r1/ranking.json").read_text("utf-8"))["rows"]
    assert {row["unit_name"] for row in rows} == {NAME}


@attack("a name that commands the terminal of whoever asks `bangdan sql`", "no output of a query holds such characters")
@pytest.mark.parametrize("form", sql_shell.FORMS)
def test_a_query_prints_no_characters_that_are_not_seen(
    renamed: Settings, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sql_shell.run(renamed, "select unit_name, note from ranking limit 2", form) == 0
    shown = capsys.readouterr().out
    assert "黄浦" in shown
    assert unseen_in(shown) == set()
    assert "\nerror: forged" not in shown


@attack("a name in a column's heading or in an error of a query", "no output of a query holds such characters")
@pytest.mark.parametrize("query", ['select 1 as "a\x1b[31m"', 'select "a\x1b[31m\u202e" from ranking'])
def test_a_heading_or_an_error_prints_no_characters_that_are_not_seen(
    renamed: Settings, query: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sql_shell.run(renamed, query, "csv")
    shown = capsys.readouterr()
    assert unseen_in(shown.out + shown.err) == set()


@attack("a query that never ends", "a limit of time")
def test_a_query_that_never_ends_is_ended(renamed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    endless = "select count(*) from range(10_000_000) a, range(10_000_000) b where hash(a.range + b.range) = 1"
    assert sql_shell.run(renamed, endless, "csv", seconds=0.2) == 1
    assert "error: ended after 0.2 s\n  remedy:" in capsys.readouterr().err


@attack("a name in a line of the log", "a line of the log is one line of JSON without such characters")
def test_a_line_of_the_log_is_one_line(tmp_path: Path) -> None:
    settings = small_city.settings_of(tmp_path)
    watched: list[str] = []
    logs.watch(watched.append)
    try:
        logs.logger(settings).info("stage", month=str(AUGUST), stage="match", reason=NAME)
    finally:
        logs.watch(None)
    [file] = (settings.home / "logs").iterdir()
    text = file.read_text("utf-8")
    assert (text.count("\n"), unseen_in(text), json.loads(text)["reason"]) == (1, set(), NAME)
    assert [("\n" in line, unseen_in(line)) for line in watched] == [(False, set())]


@attack("a name that a spreadsheet runs as a formula, also by full-width characters", "an apostrophe in front")
@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", "\u200b=", " =", "\u2028＝", "\u202e-"]
)
def test_a_cell_is_never_a_formula(start: str) -> None:
    assert formatting.inert(f"{start}HYPERLINK(1)")[0] == "'"


@pytest.mark.parametrize("number", ["-1", "-0.5", "12", "3.25"])
def test_a_number_stays_a_number(number: str) -> None:
    assert formatting.inert(number) == number


@pytest.mark.parametrize("text", ["-1+2", "-", "--1", "-1.2.3", "-²"])
def test_what_only_looks_like_a_number_is_guarded(text: str) -> None:
    assert formatting.inert(text) == f"'{text}"


@attack("JSON with two equal keys, of which readers take different ones", "it is refused")
@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "\\u0061": 2}}]', "[NaN]", "[" * 100_000])
def test_json_with_two_equal_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"twice|NaN|deep"):
        documents.parse(text)


@attack(
    "a name in what a command prints: a line, a table, an error, progress",
    "no text on a terminal holds such characters",
)
def test_a_command_prints_no_characters_that_are_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    common.report({"unit": NAME}, as_json=False)
    common.report({"unit": NAME}, as_json=True)
    common.progress(quiet=False)(NAME)  # type: ignore[misc]
    table = Table("unit", title=NAME)
    table.add_row(cell(NAME))
    common.out.print(table)

    def refuse() -> None:
        raise BangdanError(f"unit {NAME}", remedy=NAME)

    assert cli.exit_code_of(refuse) == 1
    text = "".join(capsys.readouterr())
    assert text.count("黄浦") == 7
    assert unseen_in(text) == set()


@attack("a name in the message of a gate, which forges a second message", "values in messages are on one line")
def test_a_value_in_a_gate_s_message_is_on_one_line() -> None:
    import pandas as pd

    message = gates._message("unit {unit_name} has no post", pd.DataFrame({"unit_name": [NAME]}), "")
    assert ("\n" in message, unseen_in(message), "黄浦" in message) == (False, set(), True)


@attack("an issuer's name with a line break in the subject of a mail", "a subject is one line")
def test_a_name_in_a_subject_is_on_one_line() -> None:
    subject = approval.plain(NAME)
    assert ("\n" in subject, "\r" in subject, unseen_in(subject)) == (False, False, set())

"""Every error a person meets: its exit code, what was wrong, and what to do."""

from __future__ import annotations

import ast
import errno
import shlex
import sys
from pathlib import Path

import click
import duckdb
import pytest

from bangdan.cli import cli, exit_code_of
from bangdan.core import errors
from tests.support.homes import PROJECT

CODES = {"BangdanError": 1, "ExportRefused": 1, "WriterBusy": 1, "UsageError": 2, "GateRefused": 3}
FULL_DISK = "free space on the disk where that lies, then run the same command again: nothing is lost"
BAD_DISK = "look at the disk (dmesg), then run the same command again: nothing is lost"
MEMORY = "give it more (BANGDAN_MEMORY_LIMIT, now too low) or let fewer threads run (BANGDAN_THREADS)"
MAKE_ANEW = "remove warehouse/bangdan.duckdb* and run the month again: it is made from raw"


def raising(error: BaseException):
    def work() -> None:
        raise error

    return work


def test_every_error_class_has_its_exit_code() -> None:
    classes = {
        name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    }  # fmt: skip
    assert {name: value.exit_code for name, value in classes.items()} == CODES
    assert all(issubclass(value, errors.BangdanError) for value in classes.values())


@pytest.mark.parametrize("name", CODES)
def test_the_command_line_ends_with_the_code_of_the_error_and_prints_cause_and_remedy(
    name: str, capsys: pytest.CaptureFixture
) -> None:
    words = ("FILE_EMPTY",) if name == "ExportRefused" else ()
    error = getattr(errors, name)(*words, "what was wrong with [row 3]", remedy="bangdan [bold]status[/bold]")
    assert exit_code_of(raising(error)) == CODES[name]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "error: what was wrong with [row 3]\n  remedy: bangdan [bold]status[/bold]\n"


def test_an_error_without_remedy_is_its_message_alone() -> None:
    error = errors.BangdanError("what was wrong")
    assert (str(error), error.message, error.remedy) == ("what was wrong", "what was wrong", None)


def test_a_refused_export_says_its_reason_code() -> None:
    assert errors.ExportRefused("FILE_EMPTY", "no bytes", remedy="export again").reason_code == "FILE_EMPTY"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (click.exceptions.Abort(), 130, "stopped"),
        (click.UsageError("No such option: --moth"), 2, "No such option: --moth"),
        (click.ClickException("wrong"), 1, "wrong"),
    ],
)
def test_a_stopped_or_misread_command_has_its_code(
    error: Exception, code: int, message: str, capsys: pytest.CaptureFixture
) -> None:
    assert exit_code_of(raising(error)) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (4, 4)])
def test_work_that_ends_well_ends_with_what_it_returns(result: int | None, code: int) -> None:
    assert exit_code_of(lambda: result) == code


def test_a_mistake_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code_of(lambda: 1 // 0)
    with pytest.raises(duckdb.CatalogException):
        exit_code_of(lambda: duckdb.sql("from no_such_table"))


def test_a_failure_of_the_machine_ends_with_1_its_file_and_a_remedy(capsys: pytest.CaptureFixture) -> None:
    assert exit_code_of(raising(OSError(errno.ENOSPC, "No space left on device", "data/raw/a.parquet"))) == 1
    assert capsys.readouterr().err == (f"error: No space left on device: data/raw/a.parquet\n  remedy: {FULL_DISK}\n")


@pytest.mark.parametrize(
    ("error", "message", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "f"), "No space left on device: f", FULL_DISK),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "f"), "Disk quota exceeded: f", FULL_DISK),
        (OSError(errno.EIO, "Input/output error", "f"), "Input/output error: f", BAD_DISK),
        (OSError(errno.EACCES, "Permission denied", "f"), "Permission denied: f",
         "see that the file is there and may be read and written"),
        (OSError(errno.ENOSPC, "No space left on device", "old", None, "new"), "No space left on device: new", FULL_DISK),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", FULL_DISK),
        (OSError("in words"), "in words", "see that the file is there and may be read and written"),
        (MemoryError(), "out of memory", MEMORY),
        (duckdb.OutOfMemoryException("Out of Memory Error: 4 GB\nmore"), "out of memory: Out of Memory Error: 4 GB", MEMORY),
        (duckdb.IOException("IO Error: fsync failed on x"), "IO Error: fsync failed on x (below home)",
         "look at the disk (dmesg, df), then run the same command again: nothing is lost"),
        (duckdb.IOException("No space left on device in home/a"), "No space left on device in home/a", FULL_DISK),
        (duckdb.IOException("Input/output error "), "Input/output error (below home)", BAD_DISK),
        (duckdb.IOException("The file is not a valid DuckDB database file"),
         "The file is not a valid DuckDB database file (below home)", MAKE_ANEW),
        (duckdb.SerializationException("Corrupt file"), "Corrupt file (below home)", MAKE_ANEW),
        (duckdb.SerializationException("the data is corrupted"), "the data is corrupted (below home)", MAKE_ANEW),
        (duckdb.InternalException("Failure while replaying WAL"), "Failure while replaying WAL (below home)", MAKE_ANEW),
        (duckdb.IOException("Could not set lock on file"), "Could not set lock on file (below home)",
         "end the program that has the file open, and run the same command again"),
    ],
)  # fmt: skip
def test_a_failure_of_the_machine_is_told_with_cause_place_and_remedy(
    error: Exception, message: str, remedy: str
) -> None:
    result = errors.of_the_machine(error, "home")
    assert result is not None
    assert (result.message, result.remedy, result.exit_code) == (message, remedy, 1)


@pytest.mark.parametrize("error", [ValueError("x"), duckdb.BinderException("no column"), KeyError("x"), RuntimeError()])
def test_any_other_failure_is_the_program_s_own(error: Exception) -> None:
    assert errors.of_the_machine(error, "home") is None


def test_no_error_is_raised_without_saying_what_to_do() -> None:
    """A message alone leaves a person standing: every raise gives a remedy."""
    without = []
    for file in sorted((PROJECT / "plugins").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if name in CODES and not any(word.arg == "remedy" for word in call.keywords):
                without.append(f"{file.relative_to(PROJECT)}:{call.lineno}")
    assert without == []


def test_the_program_ends_with_the_code_of_its_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    from bangdan.cli import main

    monkeypatch.setattr(sys, "argv", ["bangdan", "backfill", "2021-08..2021-07"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "runs backwards" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "status", "doctor", "registry check", "upgrade", "verify", "review --month 2021-08", "explain --month 2021-08 --unit x", "explain --item x", "sql 'select 1'",
        "backfill 2021-08", "backfill 2021-08 --diff", "backfill 2021-08 --apply", "purge --before 2021-08",
        "approve --month 2021-08 --issuer x --by y", "rollback --month 2021-08 --to r1 --note x", "backup {folder}/backup",
    ],
)  # fmt: skip
def test_a_data_folder_that_does_not_exist_is_an_error_of_commands_that_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, words: str
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path / "mistyped"))
    arguments = shlex.split(words.format(folder=tmp_path))
    code = exit_code_of(lambda: cli.main(arguments, prog_name="bangdan", standalone_mode=False))
    assert code == 2
    assert capsys.readouterr().err == (
        f"error: the data folder {tmp_path / 'mistyped'} does not exist\n"
        "  remedy: correct BANGDAN_HOME; a new folder is made by `bangdan ingest PATH`\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["backfill 2000-01..9999-12", "backfill 2000-01..9999-12 --apply"])
def test_a_range_of_thousands_of_years_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, words: str
) -> None:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    assert exit_code_of(lambda: cli.main(words.split(), prog_name="bangdan", standalone_mode=False)) == 2
    assert "is longer than 600 months" in capsys.readouterr().err


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_an_unknown_connector_is_wrong_usage_and_nothing_is_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, dry_run: list[str]
) -> None:
    file = tmp_path / "export.csv"
    file.write_text("标题\n", "utf-8")
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path / "home"))
    words = ["ingest", str(file), "--connector", "nothing", *dry_run]
    assert exit_code_of(lambda: cli.main(words, prog_name="bangdan", standalone_mode=False)) == 2
    assert "error: no connector is called 'nothing'\n  remedy: one of: " in capsys.readouterr().err
    assert not (tmp_path / "home").exists()

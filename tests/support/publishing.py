"""The publication of 2021-08 as the fault tests run it, and what is wrong with a data home after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support import faults

MONTH = "2021-08"
FOLDERS = ("warehouse", "releases", "published", "runs")


def publish(month: str = MONTH) -> None:
    from bangdan.core.months import Month
    from bangdan.core.settings import Settings
    from bangdan.pipeline import publishing

    print(publishing.publish(Settings.load(), Month.parse(month)))


@dataclass(frozen=True)
class Ready:
    """A home with 2021-07 released and the candidate of 2021-08 built, and what an undisturbed publication makes of it."""

    home: Path
    releases: dict[str, str]
    database: str


def database_of(home: Path, scratch: Path) -> str:
    done = faults.run(lambda: print(faults.database_digest(home)), scratch, BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    return done.output


def problems(home: Path, scratch: Path) -> str:
    done = faults.run(
        lambda: print("\n".join(faults.wrong_with_what_is_published(home)), end=""), scratch, BANGDAN_HOME=str(home)
    )
    assert done.code == 0, done.output
    return done.output


def print_verified() -> None:
    from bangdan.core.settings import Settings
    from bangdan.publication import pointers, verification

    settings = Settings.load()
    print("\n".join([*verification.verify(settings), *pointers.problems(settings)]), end="")


def verified(home: Path, scratch: Path) -> str:
    """What `bangdan verify` finds wrong."""
    done = faults.run(print_verified, scratch, BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    return done.output


@dataclass(frozen=True)
class LookedAt:
    """What a reader finds wrong before a publication, and after it the digest of the database as `database_of` returns it
    and what `bangdan verify` finds wrong.
    """

    problems_before: str
    database: str
    problems: str


def published_again(home: Path, scratch: Path) -> LookedAt:
    """Look at a home, publish in it and look again, all in one process."""
    mark = "---- published ----"

    def look_and_publish() -> None:
        print("\n".join(faults.wrong_with_what_is_published(home)), end="")
        print(mark)
        publish()
        print(mark)
        print(faults.database_digest(home))
        print(mark)
        print_verified()

    done = faults.run(look_and_publish, scratch, BANGDAN_HOME=str(home))
    assert done.code == 0, done.output
    problems_before, _, database, problems = done.output.split(f"{mark}\n")
    return LookedAt(problems_before, database, problems)

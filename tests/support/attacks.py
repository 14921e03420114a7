"""What the tests of tests/abuse try, and what stops it: each test declares both, and docs/integrity.md is made of them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.support.homes import PROJECT

ABUSE = PROJECT / "tests" / "abuse"
Test = TypeVar("Test", bound=Callable)


@dataclass(frozen=True)
class Attack:
    """An attack that a test carries out."""

    name: str  # what is tried, in words
    stopped_by: str  # what stops it


@dataclass(frozen=True)
class Declared:
    """A test with the attack that it declares."""

    file: Path
    test: str
    attack: Attack


def attack(name: str, stopped_by: str) -> Callable[[Test], Test]:
    """Declare what a test tries and what stops it."""

    def declare(test: Test) -> Test:
        test.attack = Attack(name, stopped_by)  # type: ignore[attr-defined]
        return test

    return declare


def declared() -> list[Declared]:
    """Every declared attack, in the order of the files and of the tests in them."""
    attacks = []
    for file in sorted(ABUSE.glob("test_*.py")):
        module = importlib.import_module(f"tests.abuse.{file.stem}")
        for name, test in vars(module).items():
            if inspect.isfunction(test) and hasattr(test, "attack"):
                attacks.append(Declared(file, name, test.attack))
    return attacks

"""The cities that one Airflow serves (BANGDAN_CITIES), each with a DAG, a pool and pages of its own; and whose task runs."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

from bangdan import stages
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings, variable

NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")  # what the id of a DAG, the name of a pool and an address may hold
PAGES = "/bangdan"  # of months and candidates, served by the plugin


class City(NamedTuple):
    """A city's folder and its name. The city of an Airflow that serves no other has neither: its settings name it."""

    folder: Path | None = None
    name: str = ""

    @property
    def dag_id(self) -> str:
        return f"ranking_monthly_{self.name}" if self.name else "ranking_monthly"

    @property
    def backfill_dag_id(self) -> str:
        return self.dag_id.replace("monthly", "backfill", 1)

    @property
    def pool(self) -> str:
        """One slot: two tasks that hold the warehouse of the city never run at a time, of whichever runs they are."""
        return stages.warehouse_pool(self.name)

    @property
    def pages(self) -> str:
        return f"{PAGES}/{self.name}" if self.name else PAGES


ONLY = City()
_current: ContextVar[City] = ContextVar("city", default=ONLY)


def served_cities() -> list[City]:
    """The folders of BANGDAN_CITIES, which a colon separates, by their own names; without any, the one of the settings.

    Raises UsageError for two folders of one name, and for a name that no DAG can have.
    """
    named = [City(folder, folder.name) for folder in Settings.load().city_folders]
    for city in named:
        if not NAME.fullmatch(city.name) or [other.name for other in named].count(city.name) > 1:
            raise UsageError(
                f"{variable('cities')}: no DAG can be named after {city.folder}",
                remedy="give each city's folder a name of its own, of Latin letters, digits, - and _",
            )
    return named or [ONLY]


def of_dag(dag_id: str) -> City:
    """The city of a DAG; the one of the settings for any other DAG."""
    return next((city for city in served_cities() if city.dag_id == dag_id), ONLY)


def current() -> City:
    """The city whose work is being done."""
    return _current.get()


def settings() -> Settings:
    """The settings of the city whose work is being done."""
    return Settings.load(current().folder)


@contextmanager
def working_for(city: City) -> Iterator[None]:
    """Within the block `current` and `settings` are those of a city."""
    token = _current.set(city)
    try:
        yield
    finally:
        _current.reset(token)


def in_city(city: City) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of task bodies: they work for a city."""

    def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(body)
        def in_its_city(*words: Any, **options: Any) -> Any:
            with working_for(city):
                return body(*words, **options)

        return in_its_city

    return decorate

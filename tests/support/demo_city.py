"""The seeds that are in force in the demo city: the shipped ones with the city's rules and corrections in place."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from bangdan.core import city
from bangdan.core.settings import Settings
from bangdan.demo import CITY


@cache
def seeds() -> Path:
    """A folder of these seeds, which is there as long as the process."""
    folder = Path(tempfile.mkdtemp(prefix="bangdan-seeds-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    city.write_seeds(settings(), folder)
    return folder


def settings() -> Settings:
    """Settings whose city is the demo as it is shipped: to read from, never to write to."""
    return Settings(CITY, 1, "1GB")

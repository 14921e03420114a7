"""Hold the lock of the warehouse until standard input ends."""

import sys

from bangdan.core import warehouse
from bangdan.core.settings import Settings

with warehouse.writing(Settings.load(), "run of 2021-08"):
    print("held", flush=True)
    sys.stdin.read()

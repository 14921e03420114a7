"""What a worker process does in the tests of processes that die."""

import os
import time
from pathlib import Path


def sleep(folder: str, number: int) -> None:
    """Write who works, then take long."""
    (Path(folder) / f"{os.getpid()}.worker").touch()
    time.sleep(120)

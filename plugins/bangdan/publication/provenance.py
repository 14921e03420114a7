"""What the program itself is: its version and a hash over everything that makes a release."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from bangdan import __version__
from bangdan.files import sha256_of
from bangdan.settings import PROJECT

# Seeds are judgement, not code: they stand in the manifest one by one.
CODE = (
    "plugins/bangdan", "dbt_project/models", "dbt_project/macros", "dbt_project/dbt_project.yml", "expectations",
    "docs/methodology",
)  # fmt: skip


@lru_cache(maxsize=1)
def code_version() -> str:
    """Version, and the first signs of the SHA-256 over program, models, expectations and methodology: 0.1.0+3f2a…"""
    told = hashlib.sha256()
    for name in CODE:
        for path in sorted([PROJECT / name, *(PROJECT / name).rglob("*")]):
            if path.is_file() and path.suffix != ".pyc":
                told.update(f"{path.relative_to(PROJECT).as_posix()} {sha256_of(path)}\n".encode())
    return f"{__version__}+{told.hexdigest()[:12]}"

"""The code version: the program's version and a hash over everything that makes a release."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from bangdan import __version__
from bangdan.core.files import sha256_of
from bangdan.core.settings import PROJECT

# Seeds are judgement, not code: the manifest lists each of them.
CODE = (
    "plugins/bangdan", "dbt_project/models", "dbt_project/macros", "dbt_project/dbt_project.yml", "expectations",
    "docs/methodology",
)  # fmt: skip
# Packages that only call, report or make test data: no figure and no page of a release comes out of them. Every other
# package counts, so that a new one is never forgotten.
WITHOUT_FIGURES = {"backfill", "bridge", "cli", "demo", "operations"}


@lru_cache(maxsize=1)
def code_version() -> str:
    """Version, and the first characters of the SHA-256 over what makes figures and pages: 0.2.0+3f2a…"""
    digest = hashlib.sha256()
    for name in CODE:
        for path in sorted([PROJECT / name, *(PROJECT / name).rglob("*")]):
            parts = path.relative_to(PROJECT).parts
            is_outside = parts[:2] == ("plugins", "bangdan") and len(parts) > 2 and parts[2] in WITHOUT_FIGURES
            if path.is_file() and "__pycache__" not in parts and not is_outside:
                digest.update(f"{path.relative_to(PROJECT).as_posix()} {sha256_of(path)}\n".encode())
    return f"{__version__}+{digest.hexdigest()[:12]}"

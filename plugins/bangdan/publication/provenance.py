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
# What people and Airflow call, and what only tells or keeps: no figure and no page comes out of these. All else counts,
# so that a new module is never forgotten.
ASIDE = {
    "advice.py", "backfill", "backup.py", "bridge", "cli", "completeness.py", "demo", "doctor.py", "explain.py", "logs.py",
    "overview.py", "reports.py", "review.py", "state.py",
}  # fmt: skip


@lru_cache(maxsize=1)
def code_version() -> str:
    """Version, and the first signs of the SHA-256 over what makes figures and pages: 0.2.0+3f2a…"""
    told = hashlib.sha256()
    for name in CODE:
        for path in sorted([PROJECT / name, *(PROJECT / name).rglob("*")]):
            parts = path.relative_to(PROJECT).parts
            is_aside = parts[:2] == ("plugins", "bangdan") and len(parts) > 2 and parts[2] in ASIDE
            if path.is_file() and path.suffix != ".pyc" and not is_aside:
                told.update(f"{path.relative_to(PROJECT).as_posix()} {sha256_of(path)}\n".encode())
    return f"{__version__}+{told.hexdigest()[:12]}"

"""Where things are, and how much of the machine a run may use. Read from the environment, once per command."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bangdan.core.errors import UsageError

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Settings:
    """Folders of one data home (BANGDAN_HOME) and the limits of one run."""

    home: Path
    threads: int
    memory_limit: str
    lock_wait: float = 60  # seconds that a second writer waits for the first; 0 = fail at once
    approval: str = ""  # sign-off before publication: one, all, or empty for none
    signing_key: str = ""  # PEM file of an Ed25519 key: releases are signed with it
    verify_key: str = ""  # PEM file of its public key: `verify` checks signatures with it
    privacy_key_file: str = ""  # where the key of pseudonyms stands, if not in the home
    method_version: str = ""  # compute with this method; empty = the version in force in each month
    # what Airflow alone reads
    schedule_from: str = ""  # first month the schedule owes; empty = from now on, nothing is caught up
    approvers: str = ""  # who may sign off for which issuer: JSON, issuer's position → Airflow user names
    mail_to: str = ""  # addresses, with commas: failures and a late month are mailed; empty = no mail
    late_after_days: str = ""  # days after the month's end until it counts as late; empty = the end of its due day

    @classmethod
    def load(cls) -> Settings:
        home = Path(os.environ.get("BANGDAN_HOME") or PROJECT / "data").expanduser().resolve()
        return cls(
            home=home,
            threads=int(_number("BANGDAN_THREADS", os.cpu_count() or 1, least=1)),
            memory_limit=os.environ.get("BANGDAN_MEMORY_LIMIT") or "4GB",
            lock_wait=_number("BANGDAN_LOCK_WAIT", cls.lock_wait, least=0),
            approval=os.environ.get("BANGDAN_APPROVAL") or "",
            signing_key=os.environ.get("BANGDAN_SIGNING_KEY") or "",
            verify_key=os.environ.get("BANGDAN_VERIFY_KEY") or "",
            schedule_from=os.environ.get("BANGDAN_SCHEDULE_FROM") or "",
            approvers=os.environ.get("BANGDAN_APPROVERS") or "",
            mail_to=os.environ.get("BANGDAN_MAIL_TO") or "",
            late_after_days=os.environ.get("BANGDAN_LATE_AFTER_DAYS") or "",
            privacy_key_file=os.environ.get("BANGDAN_PRIVACY_KEY_FILE") or "",
        )

    # what the program makes, left to right
    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def raw(self) -> Path:
        return self.home / "raw"

    @property
    def evidence(self) -> Path:
        return self.home / "evidence"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse" / "bangdan.duckdb"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def published(self) -> Path:
        return self.home / "published" / "bangdan.duckdb"

    @property
    def runs(self) -> Path:
        """Reports of runs and gates: facts about work done, never an input of a later step."""
        return self.home / "runs"

    @property
    def privacy_key(self) -> Path:
        """The secret behind the pseudonyms of private persons: part of a backup, never of a release."""
        return Path(self.privacy_key_file).expanduser() if self.privacy_key_file else self.home / "secrets/privacy.key"

    # what the checkout brings
    @property
    def dbt_project(self) -> Path:
        return PROJECT / "dbt_project"

    @property
    def seeds(self) -> Path:
        return self.dbt_project / "seeds"

    @property
    def expectations(self) -> Path:
        return PROJECT / "expectations"


def _number(name: str, default: float, least: float) -> float:
    """A number from the environment."""
    said = os.environ.get(name)
    if not said:
        return default
    try:
        number = float(said)
    except ValueError:
        number = -1
    if not number >= least:
        raise UsageError(f"{name} is {said!r}", remedy=f"set it to a number from {least:g} up, or leave it out")
    return number

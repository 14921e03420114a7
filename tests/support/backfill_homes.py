"""A data folder of a few small files: exports on the raw layer's manifest, releases, seeds. No stage is run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.backfill import causes
from bangdan.backfill.plan import plan
from bangdan.core import settings as settings_module
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.ingestion import contract, registries

CODE = "0.2.0+aaaaaaaaaaaa"
VERSIONS = "methodology/method_versions.csv"
DECISIONS = "corrections/match_decisions.csv"
CONFIRMATIONS = "corrections/registry_confirmations.csv"


class Home:
    """One data folder with a checkout of its own, so that its seeds can be changed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.checkout = folder / "checkout"
        self.settings = Settings(folder / "data", 1, "1GB")
        self.settings.home.mkdir(parents=True)
        monkeypatch.setattr(settings_module, "PROJECT", self.checkout)
        self.checkout.mkdir(parents=True, exist_ok=True)
        (self.checkout / "requirements.lock").touch()
        self.code(CODE)
        self.methods(("2021-01", "0001-01-01", ""))
        self.seed(DECISIONS, "item_id,post_id,decision\n")
        self.seed(CONFIRMATIONS, "export_sha256,decided_by,decided_on,reason\n")

    # what turns exports into figures
    def code(self, version: str) -> None:
        self._monkeypatch.setattr(causes, "code_version", lambda: version)

    def seed(self, name: str, text: str | None) -> None:
        """Write a seed file, or remove it."""
        file = self.checkout / "dbt_project" / "seeds" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            file.unlink()
        else:
            file.write_text(text, "utf-8")

    def methods(self, *versions: tuple[str, str, str]) -> None:
        rows = [("method_version", "valid_from", "valid_to"), *versions]
        file = self.checkout / "dbt_project" / "seeds" / VERSIONS
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)

    # exports
    def export(
        self,
        letter: str,
        *months: str,
        table: str = "records",
        name: str = "",
        status: str = "loaded",
        accepted: int = 1,
        is_of_city: bool = True,
    ) -> str:
        """Put an export on the raw layer's manifest, landed from the city's folder if it is a registry; returns its SHA-256,
        the letter 64 times.
        """
        sha256 = letter * 64
        row = {
            "export_id": sha256, "export_sha256": sha256, "load_key": f"key-{letter}", "table_name": table,
            "source_file": name or f"{letter}.csv", "status": status, "months": list(months), "accepted": accepted,
            "rejected": 2,
        }  # fmt: skip
        folder = self.settings.raw / "export_manifest"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([row], schema=contract.EXPORT_MANIFEST), folder / f"{sha256}.parquet")
        if table != "records" and is_of_city:
            registries.mark(sha256, Path(str(row["source_file"])), self.settings)
        return sha256

    def withdraw(self, letter: str) -> None:
        (self.settings.raw / "export_manifest" / f"{letter * 64}.parquet").unlink()

    def purge(self, letter: str, *months: str) -> None:
        """Mark an export as purged."""
        folder = self.settings.landing / "purged"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{letter * 64}.json").write_text(json.dumps({"months": list(months)}), "utf-8")

    # releases
    def release(self, month: str, *letters: str, number: int = 1, **other: object) -> None:
        """A release of a month that was made from these exports, today's seeds and code."""
        import hashlib

        seeds = self.checkout / "dbt_project" / "seeds"
        result = {
            "inputs": [{"export_sha256": letter * 64, "source_file": f"{letter}.csv"} for letter in letters],
            "method_version": "2021-01",
            "seeds": {
                file.relative_to(seeds).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
                for file in seeds.rglob("*.csv")
            },
            "code_version": CODE,
            "files": {},
        } | other
        folder = self.settings.releases / month / f"r{number}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(result, ensure_ascii=False), "utf-8")

    def pending(self, month: str, note: str) -> None:
        (self.settings.releases / month / "pending.json").write_text(json.dumps({"note": note}), "utf-8")

    def plan(self, first: str, last: str = "") -> dict:
        return plan(self.settings, Month.parse(first), Month.parse(last or first)).to_json()

    def row(self, month: str) -> dict:
        (row,) = self.plan(month)["months"]
        return row


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Size, time of change and bytes of everything below a folder, folders among them."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_size,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *sorted(folder.rglob("*"))]
    }

"""The production shape: Airflow's metadata in PostgreSQL. `make test-postgres` runs it (Debian's package)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.airflow_processes import free_port, machine
from tests.support.homes import bangdan

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(1500)]
MONTH = "2020-12"


@pytest.fixture
def postgres() -> Iterator[str]:
    """A server on loopback in a folder of its own; the address of its empty database."""
    [tools, *_] = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    # PostgreSQL refuses to be run by root, so as root the package's own user runs it, in a folder it can reach.
    by = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder, port = Path(tempfile.mkdtemp(prefix="bangdan-postgres-")), free_port()
    if by:
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def run(*words: str) -> None:
        subprocess.run([*by, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)

    run(str(tools / "initdb"), "-D", str(data), "-U", "airflow", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    run(str(tools / "pg_ctl"), "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        run(str(tools / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "airflow", "airflow")
        yield f"127.0.0.1:{port}/airflow"
    finally:
        run(str(tools / "pg_ctl"), "-D", str(data), "-m", "fast", "stop")
        shutil.rmtree(folder)


def test_a_month_with_the_metadata_in_postgresql(postgres: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    bangdan(home, "demo", "--scale", "0.004", "--months", MONTH)
    with machine(home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"postgresql+psycopg2://airflow@{postgres}") as entry:
        assert not (entry.airflow / "airflow.db").exists()
        run_id = entry.trigger(month=MONTH)
        assert entry.ended(run_id, 900) == "success"
        assert set(entry.tasks(run_id).values()) == {"success"}
    assert (home / "releases" / MONTH / "r1" / "manifest.json").exists()

"""Airflow for real, for tests: its own processes on loopback, a throw-away home, ended by their ids."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bangdan.core.months import SHANGHAI, Month
from bangdan.demo import write_city
from tests.support.homes import PROJECT

DAG = "ranking_monthly"
# Airflow users of the tests, with the password of their own name; the roles are those of the simple auth manager.
USERS = {"admin": "admin", "anna": "op", "ben": "op", "guest": "viewer"}


def free_port() -> int:
    with socket.socket() as entry:
        entry.bind(("127.0.0.1", 0))
        return entry.getsockname()[1]


class Machine:
    """One Airflow home beside a data home. `start` its pieces, talk to its API as a user, `stop` by id."""

    def __init__(self, home: Path, **more: str) -> None:
        self.home, self.airflow = home, home / "airflow"
        self.airflow.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen] = {}
        passwords = self.airflow / "passwords.json"
        passwords.write_text(json.dumps({user: user for user in USERS}), "utf-8")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "BANGDAN"))},
            "BANGDAN_HOME": str(home),
            "BANGDAN_THREADS": "2",
            # The first month the schedule owes is the present one: no run comes by itself while a test looks on.
            "BANGDAN_SCHEDULE_FROM": str(Month.of(datetime.now(SHANGHAI))),
            "AIRFLOW_HOME": str(self.airflow),
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
            "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": "25200",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.address,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": "for-tests-only-for-tests-only-for",
            "AIRFLOW__API_AUTH__JWT_SECRET": "for-tests-only-" * 5,
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "bangdan=INFO",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            # A task whose process died is found after these seconds.
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            **more,
        }
        self.tokens: dict[str, str] = {}

    def run(self, *words: str, check: bool = True) -> str:
        """Airflow's command line."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def prepare(self) -> None:
        self.run("db", "migrate")
        self.run("pools", "set", "warehouse", "1", "one writer of the warehouse")

    def start(self, *pieces: str) -> None:
        out = self.airflow / "out"
        out.mkdir(exist_ok=True)
        for piece in pieces or ("api-server", "dag-processor", "scheduler"):
            words = [piece, *(["--skip-serve-logs"] if piece in ("scheduler", "triggerer") else [])]
            with (out / f"{piece}.log").open("ab") as log:
                self.processes[piece] = subprocess.Popen(
                    [sys.executable, "-m", "airflow", *words],
                    env=self.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def stop(self) -> None:
        for process in self.processes.values():
            _signal(process, signal.SIGTERM)
        until = time.monotonic() + 20
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))
            _signal(process, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        user: str | None = "admin",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """An HTTP request as a user (None: nobody); status and text."""
        result = {"Content-Type": "application/json", **(headers or {})}
        if user:
            result["Authorization"] = f"Bearer {self._token(user)}"
        request = urllib.request.Request(
            self.address + path, None if body is None else json.dumps(body).encode(), result, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def api(self, method: str, path: str, body: Any = None, user: str = "admin") -> Any:
        status, text = self.call(method, f"/api/v2{path}", body, user)
        assert status < 300, f"{method} {path}: {status} {text[:2000]}"
        return json.loads(text) if text else None

    def _token(self, user: str) -> str:
        if user not in self.tokens:
            _status, text = self.call("POST", "/auth/token", {"username": user, "password": user}, None)
            self.tokens[user] = json.loads(text)["access_token"]
        return self.tokens[user]

    # what tests ask

    def runs(self) -> list[dict[str, Any]]:
        """All runs, by their partition or what was said to them."""
        return self.api("GET", f"/dags/{DAG}/dagRuns?limit=100&order_by=run_after")["dag_runs"]

    def tasks(self, run_id: str, dag: str = DAG) -> dict[str, str]:
        """task id, with its map index where it has one → state."""
        result = self.api("GET", f"/dags/{dag}/dagRuns/{run_id}/taskInstances?limit=200")["task_instances"]
        return {
            entry["task_id"] + (f"[{entry['map_index']}]" if entry["map_index"] >= 0 else ""): entry["state"]
            for entry in result
        }

    def trigger(self, dag: str = DAG, **conf: Any) -> str:
        """Start a run as a person would; its id."""
        return self.api("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]

    def ended(self, run_id: str, seconds: float = 600, dag: str = DAG) -> str:
        """The final state of a run."""
        entry: dict[str, Any] = {}

        def is_over() -> bool:
            entry.update(self.api("GET", f"/dags/{dag}/dagRuns/{run_id}"))
            return entry["state"] in ("success", "failed")

        self.until(is_over, seconds, f"end of {run_id}")
        return entry["state"]

    def until(self, is_so: Callable[[], Any], seconds: float, kind: str) -> Any:
        """Ask again until something is so; on the way see that every process is still there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = is_so()
            if result:
                return result
            gone = [name for name, process in self.processes.items() if process.poll() is not None]
            assert not gone, f"{gone} ended while waiting for {kind}: {self.output(*gone)[-3000:]}"
            time.sleep(1)
        raise AssertionError(f"waited {seconds} s for {kind}\n{self.output()[-6000:]}")

    def ready(self) -> None:
        """The API answers and the DAG is known."""

        def is_up() -> bool:
            try:
                return self.call("GET", f"/api/v2/dags/{DAG}")[0] == 200
            except (urllib.error.URLError, OSError, KeyError, ValueError):
                return False

        self.until(is_up, 180, "the API and the DAG")

    def output(self, *pieces: str) -> str:
        folder = self.airflow / "out"
        return "\n".join(
            f"== {file.stem}\n{file.read_text('utf-8', 'replace')[-3000:]}"
            for file in sorted(folder.glob("*.log"))
            if not pieces or file.stem in pieces
        )

    def log_of(self, run_id: str, task: str) -> list[dict[str, Any]]:
        """Lines of a task's log, of all its attempts."""
        folder = self.airflow / "logs" / f"dag_id={DAG}" / f"run_id={run_id}" / f"task_id={task}"
        result = []
        for file in sorted(folder.rglob("*.log")):
            result += [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.startswith("{")]
        return result


@contextmanager
def machine(home: Path, *pieces: str, **more: str) -> Iterator[Machine]:
    """A prepared machine with its pieces running; all of them are ended, however the test ends."""
    entry = Machine(home, **more)
    entry.prepare()
    try:
        entry.start(*pieces)
        entry.ready()
        yield entry
    finally:
        entry.stop()


def home_with_inbox(target: Path, inbox: Path) -> Path:
    """A fresh data home of the demo city with a copy of an inbox."""
    target.mkdir(parents=True)
    shutil.copytree(inbox, target / "inbox")
    write_city(target)
    return target


def _signal(process: subprocess.Popen, number: signal.Signals) -> None:
    """To the process and what it started: its session is its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)

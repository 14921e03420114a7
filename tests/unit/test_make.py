"""What `make` and the continuous integration call: shown by `make -n`, or run with programs that only take notes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support.homes import PROJECT


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """An environment that is ready, whose programs note how they were called; FAIL names one that fails."""
    programs = tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "venv" / ".ready").touch()
    for name in ("airflow", "bangdan", "python", "ruff", "mypy", "sqlfluff", "make"):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\n'
            f'env | grep -E "^(AIRFLOW|BANGDAN)" > {tmp_path}/environment\n'
            'case "$0 $*" in *"${FAIL:-nothing fails}"*) exit 7;; esac\n',
            "utf-8",
        )
        program.chmod(0o755)
    return tmp_path


def make(machine: Path, *words: str, fail: str = "", **variables: str) -> subprocess.CompletedProcess:
    ours = ("MAKE", "MFLAGS", "BANGDAN", "AIRFLOW")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    given = {"VENV": str(machine / "venv"), "BANGDAN_HOME": str(machine / "home"), "WORKERS": "2", **variables}
    program = shutil.which("make", path=os.defpath) or "/usr/bin/make"
    return subprocess.run(
        [program, "--no-print-directory", *words, *(f"{name}={value}" for name, value in given.items())],
        cwd=PROJECT, env={**environment, "FAIL": fail or "nothing fails"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def shown(machine: Path, target: str, **variables: str) -> list[str]:
    done = make(machine, "-n", target, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("\\\n", "").splitlines()


def calls(machine: Path) -> list[str]:
    file = machine / "calls"
    return file.read_text("utf-8").splitlines() if file.exists() else []


def test_the_suite_is_run_whole_after_all_checks(machine: Path) -> None:
    lines = shown(machine, "test", IN_MEMORY="")
    assert lines[-1].startswith("env  python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --junitxml ")
    assert lines[-1].endswith("/data/test-results.xml tests")
    assert [line for line in lines if line.startswith(("ruff", "mypy", "sqlfluff", "python"))] == [
        "ruff format --check . && ruff check .", "mypy", "sqlfluff lint dbt_project/models --dialect duckdb -p 2",
        "python -m pytest -q tests/docs",
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["test", "test-quick", "test-random"])
def test_the_homes_of_tests_lie_in_memory_where_there_is_enough(machine: Path, target: str) -> None:
    assert "env TMPDIR=/dev/shm python -m pytest" in shown(machine, target, IN_MEMORY="/dev/shm", SEEDS="1")[-1]


@pytest.mark.parametrize(
    "failing", ["ruff format --check", "ruff check", "mypy", "sqlfluff lint", "python -m pytest -q tests/docs"]
)
def test_a_check_that_fails_fails(machine: Path, failing: str) -> None:
    assert make(machine, "check", fail=failing).returncode != 0
    assert calls(machine)[-1].startswith(failing)


def test_the_suite_leaves_out_only_what_takes_airflows_own_processes_postgresql_libreoffice_spark_or_readers_of_formats() -> (
    None
):
    configured = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert configured["testpaths"] == ["tests"]
    assert (
        configured["addopts"] == "-ra -p no:randomly --strict-markers --strict-config"
        " -m 'not airflow and not postgres and not office and not spark and not formats'"
    )


@pytest.mark.parametrize(
    ("target", "line"),
    [
        (
            "test-quick",
            "env TMPDIR=/dev/shm python -m pytest -q -n 2 --dist loadfile -m 'not slow' tests/unit tests/docs",
        ),
        ("mutants", "python -m tests.mutants.run"),
        ("faults", "BANGDAN_EVERY_FAULT=1 python -m pytest -q -s --timeout 7200 tests/faults"),
        ("abuse", f"python -m tests.support.integrity_page {PROJECT}/data/abuse-results.xml"),
        ("test-airflow", "python -m pytest -q -m airflow tests/dags"),
        ("test-postgres", "python -m pytest -q -m postgres tests/dags"),
        ("test-office", "python -m pytest -q -m office tests/acceptance"),
        ("test-formats", "python -m pytest -q -m formats tests/acceptance"),
        (
            "test-spark",
            f"PYSPARK_PYTHON={PROJECT}/.venv-spark/bin/python {PROJECT}/.venv-spark/bin/python -m pytest -q -m spark tests/spark",
        ),
        ("audit", "pip-audit --requirement requirements.lock --no-deps --disable-pip --progress-spinner off"),
        ("sbom", "python .ci/sbom.py > docs/supply-chain/sbom.cdx.json"),
        ("licences", "python .ci/licences.py > docs/supply-chain/licences.md"),
    ],
)
def test_a_target_calls_what_it_is_for(machine: Path, target: str, line: str) -> None:
    assert shown(machine, target, IN_MEMORY="/dev/shm")[-1] == line


def test_airflow_starts_four_processes_of_which_none_answers_another_machine(machine: Path) -> None:
    started = re.findall(r"airflow ([^&]*?) *&", shown(machine, "airflow")[-1])
    assert started == [
        "scheduler --skip-serve-logs", "triggerer --skip-serve-logs", "dag-processor", "api-server --host 127.0.0.1",
    ]  # fmt: skip


def test_random_orders_are_three_or_those_that_are_named(machine: Path) -> None:
    (named,) = re.findall(r"for seed in (.*?);", " ".join(shown(machine, "test-random", SEEDS="7")))
    assert named == "7"
    (drawn,) = re.findall(r"for seed in (.*?);", " ".join(shown(machine, "test-random")))
    assert len(set(drawn.split())) == 3
    assert "-p randomly --randomly-seed=$seed tests || exit 1" in " ".join(shown(machine, "test-random"))


def test_every_benchmark_is_run(machine: Path) -> None:
    lines = " ".join(shown(machine, "bench") + shown(machine, "bench-spark"))
    called = set(re.findall(r"-m tests\.benchmarks\.(\w+)", lines))
    written = {file.stem for file in (PROJECT / "tests" / "benchmarks").glob("*.py")} - {"__init__"}
    assert called == written


# ---- environment -------------------------------------------------------------------------------------------------


def test_nothing_is_installed_that_the_lock_does_not_name_by_hash(machine: Path) -> None:
    lines = shown(machine, "env", VENV=str(machine / "fresh"))
    installed = [part for line in lines for part in re.split(r" \|\| ", line) if "pip install" in part]
    # uv itself; the lock by uv, or by pip where uv reaches no index; the project.
    ends = [part.partition("--no-deps ")[2].rstrip(" \\") for part in installed]
    assert ends[0].startswith("--require-hashes -r <(sed -n '/^uv==/")
    assert ends[1:] == 2 * ["--require-hashes -r requirements.lock"] + ["--no-build-isolation -e ."]
    assert lines[-1] == f"touch {machine}/fresh/.ready"


@pytest.mark.parametrize("source", ["requirements.lock", "pyproject.toml"])
def test_an_environment_is_made_anew_when_lock_or_project_change(machine: Path, source: str) -> None:
    done = make(machine, "-n", "-W", source, "env")  # -W: as if the file had just changed
    assert any("pip install" in line for line in done.stdout.splitlines())


def test_an_environment_that_is_ready_is_left_alone(machine: Path) -> None:
    assert not any("pip install" in line for line in shown(machine, "env"))


# ---- the demo ----------------------------------------------------------------------------------------------------


def test_the_demo_writes_exports_and_runs_both_months_through_airflow_in_order(machine: Path) -> None:
    done = make(machine, "demo")
    assert done.returncode == 0, done.stderr
    assert calls(machine) == [
        "airflow db migrate",
        "airflow pools set warehouse 1 one writer of the warehouse",
        "bangdan demo --months 2021-07..2021-08 --scale 1.0",
        'airflow dags test ranking_monthly --conf {"month": "2021-07"}',
        'airflow dags test ranking_monthly --conf {"month": "2021-08"}',
    ]
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    assert lines[2].startswith("2021-07: from exports to release through Airflow")
    assert lines[-2] == f"log: {machine}/home/logs/demo.log; state of the months: bangdan status"
    assert lines[-1] == f"open {machine}/home/releases/2021-08/latest/index.html"


def test_airflow_is_told_where_everything_is_and_brings_no_examples(machine: Path) -> None:
    make(machine, "demo")
    configured = dict(line.split("=", 1) for line in (machine / "environment").read_text("utf-8").splitlines())
    wanted = {
        "BANGDAN_HOME": str(machine / "home"), "AIRFLOW_HOME": str(machine / "home" / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"), "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING", "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "bangdan=INFO",
    }  # fmt: skip
    assert {name: configured.get(name) for name in wanted} == wanted


def test_scale_and_months_of_the_demo_can_be_chosen(machine: Path) -> None:
    make(machine, "demo", SCALE="0.02", MONTHS="2021-02")
    assert calls(machine)[2:4] == [
        "bangdan demo --months 2021-02..2021-02 --scale 0.02",
        'airflow dags test ranking_monthly --conf {"month": "2021-02"}',
    ]


def test_airflows_database_is_made_once(machine: Path) -> None:
    make(machine, "airflowdb")
    make(machine, "airflowdb")
    assert len(calls(machine)) == 2


@pytest.mark.parametrize("failing", ["db migrate", "pools set"])
def test_a_database_that_could_not_be_made_is_tried_again(machine: Path, failing: str) -> None:
    assert make(machine, "airflowdb", fail=failing).returncode != 0
    assert make(machine, "airflowdb").returncode == 0
    assert "airflow pools set warehouse 1 one writer of the warehouse" in calls(machine)


def test_a_month_that_fails_ends_the_demo(machine: Path) -> None:
    done = make(machine, "demo", fail='{"month": "2021-07"}')
    assert done.returncode != 0
    assert f"the whole log: {machine}/home/logs/demo.log" in done.stderr
    assert calls(machine)[-1] == 'airflow dags test ranking_monthly --conf {"month": "2021-07"}'


def test_every_target_is_one_whatever_files_there_are() -> None:
    text = (PROJECT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE)
    there = {path.name for path in PROJECT.iterdir()}
    assert set(phony.split()) <= targets
    assert targets & there <= set(phony.split())


# ---- continuous integration --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fail", "code"), [("", 0), ("make test", 7)])
def test_continuous_integration_is_make_test_in_the_project_and_ends_as_that_does(
    machine: Path, tmp_path: Path, fail: str, code: int
) -> None:
    environment = {"PATH": f"{machine}/venv/bin:{os.environ['PATH']}", "FAIL": fail or "nothing fails"}
    done = subprocess.run([PROJECT / ".ci" / "run"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == code
    assert calls(machine) == ["make test"]

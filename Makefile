# One command each: `make demo` runs two synthetic months through Airflow, `make test` runs everything that CI runs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
export BANGDAN_HOME ?= $(CURDIR)/data
export AIRFLOW_HOME ?= $(BANGDAN_HOME)/airflow
export AIRFLOW__CORE__DAGS_FOLDER := $(CURDIR)/dags
export AIRFLOW__CORE__PLUGINS_FOLDER := $(CURDIR)/plugins
export AIRFLOW__CORE__LOAD_EXAMPLES := False
export AIRFLOW__CORE__PARALLELISM := 4
export AIRFLOW__CORE__AUTH_MANAGER ?= airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager
export AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME ?= 25200
export AIRFLOW__LOGGING__LOGGING_LEVEL ?= WARNING
export AIRFLOW__LOGGING__NAMESPACE_LEVELS ?= bangdan=INFO
export PATH := $(BIN):$(PATH)
SCALE ?= 1.0
MONTHS ?= 2021-07 2021-08
SEEDS := $(or $(SEEDS),$(shell shuf -i 1-999999 -n 3))
# Workers of the tests; a third makes two cores no faster.
WORKERS ?= 2
# The homes of tests lie in memory where 8 GB of it are free: they are synced thousands of times and thrown away.
IN_MEMORY := $(shell test "$$(df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 {print $$4}')" -gt 8000 2>/dev/null \
  && awk '/MemAvailable/ {exit $$2 < 8000000}' /proc/meminfo && test -w /dev/shm && echo /dev/shm)

help:  ## what can be called
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

env: $(VENV)/.ready  ## environment from the lock, with hashes

# The lock names every package with its hash, so nothing is resolved. uv, itself from the lock, installs in seconds what
# takes pip minutes; where uv cannot reach the index that pip is set up for, pip does it.
$(VENV)/.ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r <(sed -n '/^uv==/,/[^\\]$$/p' requirements.lock)
	$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --no-deps --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	PYTHONPATH=plugins $(BIN)/python -c "from bangdan.matching import gram_loops, pair_loops, text_loops"  # compiles them
	home=$$(mktemp -d) && BANGDAN_HOME=$$home PYTHONPATH=plugins $(BIN)/python -c "from bangdan import transform; from bangdan.core.settings import Settings; transform.parse(Settings.load())"; rm -rf $$home  # reads the models
	touch $@

# Beside the other, which stays free of Spark: its lock names only what comes on top.
env-spark: requirements.lock requirements-spark.lock  ## environment with Apache Spark, in .venv-spark
	$(MAKE) env VENV=$(CURDIR)/.venv-spark
	$(CURDIR)/.venv-spark/bin/uv pip install -q --python $(CURDIR)/.venv-spark/bin/python --no-deps --require-hashes -r requirements-spark.lock

# Alone: the readers of the formats pin versions of their own, and need nothing of this program.
env-formats: requirements-formats.lock  ## environment with the reference readers of a release's formats, in .venv-formats
	test -x $(CURDIR)/.venv-formats/bin/python || $(PYTHON) -m venv $(CURDIR)/.venv-formats
	$(BIN)/uv pip install -q --python $(CURDIR)/.venv-formats/bin/python --no-deps --require-hashes -r requirements-formats.lock

airflowdb: env  ## Airflow's own database and the warehouse pool
	@mkdir -p $(AIRFLOW_HOME)
	@test -f $(AIRFLOW_HOME)/.ready || { airflow db migrate >/dev/null && airflow pools set warehouse 1 "one writer of the warehouse" >/dev/null && touch $(AIRFLOW_HOME)/.ready; }

# A line per step; what the steps themselves write goes to the log.
demo: airflowdb  ## synthetic exports of two months, both run through Airflow; SCALE=0.02 for a small one
	@mkdir -p $(BANGDAN_HOME)/logs; log=$(BANGDAN_HOME)/logs/demo.log; : >$$log; \
	logged() { "$$@" >>$$log 2>&1 || { tail -n 20 $$log >&2; echo "failed: $$*; the whole log: $$log" >&2; exit 1; }; }; \
	echo "environment and Airflow's database are ready"; \
	logged bangdan demo --months $(firstword $(MONTHS))..$(lastword $(MONTHS)) --scale $(SCALE); \
	echo "synthetic exports of $(MONTHS) are in $(BANGDAN_HOME)/inbox (scale $(SCALE))"; \
	for month in $(MONTHS); do \
	  started=$$SECONDS; logged airflow dags test ranking_monthly --conf "{\"month\": \"$$month\"}"; \
	  echo "$$month: from exports to release through Airflow, $$((SECONDS - started)) s"; \
	done; \
	echo "log: $$log; state of the months: bangdan status"; \
	echo "open $(BANGDAN_HOME)/releases/$(lastword $(MONTHS))/latest/index.html"

# Not `airflow standalone`: its servers of logs (8793, 8794) answer every address. On one machine logs are read as files.
airflow: airflowdb  ## the real thing: UI on http://127.0.0.1:8080, scheduler, the DAG in it; Ctrl-C ends it
	@echo "user and password: $(AIRFLOW_HOME)/simple_auth_manager_passwords.json.generated"
	@trap 'kill $$(jobs -p) 2>/dev/null; wait' EXIT; trap 'exit 130' INT TERM; \
	airflow scheduler --skip-serve-logs & airflow triggerer --skip-serve-logs & airflow dag-processor & \
	airflow api-server --host 127.0.0.1 & wait -n

check: env  ## style, types, SQL, links
	ruff format --check . && ruff check .
	mypy
	sqlfluff lint dbt_project/models --dialect duckdb -p 2
	python -m pytest -q tests/docs

test: env browser tools  ## the whole suite, checks first
	$(MAKE) check
	env $(addprefix TMPDIR=,$(IN_MEMORY)) python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --junitxml $(CURDIR)/data/test-results.xml tests

test-quick: env  ## unit tests and documents, but for what is marked slow
	env $(addprefix TMPDIR=,$(IN_MEMORY)) python -m pytest -q -n $(WORKERS) --dist loadfile -m 'not slow' tests/unit tests/docs

test-random: env browser tools  ## the suite three times, each time in another random order; SEEDS=7 repeats one
	for seed in $(SEEDS); do \
	  echo "== order of seed $$seed"; \
	  env $(addprefix TMPDIR=,$(IN_MEMORY)) python -m pytest -q -n $(WORKERS) --dist loadfile -p randomly --randomly-seed=$$seed tests || exit 1; \
	done

mutants: env  ## a sample of wrong changes that the tests must notice, into docs/testing.md; within an hour
	python -m tests.mutants.run

fuzz: env  ## 100,000 damaged exports through every reader; MUTATIONS=1000 for fewer, SEED=2 for others
	python -m tests.fuzz.run --mutations $(or $(MUTATIONS),100000) --seed $(or $(SEED),1)

faults: env tools  ## every operation of every kind failed, one by one, where the suite takes some; long
	BANGDAN_EVERY_FAULT=1 python -m pytest -q -s --timeout 7200 tests/faults

abuse: env  ## every attack on a ranking and on a release, into docs/integrity.md
	python -m pytest -q --junitxml $(CURDIR)/data/abuse-results.xml tests/abuse
	python -m tests.support.integrity_page $(CURDIR)/data/abuse-results.xml

test-airflow: env  ## many months, backfill, trouble and mail under Airflow's own processes; minutes
	python -m pytest -q -m airflow tests/dags

test-postgres: env postgres  ## a month with Airflow's metadata in PostgreSQL
	python -m pytest -q -m postgres tests/dags

test-office: env  ## the Word document of a bulletin, opened by LibreOffice
	@command -v soffice >/dev/null || { s=; test "$$(id -u)" = 0 || s=sudo; \
	  $$s apt-get update -qq && $$s apt-get install -y -qq libreoffice-writer-nogui fonts-noto-cjk >/dev/null; }
	python -m pytest -q -m office tests/acceptance

test-formats: env env-formats  ## Data Package, Croissant, DCAT and in-toto, read by frictionless, mlcroissant, rdflib, securesystemslib
	python -m pytest -q -m formats tests/acceptance

test-spark: env-spark java  ## a small month and every portable macro on Apache Spark, row by row against DuckDB; minutes
	PYSPARK_PYTHON=$(CURDIR)/.venv-spark/bin/python $(CURDIR)/.venv-spark/bin/python -m pytest -q -m spark tests/spark

bench: env  ## benchmarks: each prints a table, and JSON on its last line
	python -m tests.benchmarks.floor
	python -m tests.benchmarks.ratios --out $(CURDIR)/data/ratios.json
	python -m tests.benchmarks.matching
	python -m tests.benchmarks.month
	python -m tests.benchmarks.large_month
	python -m tests.benchmarks.backfill --single 3
	python -m tests.benchmarks.loading
	python -m tests.benchmarks.pages

bench-spark: env-spark java  ## a month and a registry of a country by DuckDB and by Apache Spark; the tables of docs/scale.md
	for part in "month" "registry" "tables"; do \
	  PYSPARK_PYTHON=$(CURDIR)/.venv-spark/bin/python $(CURDIR)/.venv-spark/bin/python -m tests.benchmarks.scale $$part || exit 1; \
	done

bench-check: env  ## a month's costs as ratios; fails where one is a quarter above those of KEPT, by default of the last `make bench`
	python -m tests.benchmarks.ratios --check $(or $(KEPT),$(CURDIR)/data/ratios.json)

docs: env  ## the models with columns, tests and lineage as one page, data/docs/index.html
	python -m bangdan.publication.formats.metrics > docs/analysts/metrics.md
	BANGDAN_THREADS=2 dbt docs generate --static --project-dir dbt_project --profiles-dir dbt_project --quiet \
	  --target-path $(BANGDAN_HOME)/dbt/docs --log-path $(BANGDAN_HOME)/dbt/logs --no-send-anonymous-usage-stats
	mkdir -p $(BANGDAN_HOME)/docs && cp $(BANGDAN_HOME)/dbt/docs/static_index.html $(BANGDAN_HOME)/docs/index.html
	@echo "open $(BANGDAN_HOME)/docs/index.html"

audit: env  ## known vulnerabilities of everything in the lock; asks the index's advisory service, so it needs a network
	pip-audit --requirement requirements.lock --no-deps --disable-pip --progress-spinner off

lock-spark: env  ## newest versions of what Spark adds, which fit the lock, into requirements-spark.lock
	uv pip compile --upgrade --python-version 3.11 --extra spark --constraint requirements.lock --generate-hashes \
	  $$(grep -o '^[^ =]*' requirements.lock | sed 's/^/--no-emit-package /') \
	  --no-header --no-annotate -q pyproject.toml -o requirements-spark.lock --no-emit-index-url

lock-formats: env  ## newest versions of the readers of formats, into requirements-formats.lock
	uv pip compile --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
	  requirements-formats.in -o requirements-formats.lock --no-emit-index-url

sbom: env  ## bill of materials of this version, from the lock alone
	python .ci/sbom.py > docs/supply-chain/sbom.cdx.json

upgrade: env  ## newest versions into the lock, then the suite; prints what changed. Once a month
	cp requirements.lock $(VENV)/before.lock
	uv pip compile --upgrade --python-version 3.11 --extra production --extra dev --generate-hashes \
	  --no-header --no-annotate -q pyproject.toml -o requirements.lock --no-emit-index-url
	@diff <(grep -o '^[^ ]*==[^ ]*' $(VENV)/before.lock) <(grep -o '^[^ ]*==[^ ]*' requirements.lock) | grep '^[<>]' || echo "nothing newer"
	$(MAKE) sbom licences test

licences: env  ## list of the licences of everything in the lock
	python .ci/licences.py > docs/supply-chain/licences.md

# A browser and a Chinese font for the page's tests, where the machine has none.
browser:
	@command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'noto.*cjk' || { \
	  s=; test "$$(id -u)" = 0 || s=sudo; $$s apt-get update -qq && $$s apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; }

# What breaks things in the fault tests: system calls that fail, a clock that is wrong.
tools:
	@command -v strace >/dev/null && ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || { \
	  s=; test "$$(id -u)" = 0 || s=sudo; $$s apt-get update -qq && $$s apt-get install -y -qq strace faketime >/dev/null; }

# PostgreSQL's server for its test, where the machine has none.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
	  s=; test "$$(id -u)" = 0 || s=sudo; $$s apt-get update -qq && $$s apt-get install -y -qq postgresql >/dev/null; }

# A Java for Spark, where the machine has none.
java:
	@command -v java >/dev/null || { s=; test "$$(id -u)" = 0 || s=sudo; \
	  $$s apt-get update -qq && $$s apt-get install -y -qq openjdk-17-jre-headless >/dev/null; }

.PHONY: help env env-spark env-formats java lock-spark lock-formats test-spark test-formats airflowdb demo airflow check test test-quick test-random mutants fuzz faults abuse test-airflow test-postgres test-office bench bench-check bench-spark docs audit sbom licences upgrade browser tools postgres

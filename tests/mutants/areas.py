"""Where a wrong line changes a figure or a verdict, and which tests are to notice it."""

from __future__ import annotations

from typing import NamedTuple


class Area(NamedTuple):
    """Files to change, tests to run, and how many changes a sample takes."""

    name: str
    files: tuple[str, ...]  # globs from the project's root
    tests: tuple[str, ...]
    sample: int


BANGDAN = "plugins/bangdan/"
UNIT = "tests/unit/"
MODELS = "dbt_project/models/"
# Compares what dbt compiles with what the tests render: no wrong change makes the two differ.
ON_WORLDS = ("tests/dbt/models", "--ignore=tests/dbt/models/test_rendered_as_dbt_does.py")
AREAS = (
    Area(
        "values, rows and records of exports",
        (BANGDAN + "ingestion/columns/*.py",),
        tuple(
            UNIT + "ingestion/" + name
            for name in (
                "test_golden_rows.py", "test_values_by_rule.py", "test_records_by_rule.py", "test_mapping_keys.py",
                "test_values.py", "test_connectors.py",
            )
        ),
        40,
    ),
    Area("matching", (BANGDAN + "matching/*.py",), (UNIT + "matching",), 40),
    Area("gates", (BANGDAN + "gates.py",), (UNIT + "gates",), 12),
    Area("uncertainty", (BANGDAN + "uncertainty/*.py",), (UNIT + "uncertainty",), 20),
    Area(
        "movement",
        (BANGDAN + "publication/movement/*.py",),
        tuple(UNIT + "publication/" + name for name in ("test_changes.py", "test_causes.py", "test_claims.py")),
        20,
    ),
    Area(
        "registry",
        (BANGDAN + "operations/registry_*.py", BANGDAN + "operations/confirmation.py", BANGDAN + "ingestion/registries.py"),
        (
            UNIT + "operations/test_registry_edits.py", UNIT + "operations/test_registry_upkeep.py",
            UNIT + "operations/test_confirmation.py", UNIT + "ingestion/test_registries.py",
        ),
        10,
    ),
    Area(
        "what a month is built from",
        (BANGDAN + "month_inputs.py", BANGDAN + "core/build_record.py"),
        (UNIT + "test_month_inputs.py", UNIT + "core/test_build_record.py"),
        8,
    ),
    Area(
        "claims of the bulletin",
        (BANGDAN + "publication/pages/claims.py",),
        (UNIT + "publication/test_claims.py", UNIT + "publication/test_bulletin.py"),
        16,
    ),
    Area(
        "release and signing",
        (BANGDAN + "publication/release.py", BANGDAN + "publication/signing.py"),
        (UNIT + "publication/test_signing.py", UNIT + "publication/test_releases.py"),
        16,
    ),
    Area("completeness", (BANGDAN + "operations/completeness.py",), (UNIT + "operations/test_what_is_missing.py",), 12),
    Area(
        "plan of a backfill",
        (BANGDAN + "backfill/plan.py", BANGDAN + "backfill/causes.py", BANGDAN + "backfill/estimate.py"),
        (UNIT + "backfill/test_plan.py", UNIT + "backfill/test_estimate.py"),
        12,
    ),
    Area("models: staging", (MODELS + "staging/**/*.sql",), ON_WORLDS, 20),
    Area(
        "models: intermediate, marts, published",
        (MODELS + "intermediate/*.sql", MODELS + "marts/**/*.sql", MODELS + "published/*.sql"),
        (*ON_WORLDS, "tests/dbt/oracle"),
        50,
    ),
    Area("models: review", (MODELS + "review/*.sql",), ON_WORLDS, 10),
    Area("models: gates", (MODELS + "gates/*.sql",), (UNIT + "gates",), 12),
    Area("rules of the gates", ("expectations/*.yml",), (UNIT + "gates",), 12),
    Area(
        "seeds of the method",
        ("dbt_project/seeds/methodology/*.csv",),
        ("tests/dbt/test_declarations.py", "tests/dbt/test_method_seeds.py", "tests/dbt/test_seeds.py"),
        12,
    ),
)  # fmt: skip

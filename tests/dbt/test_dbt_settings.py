"""dbt_project.yml: where each layer goes, what a build is for, how the columns of seeds are read."""

from __future__ import annotations

import csv
import tomllib
from typing import Any

import pytest
import yaml

from tests.support.homes import PROJECT

PROJECT_FILE = PROJECT / "dbt_project" / "dbt_project.yml"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return yaml.safe_load(PROJECT_FILE.read_text("utf-8"))


def test_a_build_is_for_the_months_and_the_method_that_it_is_given_and_by_itself_for_one_month_in_force(
    project: dict[str, Any],
) -> None:
    assert project["vars"] == {"month_from": "2021-08", "month_to": "2021-08", "method_version": "", "known_at": ""}


def test_sources_are_registered_before_anything_else_and_nothing_is_sent_anywhere(project: dict[str, Any]) -> None:
    assert project["on-run-start"] == ["{{ register_sources() }}"]
    assert project["flags"] == {"send_anonymous_usage_stats": False}


def test_dbt_is_held_to_the_version_that_the_project_asks_for(project: dict[str, Any]) -> None:
    asked = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    [dbt] = [entry for entry in asked if entry.startswith("dbt-core")]
    assert dbt == "dbt-core>=1.12,<1.13"
    assert project["require-dbt-version"] == [">=1.12.0", "<1.13.0"]


def test_models_seeds_macros_and_tests_are_where_they_are_looked_for(project: dict[str, Any]) -> None:
    assert project["seed-paths"] == ["seed_properties", "{{ env_var('BANGDAN_SEEDS', 'seeds') }}"]
    for kind in ("model", "macro", "test"):
        [folder] = project[f"{kind}-paths"]
        assert any((PROJECT / "dbt_project" / folder).rglob("*.*")), kind
    assert project["profile"] == project["name"] == "bangdan"


@pytest.mark.parametrize(
    ("folder", "stage"),
    [
        ("staging", "stage"),
        ("intermediate", "score"),
        ("marts", "score"),
        ("published", "present"),
        ("review", "present"),
    ],
)
def test_each_layer_has_its_schema_and_is_built_by_its_stage(project: dict[str, Any], folder: str, stage: str) -> None:
    assert any((PROJECT / "dbt_project" / "models" / folder).rglob("*.sql"))
    assert project["models"]["bangdan"][folder]["+schema"] == folder
    selectors = yaml.safe_load((PROJECT_FILE.parent / "selectors.yml").read_text("utf-8"))["selectors"]
    named = {
        selector["name"]: {part["value"] for part in selector["definition"]["union"] if "value" in part}
        for selector in selectors
    }
    assert set(named) == {"register", "registry", "stage", "score", "present"}
    assert [name for name, values in named.items() if f"bangdan.{folder}" in values] == [stage]


def test_registry_and_records_are_resolved_before_the_matcher_reads_them() -> None:
    selectors = yaml.safe_load((PROJECT_FILE.parent / "selectors.yml").read_text("utf-8"))["selectors"]
    parts = {selector["name"]: selector["definition"]["union"] for selector in selectors}
    resolved = [{"method": "fqn", "value": f"bangdan.intermediate.{folder}"} for folder in ("registry", "records")]
    assert [part for part in parts["stage"] if part in resolved] == resolved
    assert {"exclude": resolved} in parts["score"]


def test_the_registry_is_built_once_a_month_by_the_first_gate_and_not_again_by_the_stage_after_it() -> None:
    selectors = yaml.safe_load((PROJECT_FILE.parent / "selectors.yml").read_text("utf-8"))["selectors"]
    parts = {selector["name"]: selector["definition"]["union"] for selector in selectors}
    registry = {"method": "fqn", "value": "bangdan.staging.registry"}
    assert {"method": "selector", "value": "registry"} in parts["register"]
    assert registry in parts["registry"]
    assert {"exclude": [registry]} in parts["stage"]


def test_every_folder_of_models_is_a_layer(project: dict[str, Any]) -> None:
    folders = {path.name for path in (PROJECT / "dbt_project" / "models").iterdir() if path.is_dir()}
    assert folders == {name for name in project["models"]["bangdan"] if not name.startswith("+")}


def test_a_new_column_of_an_incremental_model_is_added_to_what_there_is(project: dict[str, Any]) -> None:
    """The months that were built before keep NULL in it; without this dbt leaves it out silently."""
    layers = project["models"]["bangdan"]
    for folder in ("staging", "intermediate", "marts", "published"):
        assert layers[folder]["+on_schema_change"] == "append_new_columns", folder


# ---- seeds -------------------------------------------------------------------------------------------------------

# Text, though all that stands in it now may look like numbers, or nothing stands in it.
TEXT = {
    "value", "unit_id", "post_id", "item_id", "guard", "action", "decision", "decided_by", "reason", "scope",
    "method_version", "host_account_id", "data_licence", "issuer_name", "issuer_name_en", "theme_id", "theme_name",
    "theme_name_en", "subtopic_id", "subtopic_name", "subtopic_name_en", "subject_id", "subject_name", "subject_name_en",
    "term", "kind", "hashtag", "alias", "declared_by", "channel_type", "ranking_list", "list_name", "list_name_en", "short_name",
}  # fmt: skip


def headers() -> dict[str, list[str]]:
    columns_of = {}
    for file in sorted((PROJECT / "dbt_project" / "seeds").rglob("*.csv")):
        with file.open(encoding="utf-8", newline="") as stream:
            columns_of[file.stem] = next(csv.reader(stream))
    return columns_of


def types(project: dict[str, Any], seed: str) -> dict[str, str]:
    """Of a seed's columns, as dbt merges them: the folder's, then the seed's own."""
    seeds = project["seeds"]["bangdan"]
    return {**seeds["+column_types"], **seeds["methodology"].get(seed, {}).get("+column_types", {})}


def test_every_date_of_a_seed_is_read_as_a_date_though_the_column_is_empty(project: dict[str, Any]) -> None:
    for seed, columns in headers().items():
        of_seed = types(project, seed)
        for column in columns:
            if column.startswith("valid_") or column.endswith("_on"):
                assert of_seed.get(column) == "date", f"{seed}.{column}"


def test_keys_and_words_of_a_seed_are_read_as_text_though_they_look_like_numbers(project: dict[str, Any]) -> None:
    for seed, columns in headers().items():
        of_seed = types(project, seed)
        for column in set(columns) & TEXT:
            assert of_seed.get(column) == "varchar", f"{seed}.{column}"


def test_weights_are_exact_and_goalposts_are_large_integers(project: dict[str, Any]) -> None:
    assert {name: types(project, "method_indicators")[name] for name in ("weight", "goalpost")} == {
        "weight": "decimal(4,2)", "goalpost": "bigint",
    }  # fmt: skip
    assert types(project, "rival_unit_weights")["weight"] == "decimal(4,2)"
    assert {name: types(project, "rival_terms")[name] for name in ("weight", "multiplier")} == {
        "weight": "decimal(8,6)", "multiplier": "integer",
    }  # fmt: skip
    rivals = types(project, "rival_indices")
    assert {rivals[name] for name in ("average_decimals", "scale", "power")} == {"integer"}
    assert rivals["platform"] == "varchar"


def test_a_changed_seed_takes_the_place_of_the_old_one_whole(project: dict[str, Any]) -> None:
    seeds = project["seeds"]["bangdan"]
    assert (seeds["+full_refresh"], seeds["+quote_columns"], seeds["+schema"]) == (True, False, "seeds")

"""What one row is: each key is proven where the data are, by a data test of just these columns."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
import pytest
import yaml

from tests.support.models_in_memory import DBT, Project, project_files

MODELS = {
    "stg_accounts": "load_key, source_row", "stg_channels": "load_key, source_row", "stg_units": "load_key, source_row",
    "stg_exports": "export_id", "stg_channel_items": "item_id",
    "stg_observations": "load_key, source_row", "stg_posts": "post_id",
    "int_registry__accounts": "account_id, valid_from", "int_registry__channels": "outlet_id, valid_from",
    "int_registry__units": "unit_id, valid_from", "int_registry__account_keys": "platform, key_kind, account_key",
    "int_registry__channel_keys": "channel_type, key_kind, account_key",
    "int_registry__source_names": "account_id, name, valid_from", "int_registry__source_authority": "load_key", "int_registry__deliveries": "export_id",
    "int_observations__identified": "load_key, source_row", "int_observations__named": "load_key, source_row",
    "int_observations__ranked": "load_key, source_row", "int_records__owned": "item_id", "int_records__attributed": "item_id",
    "int_months": "ranking_month",
    "int_posts__attributed": "ranking_month, post_id", "int_posts__subjects": "post_id, subject_id",
    "int_posts__themed": "post_id, theme_id, coalesce(subtopic_id, '')", "int_posts__words": "ranking_month, post_id",
    "int_quality_limits": "ranking_month, measure, scope",
    "int_reprints__candidates": "ranking_month, item_id, post_id", "int_reprints__engagement": "ranking_month, item_id",
    "int_reprints__excluded": "ranking_month, item_id, post_id", "int_reprints__matched": "ranking_month, item_id, post_id",
    "qc_ambiguous_reprints": "ranking_month, item_id, post_id", "qc_bursts": "ranking_month, unit_id, channel_type, first_reprint_at", "qc_waking_outlets": "ranking_month, unit_id, outlet_id",
    "gate_post_facts__bursts": "ranking_month, unit_id, channel_type", "gate_ranking__waking": "ranking_month, unit_id",
    "qc_capped_counts": "ranking_month, post_id, outlet_id",
    "qc_one_sided_outlets": "ranking_month, unit_id, outlet_id",
    "qc_rank_leverage": "ranking_month, unit_id, dimension, kind",
    "qc_changed_texts": "ranking_month, item_id, export_sha256, source_row",
    "qc_contradicted_times": "ranking_month, item_id",
    "qc_lookalike_names": "ranking_month, channel_type, outlet_id, registered_id, registered_name",
    "qc_registry_conflicts": "kind, id, source_row, other_source_row", "qc_stale_corrections": "ranking_month, seed, post_id, item_id",
    "qc_suspect_counts": "ranking_month, reason, item_id, carrier, metric", "qc_unmapped_channels": "ranking_month, channel_type, outlet_id",
    "qc_unconfirmed_posts": "ranking_month, item_id",
    "qc_unowned_posts": "ranking_month, post_id", "qc_unregistered_accounts": "ranking_month, source_name_raw",
    "qc_unregistered_outlets": "ranking_month, unit_id, outlet_id",
    "gate_raw_exports__accounts": "ranking_month, account_id", "gate_raw_exports__channels": "ranking_month, channel_type",
    "gate_raw_exports__history": "ranking_month, channel_type, connector",
    "gate_raw_exports__conflicts": "ranking_month, kind, id, source_row, other_source_row",
    "gate_raw_exports__owner_changes": "ranking_month, account_id, earlier_unit_id, unit_id",
    "gate_raw_exports__deliveries": "ranking_month, table_name, export_sha256",
    "gate_raw_exports__contested": "ranking_month, post_number", "gate_raw_exports__exports": "ranking_month",
    "gate_raw_exports__limits": "ranking_month, measure", "gate_raw_exports__named_accounts": "ranking_month, account_id", "gate_raw_exports__owners": "ranking_month, unit_id",
    "gate_raw_exports__registry": "ranking_month, unit_id, unit_name, ranking_list",
    "gate_raw_exports__source_accounts": "ranking_month, connector, account_id",
    "gate_raw_exports__source_days": "ranking_month, connector", "gate_raw_exports__sources": "ranking_month, connector",
    "gate_post_facts__corrections": "ranking_month, seed, post_id, item_id", "gate_post_facts__coverage": "ranking_month, metric",
    "gate_post_facts__posts": "ranking_month", "gate_post_facts__reprints": "ranking_month",
    "gate_post_facts__suspect_counts": "ranking_month, reason, item_id, carrier, metric",
    "gate_post_facts__units": "ranking_month, unit_id", "gate_ranking__contributions": "ranking_month",
    "gate_ranking__leverage": "ranking_month, unit_id, dimension, kind",
    "gate_ranking__order": "ranking_month, ranking_list, dimension",
    "gate_ranking__ranking": "ranking_month, ranking_list, dimension, unit_id",
    "gate_ranking__units": "ranking_month, dimension, unit_id", "gate_ranking__unregistered": "ranking_month, dimension, unit_id",
}  # fmt: skip
SEEDS = {
    "method_versions": "method_version", "method_indicators": "method_version, dimension, indicator_id",
    "method_parameters": "method_version, parameter", "matching_parameters": "parameter, valid_from",
    "closed_registries": "channel_type, valid_from", "source_authority": "connector, valid_from", "quality_floors": "gate, measure, scope, valid_from", "themes": "theme_id, valid_from", "theme_terms": "theme_id, term, kind, valid_from",
    "subtopics": "theme_id, subtopic_id, valid_from", "subtopic_terms": "theme_id, subtopic_id, term, valid_from",
    "subjects": "subject_id, valid_from", "subject_terms": "subject_id, term, valid_from", "hosted_hashtags": "hashtag, valid_from",
    "issuers": "issuer_name, valid_from", "ranking_lists": "ranking_list", "monitored_channels": "channel_type", "rival_indices": "index_id", "rival_terms": "index_id, position",
    "rival_unit_weights": "unit_id, valid_from", "match_decisions": "item_id, post_id, valid_from",
    "post_corrections": "post_id, action, valid_from",
    "leverage_decisions": "ranking_month, unit_id, dimension, kind, part_id", "unit_aliases": "unit_id, alias, valid_from", "registry_confirmations": "export_sha256", "owner_confirmations": "account_id, unit_id, valid_from", "channel_types": "channel_type",
}  # fmt: skip
# Columns of seeds that must be filled, or hold one of these words.
FILLED = {
    "method_indicators": {"transformation", "reason"}, "method_parameters": {"value", "reason"}, "matching_parameters": {"reason"},
    "leverage_decisions": {"decided_by", "decided_on", "reason"}, "registry_confirmations": {"decided_by", "decided_on", "reason"},
    "owner_confirmations": {"decided_by", "decided_on", "reason"},
    "quality_floors": {"reason"}, "closed_registries": {"reason"}, "source_authority": {"reason"}, "themes": {"declared_by", "declared_on"}, "match_decisions": {"guard", "reason"},
    "post_corrections": {"guard", "reason"},
}  # fmt: skip
WORDS = {
    ("method_indicators", "dimension"): ["dissemination", "influence"], ("method_indicators", "source_kind"): ["channel", "metric"],
    ("method_indicators", "transformation"): ["log", "linear"], ("theme_terms", "kind"): ["include", "exclude", "hashtag"],
    ("subject_terms", "kind"): ["include", "exclude"], ("match_decisions", "decision"): ["reprint", "not_reprint"],
    ("post_corrections", "action"): ["withdraw"], ("leverage_decisions", "dimension"): ["dissemination", "influence"],
    ("leverage_decisions", "kind"): ["largest_item", "largest_outlet", "largest_group", "one_sided_exports", "unregistered", "link_only", "busiest_day"],
    ("leverage_decisions", "decision"): ["confirm", "exclude"],
}  # fmt: skip


@cache
def described(kind: str) -> dict[str, dict[str, Any]]:
    folder = "models" if kind == "models" else "seed_properties"
    files = sorted((DBT / folder).rglob("_*.yml"))
    return {entry["name"]: entry for file in files for entry in yaml.safe_load(file.read_text("utf-8")).get(kind, [])}


def named(test: Any) -> tuple[str, dict[str, Any]]:
    """(name, arguments) of a data test, however it is written."""
    if isinstance(test, str):
        return test, {}
    ((name, given),) = test.items()
    return name, {**given, **given.get("arguments", {})}


def keys_of(node: dict[str, Any]) -> list[str]:
    return [arguments["key"] for name, arguments in map(named, node.get("data_tests", [])) if name == "one_row_is"]


@pytest.mark.parametrize("model", MODELS)
def test_the_key_of_a_model_is_proven(model: str) -> None:
    assert keys_of(described("models")[model]) == [MODELS[model]]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_key_of_a_seed_is_proven_and_what_must_be_filled_is(seed: str) -> None:
    node = described("seeds")[seed]
    assert keys_of(node) == [SEEDS[seed]]
    tests = [
        (column["name"], *named(test)) for column in node.get("columns", []) for test in column.get("data_tests", [])
    ]
    assert {column for column, name, _arguments in tests if name == "not_null"} == FILLED.get(seed, set())
    words = {(seed, column): arguments["values"] for column, name, arguments in tests if name == "accepted_values"}
    assert words == {key: values for key, values in WORDS.items() if key[0] == seed}


def test_every_model_and_seed_of_these_layers_has_its_key_here() -> None:
    assert {
        file.stem
        for folder in ("staging", "intermediate", "review", "gates")
        for file in (DBT / "models" / folder).rglob("*.sql")
    } == set(MODELS)
    assert set(project_files("seeds", "*.csv")) == set(SEEDS)


def test_a_key_twice_is_named_with_its_number_of_rows() -> None:
    con = duckdb.connect()
    con.execute("create table t as from (values ('a', 1), ('a', 2), ('b', 1), ('a', 1), ('a', 1), ('b', 1)) v(x, y)")
    text = (DBT / "macros" / "tests" / "one_row_is.sql").read_text("utf-8")
    body = text[text.index("%}", text.index("{% test")) + 2 : text.index("{% endtest")]
    query = Project().render(body, model="t", key="x, y")
    assert sorted(con.execute(query).fetchall()) == [("a", 1, 3), ("b", 1, 2)]


# A data test looks at the months in hand; of the staged posts and items at all that a build writes.
LOOKED_AT = {
    ("staging", "stg_posts"): ["2021-05", "2021-09"], ("staging", "stg_channel_items"): ["2021-05", "2021-09"],
    ("intermediate", "int_posts__attributed"): ["2021-08", "2021-08"], ("marts", "fct_posts"): ["2021-08", "2021-08"],
    ("published", "rpt_ranking"): ["2021-08", "2021-08"], ("review", "qc_unowned_posts"): ["2021-08", "2021-08"],
}  # fmt: skip


@pytest.mark.parametrize(
    "relation",
    [
        *LOOKED_AT,
        ("marts", "dim_units"),
        ("seeds", "themes"),
        ("staging", "stg_units"),
        ("registry", "int_registry__units"),
    ],
)
def test_a_data_test_looks_at_the_months_in_hand(relation: tuple[str, str]) -> None:
    schema, name = relation

    class Relation(str):
        identifier, schema = name, relation[0]

    result = Project().macro("get_where_subquery", Relation(f"{schema}.{name}"))
    if relation not in LOOKED_AT:
        assert result.strip() == f"{schema}.{name}"
    else:
        first, last = LOOKED_AT[relation]
        assert f"between '{first}' and '{last}'" in result
        assert result.strip().startswith(f"(select * from {schema}.{name} where ")


def test_a_condition_of_the_test_itself_goes_first() -> None:
    project = Project()
    project.config(where="true")

    class Relation(str):
        identifier, schema = "qc_registry_conflicts", "review"

    assert project.macro("get_where_subquery", Relation("t")) == "(select * from t where true) as months_in_hand"


def test_schemas_bear_the_layers_own_names() -> None:
    project = Project()
    assert project.macro("generate_schema_name", " staging ", None) == "staging"
    assert project.macro("generate_schema_name", None, None) == "main"

"""What other programs read of a release is true of its files: paths, hashes, columns, types, keys."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from bangdan.core.files import sha256_of
from bangdan.core.settings import Settings
from bangdan.publication.formats import database, packages
from bangdan.publication.pages import listings
from tests.support import small_city
from tests.support.homes import PROJECT
from tests.support.small_city import CITY

pytestmark = pytest.mark.slow

Row = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of August with a day, an address and a licence."""
    settings = small_city.build(tmp_path_factory.mktemp("packages"), "2021-08")
    (settings.city / "city.yml").write_text(CITY, "utf-8")
    return small_city.publish(settings, published_on=date(2021, 9, 15)).path


@pytest.fixture
def package(folder: Path) -> Row:
    return json.loads((folder / "datapackage.json").read_text("utf-8"))


@pytest.fixture
def croissant(folder: Path) -> Row:
    return json.loads((folder / "croissant.json").read_text("utf-8"))


# Data Package v2


def test_the_package_names_version_day_licence_publishers_and_source(package: Row) -> None:
    assert {name: value for name, value in package.items() if name not in ("resources", "id")} == {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": "bangdan-2021-08-r1",
        "title": "2021年8月政务新媒体榜单 / Government new media ranking, 2021-08", "version": "r1",
        "created": "2021-09-15T00:00:00+08:00", "homepage": "https://example.org/ranking/2021-08/r1/",
        "licenses": [{"name": "CC-BY-4.0"}],
        "contributors": [{"title": "甲中心", "roles": ["publisher"]}, {"title": "乙中心", "roles": ["publisher"]}],
        "sources": [{"title": "exports, seeds and gates of the release", "path": "manifest.json"}],
    }  # fmt: skip


def test_every_table_is_a_resource_with_its_size_and_hash(package: Row, folder: Path) -> None:
    resources = package["resources"]
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.glob("tables/*.parquet"))
    assert sorted(resource["path"] for resource in resources) == sorted(["ranking.csv", *listings.FILES, *paths])
    assert len({resource["name"] for resource in resources}) == len(resources)
    for resource in resources:
        file = folder / resource["path"]
        assert (resource["bytes"], resource["hash"]) == (file.stat().st_size, f"sha256:{sha256_of(file)}")


def test_fields_are_the_columns_with_their_types(package: Row, folder: Path) -> None:
    for resource in package["resources"]:
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert names == columns_of(folder / resource["path"]), resource["name"]
    [ranking] = [resource for resource in package["resources"] if resource["path"] == "ranking.csv"]
    fields = {field["name"]: field for field in ranking["schema"]["fields"]}
    assert {name: fields[name]["type"] for name in ("rank", "score", "unit_name")} == {
        "rank": "integer", "score": "number", "unit_name": "string",
    }  # fmt: skip
    assert (fields["score"]["title"], fields["score"]["description"]) == ("得分", "Score, two decimals")


def test_the_values_that_a_column_may_hold_are_listed_where_none_of_them_is_blank(package: Row) -> None:
    """A blank value is no value in CSV: a list that lacked it would call the file wrong."""
    listed = {
        (resource["name"], field["name"]): field["constraints"]["enum"]
        for resource in package["resources"]
        for field in resource["schema"]["fields"]
        if "constraints" in field
    }
    assert listed == {
        ("score_changes", "dimension"): ["dissemination", "influence"],
        ("score_changes", "cause"): ["volume", "reach", "engagement", "method", "bonus"],
    }


def columns_of(file: Path) -> list[str]:
    if file.suffix == ".parquet":
        return pq.read_schema(file).names
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream))


def test_primary_and_foreign_keys_hold_in_the_files(package: Row, folder: Path) -> None:
    by_name = {resource["name"]: resource for resource in package["resources"]}
    with_key = [value for value in by_name.values() if value["format"] == "parquet" and "primaryKey" in value["schema"]]
    assert len(with_key) > 15
    for resource in with_key:
        key = resource["schema"]["primaryKey"]
        rows = pq.read_table(folder / resource["path"], columns=key).to_pylist()
        assert len({tuple(row.values()) for row in rows}) == len(rows), resource["name"]
    [reference] = by_name["reprints"]["schema"]["foreignKeys"]
    posts = set(pq.read_table(folder / by_name[reference["reference"]["resource"]]["path"])["post_id"].to_pylist())
    assert set(pq.read_table(folder / "tables/reprints.parquet")["post_id"].to_pylist()) <= posts


# Croissant


def test_croissant_is_written_in_the_terms_that_its_validator_knows(croissant: Row) -> None:
    context = croissant["@context"]
    assert (context["@vocab"], context["sc"], context["cr"]) == (
        "https://schema.org/", "https://schema.org/", "http://mlcommons.org/croissant/",
    )  # fmt: skip
    posts = {field["@id"]: field for records in croissant["recordSet"] for field in records["field"]}
    assert posts["reprints/post_id"]["references"] == {"field": {"@id": "posts/post_id"}}


def test_croissant_describes_files_and_columns_that_are_there(croissant: Row, folder: Path) -> None:
    files = {file["@id"]: file for file in croissant["distribution"]}
    for file in files.values():
        assert file["sha256"] == sha256_of(folder / file["contentUrl"])
        assert file["contentSize"] == f"{(folder / file['contentUrl']).stat().st_size} B"
    for record_set in croissant["recordSet"]:
        for field in record_set["field"]:
            source = files[field["source"]["fileObject"]["@id"]]
            assert field["source"]["extract"]["column"] in columns_of(folder / source["contentUrl"])


def test_every_reference_of_croissant_is_to_something_in_it(croissant: Row) -> None:
    names: list[str] = []
    references: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, list):
            for entry in part:
                walk(entry)
        elif isinstance(part, dict):
            if "@id" in part:
                (names if "@type" in part else references).append(part["@id"])
            for entry in part.values():
                walk(entry)

    walk({name: value for name, value in croissant.items() if name != "@context"})
    assert len(names) == len(set(names)) > 150
    assert set(references) <= set(names)
    assert "posts/post_id" in references


def test_croissant_conforms_where_all_that_it_requires_is_known(croissant: Row, small: Settings) -> None:
    assert croissant["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert croissant["license"] == ["CC-BY-4.0"]
    assert (croissant["datePublished"], croissant["url"]) == ("2021-09-15", "https://example.org/ranking/2021-08/r1/")
    other = json.loads((small.releases / "2021-08/r1/croissant.json").read_text("utf-8"))
    assert not {"conformsTo", "url", "datePublished"} & other.keys()


def test_a_release_without_a_day_of_publication_does_not_claim_to_conform(tmp_path: Path) -> None:
    settings = small_city.build(tmp_path, "2021-08")
    (settings.city / "city.yml").write_text(CITY, "utf-8")
    described = json.loads((small_city.publish(settings).path / "croissant.json").read_text("utf-8"))
    assert {"license", "url", "creator"} <= described.keys()
    assert not {"conformsTo", "datePublished"} & described.keys()


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (pa.bool_(), ("boolean", "sc:Boolean")), (pa.int32(), ("integer", "sc:Integer")), (pa.int64(), ("integer", "sc:Integer")),
        (pa.decimal128(6, 2), ("number", "sc:Float")), (pa.float64(), ("number", "sc:Float")), (pa.date32(), ("date", "sc:Date")),
        (pa.timestamp("us"), ("datetime", "sc:DateTime")), (pa.string(), ("string", "sc:Text")),
    ],
)  # fmt: skip
def test_types_are_named_in_both_formats(kind: pa.DataType, names: tuple[str, str]) -> None:
    assert packages._kind(kind) == names


@pytest.mark.parametrize(
    ("licence", "written"),
    [
        ("CC-BY-4.0", {"name": "CC-BY-4.0"}), ("https://example.org/l", {"path": "https://example.org/l"}),
        ("政府数据 许可", {"name": "other", "title": "政府数据 许可"}),
    ],
)  # fmt: skip
def test_a_licence_is_named_by_code_address_or_words(licence: str, written: Row) -> None:
    assert packages._licence(licence) == written


# ODCS 3.1


@pytest.fixture
def data_contract(folder: Path) -> Row:
    return yaml.safe_load((folder / "contract.odcs.yaml").read_text("utf-8"))


def test_the_contract_has_what_the_standard_requires(data_contract: Row, package: Row) -> None:
    assert {name: value for name, value in data_contract.items() if name != "schema"} == {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": package["id"], "name": "bangdan", "status": "active",
        "version": f"{database.schema_version()}.0.0",
        "description": {"purpose": "政务新媒体榜单 / Government new media ranking", "limitations": "CC-BY-4.0"},
    }  # fmt: skip


def test_the_contract_is_valid_by_the_standards_own_schema(data_contract: Row) -> None:
    schema = json.loads((PROJECT / "tests/support/schemas/odcs-3.1.0.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft201909Validator(schema)
    assert [error.message for error in validator.iter_errors(data_contract)] == []
    del data_contract["schema"][0]["properties"][0]["logicalType"]
    data_contract["schema"][0]["properties"][1]["logicalType"] = "decimal"
    assert [error.message.split(" is not one of")[0] for error in validator.iter_errors(data_contract)] == ["'decimal'"]


def test_the_contract_names_the_columns_of_every_file_with_their_types(data_contract: Row, folder: Path) -> None:
    logical = {"string": "string", "bool": "boolean", "double": "number", "timestamp[us]": "timestamp"}
    assert len(data_contract["schema"]) == len(list(folder.glob("tables/*.parquet")))
    for table in data_contract["schema"]:
        wanted = [
            (field.name, logical.get(str(field.type)) or ("number" if pa.types.is_decimal(field.type) else "date" if pa.types.is_date(field.type) else "integer"))
            for field in pq.read_schema(folder / table["physicalName"])
        ]  # fmt: skip
        assert [(column["name"], column["logicalType"]) for column in table["properties"]] == wanted, table["name"]


def test_keys_and_allowed_values_are_in_the_contract(data_contract: Row) -> None:
    tables = {
        table["name"]: {column["name"]: column for column in table["properties"]} for table in data_contract["schema"]
    }
    keys = [name for name, column in tables["ranking"].items() if column.get("primaryKey")]
    assert sorted(keys, key=lambda name: tables["ranking"][name]["primaryKeyPosition"]) == [
        "ranking_month", "ranking_list", "dimension", "unit_id",
    ]  # fmt: skip
    assert not any(column.get("primaryKey") for column in tables["highlights"].values())  # its key is an expression
    assert tables["score_changes"]["cause"]["quality"] == [
        {
            "type": "library", "metric": "invalidValues", "mustBe": 0,
            "arguments": {"validValues": ["volume", "reach", "engagement", "method", "bonus"]},
        }
    ]  # fmt: skip

"""The catalogue of all releases (DCAT): every dataset and distribution is what is in the folder."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.files import sha256_of
from bangdan.core.settings import Settings
from bangdan.publication import ledger
from bangdan.publication.formats import catalog
from tests.support import html_tables, small_city
from tests.support.small_city import CITY

Row = dict[str, Any]
MEDIA = "https://www.iana.org/assignments/media-types/"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """August with a day, an address and a licence, and its revision."""
    settings = small_city.build(tmp_path_factory.mktemp("catalog"), "2021-08")
    (settings.city / "city.yml").write_text(CITY, "utf-8")
    small_city.publish(settings, published_on=date(2021, 9, 15))
    small_city.change(settings, "update published.rpt_posts set title = 'another'")
    small_city.publish(settings, reason="R1", published_on=date(2021, 9, 20))
    return settings


def catalog_of(settings: Settings) -> Row:
    return json.loads((settings.releases / "catalog.jsonld").read_text("utf-8"))


def test_the_catalogue_has_a_dataset_for_every_release_newest_first(small: Settings) -> None:
    datasets = catalog_of(small)["dcat:dataset"]
    assert [dataset["@id"] for dataset in datasets] == ["2021-08/r1/", "2021-07/r1/", "2021-06/r1/"]
    assert [dataset["dct:temporal"]["dcat:endDate"]["@value"] for dataset in datasets] == [
        "2021-08-31", "2021-07-31", "2021-06-30",
    ]  # fmt: skip
    for dataset in datasets:
        assert (small.releases / dataset["dcat:landingPage"]["@id"]).samefile(small.releases / dataset["@id"])


def test_a_dataset_names_day_publishers_contact_version_and_what_it_replaces(issued: Settings) -> None:
    catalog = catalog_of(issued)
    assert catalog["@context"]["@base"] == "https://example.org/ranking/"
    newest, first = catalog["dcat:dataset"]
    digest = small_city.manifest_of(issued, "r2")["data_digest"]
    assert {
        name: newest[name] for name in ("dct:identifier", "dct:issued", "dcat:version", "dcat:previousVersion")
    } == {
        "dct:identifier": f"urn:bangdan:2021-08:r2:{digest[:16]}",
        "dct:issued": {"@type": "xsd:date", "@value": "2021-09-20"},
        "dcat:version": "r2",
        "dcat:previousVersion": {"@id": first["@id"]},
    }
    assert [agent["foaf:name"][0] for agent in newest["dct:publisher"]] == [
        {"@language": "zh", "@value": "甲中心"}, {"@language": "zh", "@value": "乙中心"},
    ]  # fmt: skip
    assert newest["dcat:contactPoint"]["vcard:hasEmail"] == {"@id": "mailto:ranking@example.org"}
    assert "dcat:previousVersion" not in first


def test_every_distribution_is_a_file_with_its_type_size_hash_and_licence(issued: Settings) -> None:
    distributions = [entry for dataset in catalog_of(issued)["dcat:dataset"] for entry in dataset["dcat:distribution"]]
    assert len(distributions) == 18
    types = {".csv": "text/csv", ".json": "application/json", ".parquet": "application/vnd.apache.parquet"}
    for entry in distributions:
        file = issued.releases / entry["dcat:downloadURL"]["@id"]
        assert entry["dcat:byteSize"]["@value"] == str(file.stat().st_size)
        assert entry["spdx:checksum"]["spdx:checksumValue"]["@value"] == sha256_of(file)
        assert entry["dct:license"] == [{"@type": "dct:LicenseDocument", "dct:title": "CC-BY-4.0"}]
        assert (issued.releases / entry["dcat:accessURL"]["@id"]).is_file()
        if Path(file).suffix in types:
            assert entry["dcat:mediaType"] == {"@id": MEDIA + types[file.suffix]}


@pytest.mark.parametrize(("page", "language"), [("index.html", "zh-CN"), ("en.html", "en")])
def test_the_front_page_links_the_catalogue_and_describes_itself(small: Settings, page: str, language: str) -> None:
    file = small.releases / page
    links = [str(link["href"]) for link in html_tables.read(file).all("a")]
    assert "catalog.jsonld" in links
    _, _, rest = file.read_text("utf-8").partition('<script type="application/ld+json">')
    described = json.loads(rest.partition("</script>")[0])
    assert (described["@type"], described["inLanguage"]) == ("DataCatalog", language)
    assert [dataset["temporalCoverage"] for dataset in described["dataset"]] == ["2021-08", "2021-07", "2021-06"]
    assert all((small.releases / dataset["url"]).is_file() for dataset in described["dataset"])


def test_only_an_address_of_mail_is_a_contact_point(own_small: Settings) -> None:
    [release, *_] = ledger.latest_of_all(own_small)
    is_named = {}
    for contact in ("ranking@example.org", "021-12345678", "desk @ example.org", "市政府 办公厅"):
        fields = {**release.manifest, "imprint": {"contact": contact}}
        (release.path / "manifest.json").write_text(json.dumps(fields), "utf-8")
        [dataset] = json.loads(catalog.text([release]))["dcat:dataset"]
        is_named[contact] = "dcat:contactPoint" in dataset
    assert [contact for contact in is_named if is_named[contact]] == ["ranking@example.org"]


def test_a_licence_is_known_by_its_address_and_an_issuer_without_an_english_name_by_its_own(
    own_small: Settings,
) -> None:
    [release, *_] = ledger.latest_of_all(own_small)
    file = release.path / "tables/issuers.parquet"
    table = pq.read_table(file)
    for licence in ("http://example.org/licence", "https://example.org/licence"):
        rows = [{**row, "issuer_name_en": None, "data_licence": licence} for row in table.to_pylist()]
        pq.write_table(pa.Table.from_pylist(rows, table.schema), file)
        [dataset] = json.loads(catalog.text([release]))["dcat:dataset"]
        for agent in dataset["dct:publisher"]:
            assert len({name["@value"] for name in agent["foaf:name"]}) == 1
        assert all(entry["dct:license"] == [{"@id": licence}] for entry in dataset["dcat:distribution"])


def test_a_file_that_is_gone_is_no_distribution(own_small: Settings) -> None:
    [release, *_] = ledger.latest_of_all(own_small)
    (release.path / "ranking.xlsx").unlink()
    [dataset] = json.loads(catalog.text([release]))["dcat:dataset"]
    names = [entry["dct:title"] for entry in dataset["dcat:distribution"]]
    assert names == [name for name in catalog.MEDIA_TYPES if name != "ranking.xlsx"]

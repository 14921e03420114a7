"""Attacks of whoever can write files into the data home and may not approve: a hand-written approval counts for nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.settings import Settings
from bangdan.publication import signing, tables
from tests.support import small_city
from tests.support.attacks import attack
from tests.support.small_city import AUGUST, JULY

ISSUERS = ["甲中心", "乙中心"]


@pytest.fixture
def waiting(tmp_path: Path) -> Settings:
    """August's candidate, for which both issuers have to sign off."""
    small_city.build(tmp_path / "home", "2021-07", "2021-08")
    return small_city.settings_of(tmp_path / "home", approval="all")


@pytest.fixture
def digest(waiting: Settings) -> str:
    return tables.digest(tables.candidate(waiting, AUGUST))


def write_records(settings: Settings, digest: str, records: object) -> None:
    file = settings.home / "approvals" / "2021-08" / f"{digest}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(records, ensure_ascii=False), "utf-8")


def recorded(settings: Settings, digest: str, month: str = "2021-08") -> list[dict]:
    return json.loads((settings.home / "approvals" / month / f"{digest}.json").read_text("utf-8"))


@attack("approvals of both issuers written by hand", "a record counts with the home's key only")
@pytest.mark.parametrize("more", [{}, {"mac": "0" * 64}, {"mac": None}, {"mac": "口令"}])
def test_approvals_written_by_hand_publish_nothing(waiting: Settings, digest: str, more: dict) -> None:
    write_records(waiting, digest, [{"issuer": entry, "by": "x", "data_digest": digest} | more for entry in ISSUERS])
    with pytest.raises(GateRefused, match=r"甲中心.*holds what `bangdan approve` did not write here") as refused:
        small_city.publish(waiting)
    assert "乙中心" in str(refused.value)
    assert not list(waiting.releases.glob("2021-08/r*"))


@attack(
    "one issuer's approval copied under the other's name, or under another person's", "the key covers issuer and person"
)
@pytest.mark.parametrize("field", ["issuer", "by"])
def test_an_approval_with_another_name_counts_for_nothing(waiting: Settings, digest: str, field: str) -> None:
    signing.approve(waiting, AUGUST, digest, ISSUERS, "甲中心", "王")
    [record] = recorded(waiting, digest)
    write_records(waiting, digest, [record | {field: "乙中心"}])
    assert signing.lacking(waiting, AUGUST, digest, ISSUERS) == ISSUERS


@attack("an approval of other data, or of another month, copied to these", "the key covers month and digest")
def test_an_approval_of_other_data_counts_for_nothing(waiting: Settings, digest: str) -> None:
    for issuer in ISSUERS:
        signing.approve(waiting, AUGUST, "a" * 64, ISSUERS, issuer, "王")
        signing.approve(waiting, JULY, digest, ISSUERS, issuer, "王")
    for records in (recorded(waiting, "a" * 64), recorded(waiting, digest, "2021-07")):
        write_records(waiting, digest, records)
        assert signing.lacking(waiting, AUGUST, digest, ISSUERS) == ISSUERS


@attack("the approvals of another home copied into this one", "each home has a key of its own")
def test_the_approvals_of_another_home_count_for_nothing(waiting: Settings, digest: str, tmp_path: Path) -> None:
    other = waiting.replaced(home=tmp_path / "other")
    for settings in (other, waiting):
        signing.approve(settings, AUGUST, digest, ISSUERS, "甲中心", "王")
    signing.approve(other, AUGUST, digest, ISSUERS, "乙中心", "李")
    shutil.copy(other.home / f"approvals/2021-08/{digest}.json", waiting.home / f"approvals/2021-08/{digest}.json")
    assert signing.lacking(waiting, AUGUST, digest, ISSUERS) == ISSUERS


@attack("a file of approvals that is none", "it counts for nothing")
@pytest.mark.parametrize("records", [{}, "x", None, [1, [], None], [{"issuer": ["甲中心"], "mac": {}}]])
def test_a_file_of_approvals_that_is_none_gives_an_answer(waiting: Settings, digest: str, records: object) -> None:
    signing.approve(waiting, AUGUST, digest, ISSUERS, "甲中心", "王")
    write_records(waiting, digest, records)
    assert signing.lacking(waiting, AUGUST, digest, ISSUERS) == ISSUERS
    with pytest.raises(GateRefused, match="wait for sign-off"):
        signing.approvals(waiting, AUGUST, digest, ISSUERS)


def test_the_key_is_its_owners_and_never_shown(waiting: Settings, digest: str) -> None:
    signing.approve(waiting, AUGUST, digest, ISSUERS, "甲中心", "王")
    assert waiting.approval_key.stat().st_mode & 0o777 == 0o600
    waiting.approval_key.write_text("shh\n")
    with pytest.raises(BangdanError, match="holds no key of approvals") as shown:
        signing.lacking(waiting, AUGUST, digest, ISSUERS)
    assert "shh" not in str(shown.value)


def test_real_approvals_publish_and_the_manifest_names_who_gave_them(waiting: Settings, digest: str) -> None:
    for issuer in ISSUERS:
        signing.approve(waiting, AUGUST, digest, ISSUERS, issuer, "王")
    small_city.publish(waiting)
    assert [sorted(given) for given in small_city.manifest_of(waiting)["approvals"]] == [
        ["by", "data_digest", "issuer"]
    ] * 2

"""Sign-off is bound to the data that were signed off; a signature is bound to the manifest's bytes and to one key."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from pydantic import ValidationError

from bangdan.core.errors import BangdanError, GateRefused, UsageError
from bangdan.core.settings import Settings
from bangdan.publication import manifest, signing, tables, verification
from tests.support import keys, small_city
from tests.support.small_city import AUGUST, JULY, JUNE

pytestmark = pytest.mark.slow

ISSUERS = ["甲中心", "乙中心"]


def digest_of_candidate(settings: Settings) -> str:
    return tables.digest(tables.candidate(settings, AUGUST))


@pytest.fixture
def unpublished(tmp_path: Path) -> Settings:
    """August's candidate, not yet published, in a home where all issuers have to sign off."""
    small_city.build(tmp_path, "2021-08")
    return small_city.settings_of(tmp_path, approval="all")


def test_data_that_changed_after_the_sign_off_are_not_published(unpublished: Settings) -> None:
    digest = digest_of_candidate(unpublished)
    for issuer in ISSUERS:
        signing.approve(unpublished, AUGUST, digest, ISSUERS, issuer, "值班")
    small_city.change(
        unpublished, "update published.rpt_coverage set item_count = item_count + 1 where item_count = 10"
    )
    with pytest.raises(GateRefused, match="甲中心、乙中心"):
        small_city.publish(unpublished)
    assert not list(unpublished.releases.glob("2021-08/r*"))


def test_data_that_all_have_signed_are_published_with_their_names(unpublished: Settings) -> None:
    digest = digest_of_candidate(unpublished)
    signing.approve(unpublished, AUGUST, digest, ISSUERS, "甲中心", "王")
    with pytest.raises(GateRefused, match="wait for sign-off by 乙中心"):
        small_city.publish(unpublished)
    signing.approve(unpublished, AUGUST, digest, ISSUERS, "乙中心", "李")
    small_city.publish(unpublished)
    recorded = small_city.manifest_of(unpublished)
    assert recorded["approvals"] == [
        {"issuer": "乙中心", "by": "李", "data_digest": digest},
        {"issuer": "甲中心", "by": "王", "data_digest": digest},
    ]
    assert recorded["data_digest"] == digest


def test_a_sign_off_is_of_one_month_and_of_one_digest(tmp_path: Path) -> None:
    settings = small_city.settings_of(tmp_path, approval="all")
    signing.approve(settings, AUGUST, "a" * 64, ISSUERS, "甲中心", "王")
    assert signing.lacking(settings, AUGUST, "a" * 64, ISSUERS) == ["乙中心"]
    assert signing.lacking(settings, AUGUST, "b" * 64, ISSUERS) == ISSUERS
    assert signing.lacking(settings, JULY, "a" * 64, ISSUERS) == ISSUERS


@pytest.mark.parametrize(
    ("setting", "signed", "missing"),
    [
        ("", [], []),
        ("one", [], ISSUERS),
        ("one", ["乙中心"], []),
        ("all", ["乙中心"], ["甲中心"]),
        ("all", ISSUERS, []),
        ("all", [], ISSUERS),
    ],
)
def test_the_setting_says_how_many_have_to_sign(
    tmp_path: Path, setting: str, signed: list[str], missing: list[str]
) -> None:
    settings = small_city.settings_of(tmp_path, approval=setting)
    for issuer in signed:
        signing.approve(settings, JUNE, "a" * 64, ISSUERS, issuer, "王")
    assert signing.lacking(settings, JUNE, "a" * 64, ISSUERS) == missing
    if missing:
        with pytest.raises(GateRefused, match="bangdan approve --month 2021-06"):
            signing.approvals(settings, JUNE, "a" * 64, ISSUERS)
    else:
        assert {entry["issuer"] for entry in signing.approvals(settings, JUNE, "a" * 64, ISSUERS)} == set(signed)


def test_an_unknown_setting_is_an_error_and_not_no_sign_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGDAN_APPROVAL", "any")
    with pytest.raises(BangdanError, match="BANGDAN_APPROVAL is 'any'"):
        Settings.load()
    with pytest.raises(ValidationError, match="approval"):
        small_city.settings_of(tmp_path, approval="any")


def test_who_does_not_issue_the_ranking_cannot_sign_it_off(tmp_path: Path) -> None:
    settings = small_city.settings_of(tmp_path)
    with pytest.raises(UsageError, match="'丙中心' does not issue"):
        signing.approve(settings, JUNE, "a" * 64, ISSUERS, "丙中心", "王")
    assert signing.approvals(settings, JUNE, "a" * 64, ISSUERS) == []


def test_signing_again_replaces_ones_own_sign_off_only(tmp_path: Path) -> None:
    settings = small_city.settings_of(tmp_path)
    for issuer, person in (("甲中心", "王"), ("乙中心", "李"), ("甲中心", "赵")):
        given = signing.approve(settings, JUNE, "a" * 64, ISSUERS, issuer, person)
    assert [(entry["issuer"], entry["by"]) for entry in given] == [("乙中心", "李"), ("甲中心", "赵")]
    assert signing.approvals(settings, JUNE, "a" * 64, ISSUERS) == given


def test_without_a_key_nothing_is_signed_and_nothing_is_asked_of_a_signature(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text("{}")
    signing.sign(small_city.settings_of(tmp_path), file)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    assert signing.problem(small_city.settings_of(tmp_path), file) is None


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Settings, Path]:
    secret, public = keys.ed25519_pair(tmp_path, "ours")
    settings = small_city.settings_of(tmp_path, signing_key=secret, verify_key=public)
    file = tmp_path / "manifest.json"
    file.write_bytes(b'{"release": "r1"}\n')
    signing.sign(settings, file)
    return settings, file


def test_a_signature_is_ed25519_over_the_bytes_of_the_manifest(signed: tuple[Settings, Path]) -> None:
    settings, file = signed
    public = serialization.load_pem_public_key(Path(settings.verify_key).read_bytes())
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(base64.b64decode((file.parent / "manifest.sig").read_text()), b'{"release": "r1"}\n')
    assert signing.problem(settings, file) is None


@pytest.mark.parametrize("damage", ["one byte more", "an other key", "no base64", "an other signature"])
def test_a_signature_that_does_not_fit_is_a_problem(signed: tuple[Settings, Path], tmp_path: Path, damage: str) -> None:
    settings, file = signed
    signature = file.parent / "manifest.sig"
    if damage == "one byte more":
        file.write_bytes(file.read_bytes() + b"\n")
    elif damage == "an other key":
        settings = settings.replaced(verify_key=keys.ed25519_pair(tmp_path, "theirs")[1])
    elif damage == "no base64":
        signature.write_text("?")
    else:
        signature.write_text(base64.b64encode(bytes(64)).decode())
    assert signing.problem(settings, file) == "has a signature that does not fit its manifest"


def test_a_missing_signature_is_a_problem_where_a_key_is_set(signed: tuple[Settings, Path]) -> None:
    settings, file = signed
    (file.parent / "manifest.sig").unlink()
    assert signing.problem(settings, file) == "is not signed"


def test_a_key_of_an_other_kind_is_an_error(signed: tuple[Settings, Path], tmp_path: Path) -> None:
    _, file = signed
    secret, public = keys.ed25519_pair(tmp_path, "exchange", x25519.X25519PrivateKey)
    with pytest.raises(BangdanError, match="signing key is no Ed25519 key"):
        signing.sign(small_city.settings_of(tmp_path, signing_key=secret), file)
    with pytest.raises(BangdanError, match="public key is no Ed25519 key"):
        signing.problem(small_city.settings_of(tmp_path, verify_key=public), file)


FIELDS = (
    "approvals", "code_version", "compared_with", "data_digest", "effect", "files", "gates", "imprint", "inputs", "knowledge_cut_off",
    "method_version", "note", "previous", "ranking_month", "reason", "release", "seeds",
)  # fmt: skip


@pytest.fixture(scope="module")
def signed_release(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("signed")
    secret, public = keys.ed25519_pair(home, "ours")
    small_city.build(home, "2021-08")
    settings = small_city.settings_of(home, signing_key=secret, verify_key=public)
    small_city.publish(settings)
    return settings


def test_a_release_is_signed_and_verified(signed_release: Settings) -> None:
    assert verification.verify(signed_release) == []
    assert tuple(sorted(small_city.manifest_of(signed_release))) == FIELDS


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_signed_manifest_can_be_changed_unnoticed(signed_release: Settings, field: str) -> None:
    file = signed_release.releases / "2021-08/r1/manifest.json"
    before = file.read_bytes()
    recorded = small_city.manifest_of(signed_release)
    changed = {**recorded[field], "x": "y"} if field == "files" else "changed" if field != "previous" else None
    if field == "previous":
        changed = {"month": "2021-07", "release": "r1", "sha256": ""}
    try:
        manifest.write(recorded | {field: changed}, file)
        result = verification.verify(signed_release)
    finally:
        file.write_bytes(before)
    assert "2021-08 r1 has a signature that does not fit its manifest" in result

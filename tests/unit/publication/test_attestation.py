"""The DSSE envelope over a release, read by a verifier of a few lines that knows only the two specifications."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bangdan.core.files import sha256_of
from bangdan.core.settings import Settings
from bangdan.publication import attestation, verification
from tests.support import keys, small_city

Row = dict[str, Any]


@pytest.fixture(scope="module")
def signed_once(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """August of the small city, signed; read only."""
    home = tmp_path_factory.mktemp("signed")
    secret, public = keys.ed25519_pair(home, "ours")
    small_city.build(home, "2021-08")
    settings = small_city.settings_of(home, signing_key=secret, verify_key=public)
    small_city.publish(settings)
    return settings


@pytest.fixture
def signed(signed_once: Settings, tmp_path: Path) -> Settings:
    """A copy of it that a test may change."""
    shutil.copytree(signed_once.home, tmp_path, symlinks=True, dirs_exist_ok=True)
    return signed_once.replaced(home=tmp_path)


def folder_of(settings: Settings) -> Path:
    return settings.releases / "2021-08/r1"


def verified_payload(envelope: Row, public_key_file: str) -> bytes:
    """The payload of a DSSE envelope, once its signature has been verified; by the protocol's own words."""
    key = load_pem_public_key(Path(public_key_file).read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    kind, payload = envelope["payloadType"].encode("utf-8"), base64.b64decode(envelope["payload"])
    encoded = b" ".join([b"DSSEv1", str(len(kind)).encode("ascii"), kind, str(len(payload)).encode("ascii"), payload])
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), encoded)
    return payload


def test_the_encoding_is_that_of_the_specifications_example() -> None:
    assert attestation.pre_authentication_encoding(b"hello world") == (
        b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"
    )


def test_an_independent_verifier_accepts_the_envelope_and_finds_every_file(signed: Settings) -> None:
    folder = folder_of(signed)
    lines = (folder / "manifest.intoto.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 1
    statement = json.loads(verified_payload(json.loads(lines[0]), signed.verify_key))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/release/v0.1"
    assert statement["predicate"] == {"purl": "pkg:generic/bangdan@2021-08-r1"}
    subjects = {subject["name"]: subject["digest"] for subject in statement["subject"]}
    assert statement["subject"][0]["name"] == "manifest.json"
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("manifest.")]
    assert subjects == {
        path.relative_to(folder).as_posix(): {"sha256": sha256_of(path)} for path in [*paths, folder / "manifest.json"]
    }


def test_the_independent_verifier_refuses_another_payload(signed: Settings) -> None:
    envelope = json.loads((folder_of(signed) / "manifest.intoto.jsonl").read_text("utf-8"))
    envelope["payload"] = base64.b64encode(base64.b64decode(envelope["payload"]) + b" ").decode()
    with pytest.raises(InvalidSignature):
        verified_payload(envelope, signed.verify_key)


def test_the_same_release_has_the_same_envelope_and_none_without_a_key(signed: Settings, small: Settings) -> None:
    file = folder_of(signed) / "manifest.intoto.jsonl"
    before = file.read_bytes()
    file.unlink()
    attestation.write(signed, folder_of(signed))
    assert file.read_bytes() == before
    assert not (folder_of(small) / "manifest.intoto.jsonl").exists()


def with_payload(envelope: Row) -> Row:
    payload = base64.b64decode(envelope["payload"]).replace(b"2021-08-r1", b"2021-08-r2")
    return envelope | {"payload": base64.b64encode(payload).decode()}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda _: {}, "has a damaged manifest.intoto.jsonl"),
        (lambda envelope: envelope | {"payload": "?"}, "has a damaged manifest.intoto.jsonl"),
        (lambda envelope: envelope | {"signatures": []}, "has a damaged manifest.intoto.jsonl"),
        (lambda envelope: envelope | {"payloadType": "text/plain"}, "has a damaged manifest.intoto.jsonl"),
        (with_payload, "has a manifest.intoto.jsonl whose signature does not fit"),
    ],
)
def test_verify_names_an_envelope_that_has_been_changed(
    signed: Settings, change: Callable[[Row], Row], problem: str
) -> None:
    assert verification.verify(signed) == []
    file = folder_of(signed) / "manifest.intoto.jsonl"
    file.write_text(json.dumps(change(json.loads(file.read_text("utf-8")))), "utf-8")
    assert verification.verify(signed) == [f"2021-08 r1 {problem}"]


def test_an_envelope_of_another_release_is_named_also_where_no_key_is_set(signed: Settings) -> None:
    file = folder_of(signed) / "manifest.intoto.jsonl"
    file.write_text(json.dumps(with_payload(json.loads(file.read_text("utf-8")))), "utf-8")
    assert verification.verify(signed.replaced(verify_key="")) == [
        "2021-08 r1 has a manifest.intoto.jsonl that is of other files"
    ]


def test_a_release_without_an_envelope_is_no_problem_since_earlier_versions_wrote_none(signed: Settings) -> None:
    (folder_of(signed) / "manifest.intoto.jsonl").unlink()
    assert verification.verify(signed) == []


def test_a_signature_of_another_key_next_to_ours_is_no_problem(signed: Settings) -> None:
    file = folder_of(signed) / attestation.NAME
    envelope = json.loads(file.read_text("utf-8"))
    envelope["signatures"].insert(0, {"keyid": "theirs", "sig": base64.b64encode(bytes(64)).decode()})
    file.write_text(json.dumps(envelope) + "\n", "utf-8")
    assert attestation.problem(signed, file.parent) is None
    envelope["signatures"].pop()
    file.write_text(json.dumps(envelope) + "\n", "utf-8")
    assert attestation.problem(signed, file.parent) == f"has a {attestation.NAME} whose signature does not fit"

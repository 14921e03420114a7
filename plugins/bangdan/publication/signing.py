"""Keyed approvals of the data of a release, bound to their hash, and signatures over manifests and the archive's index."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bangdan.core import documents, files, secret_files
from bangdan.core.errors import BangdanError, GateRefused, UsageError
from bangdan.core.formatting import one_line
from bangdan.core.months import Month
from bangdan.core.settings import Settings

SIGNATURE = ".sig"  # suffix of the file with the signature over another


def approve(
    settings: Settings, month: Month, digest: str, issuers: list[str], issuer: str, by: str
) -> list[dict[str, str]]:
    """Record that an issuer approves exactly these data; returns all approvals of them. The record is keyed: it counts
    only in a home that has the key it was made with.
    """
    if issuer not in issuers:
        raise UsageError(f"{issuer!r} does not issue this ranking", remedy=f"one of: {one_line('、'.join(issuers))}")
    key = _approval_key(settings, is_new_allowed=True)
    given = [approval for approval in _given(settings, month, digest) if approval["issuer"] != issuer]
    given.append({"issuer": issuer, "by": by, "data_digest": digest})
    given.sort(key=lambda approval: approval["issuer"])
    records = [approval | {"mac": _mac(key, month, approval)} for approval in given]
    files.write_text(_file(settings, month, digest), documents.dump(records, indent=1) + "\n")
    return given


def approvals(settings: Settings, month: Month, digest: str, issuers: list[str]) -> list[dict[str, str]]:
    """Approvals of these data; raises GateRefused where the setting asks for more than are given."""
    missing = lacking(settings, month, digest, issuers)
    if missing:
        file = _file(settings, month, digest)
        is_refused = file.exists() and len(_records(file)) != len(_given(settings, month, digest))
        unkeyed = f"; {file.relative_to(settings.home)} holds what `bangdan approve` did not write here: it counts for nothing"
        raise GateRefused(
            f"{month}: the data {digest[:16]} wait for sign-off by {one_line('、'.join(missing))}{unkeyed if is_refused else ''}",
            remedy=f"look at the candidate, then: bangdan approve --month {month} --issuer NAME --by PERSON; data that "
            "change after it need a new one",
        )
    return _given(settings, month, digest)


def lacking(settings: Settings, month: Month, digest: str, issuers: list[str]) -> list[str]:
    """Issuers whose sign-off of these data the setting asks for and who have not given it; any one of them for `one`."""
    names = {approval["issuer"] for approval in _given(settings, month, digest)}
    missing = [issuer for issuer in issuers if issuer not in names]
    is_enough = not settings.approval or (settings.approval == "one" and names & set(issuers))
    return [] if is_enough else missing


def _file(settings: Settings, month: Month, digest: str) -> Path:
    return settings.home / "approvals" / str(month) / f"{digest}.json"


def _given(settings: Settings, month: Month, digest: str) -> list[dict[str, str]]:
    """Approvals of these data whose record has the right message authentication code; each issuer's last."""
    file, key = _file(settings, month, digest), _approval_key(settings)
    if not file.exists() or not key:
        return []
    by_issuer = {}
    for record in _records(file):
        fields = record if isinstance(record, dict) else {}
        approval = {"issuer": str(fields.get("issuer")), "by": str(fields.get("by")), "data_digest": digest}
        if hmac.compare_digest(_mac(key, month, approval), str(fields.get("mac")).encode("ascii", "replace").decode()):
            by_issuer[approval["issuer"]] = approval
    return list(by_issuer.values())


def _records(file: Path) -> list[Any]:
    """What a file of approvals holds; a single None where it is no list."""
    try:
        records = documents.read(file)
    except (OSError, ValueError):
        return [None]
    return records if isinstance(records, list) else [None]


def _mac(key: bytes, month: Month, approval: dict[str, str]) -> str:
    """HMAC-SHA-256, hex, of who approved which data of which month."""
    message = json.dumps(["approval", str(month), approval["data_digest"], approval["issuer"], approval["by"]])
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def _approval_key(settings: Settings, *, is_new_allowed: bool = False) -> bytes:
    """The key of this home's approvals, made on first use where that is allowed; empty where there is none."""
    file = settings.approval_key
    if not file.exists() and is_new_allowed:
        secret_files.write(file, secrets.token_hex(32), only_new=True)
    try:
        key = bytes.fromhex(file.read_text("ascii").strip()) if file.exists() else b""
    except ValueError:
        key = b"?"
    if key and len(key) < 32:
        raise BangdanError(
            f"{file} holds no key of approvals: 64 hexadecimal digits are expected",
            remedy="restore it from the backup; or remove it, and have the candidates approved again",
        )
    return key


def signature_of(file: Path) -> Path:
    """Where the signature over a file is: manifest.sig of manifest.json."""
    return file.with_suffix(SIGNATURE)


def sign(settings: Settings, file: Path) -> None:
    """Ed25519 over the bytes of a file, where a key is set (BANGDAN_SIGNING_KEY, a PEM file)."""
    if settings.signing_key:
        encoded = base64.b64encode(signature(settings, file.read_bytes())).decode()
        files.write_text(signature_of(file), encoded + "\n")


def signature(settings: Settings, message: bytes) -> bytes:
    """Ed25519 over a message, with the key that is set."""
    return _signing_key(settings).sign(message)


def key_id(settings: Settings) -> str:
    """The id of the signing key as the TUF specification defines it: SHA-256 of the public key's canonical JSON."""
    raw = _signing_key(settings).public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key = {"keytype": "ed25519", "keyval": {"public": raw.hex()}, "scheme": "ed25519"}
    return hashlib.sha256(json.dumps(key, separators=(",", ":")).encode()).hexdigest()


def fits(settings: Settings, given: bytes, message: bytes) -> bool:
    """Whether a signature is that of a message by the public key that is set."""
    try:
        _verify_key(settings).verify(given, message)
    except InvalidSignature:
        return False
    return True


def problem(settings: Settings, file: Path) -> str | None:
    """What is wrong with the signature over a file, where a public key is set (BANGDAN_VERIFY_KEY, a PEM file)."""
    if not settings.verify_key:
        return None
    key = _verify_key(settings)
    signature_file = signature_of(file)
    if not files.is_regular(signature_file) or not files.is_regular(file):
        return "is not signed"
    try:
        key.verify(base64.b64decode(signature_file.read_text("utf-8")), file.read_bytes())
    except (InvalidSignature, ValueError):
        return f"has a signature that does not fit its {file.stem}"
    return None


def _signing_key(settings: Settings) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(Path(settings.signing_key).read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise BangdanError("the signing key is no Ed25519 key", remedy="openssl genpkey -algorithm ed25519")
    return key


def _verify_key(settings: Settings) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(Path(settings.verify_key).read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise BangdanError("the public key is no Ed25519 key", remedy="openssl pkey -pubout")
    return key

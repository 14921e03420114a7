"""Approvals of the data of a release, bound to their hash, and the signature over its manifest."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bangdan.core import files
from bangdan.core.errors import BangdanError, GateRefused, UsageError
from bangdan.core.months import Month
from bangdan.core.settings import Settings

SIGNATURE = "manifest.sig"


def _file(settings: Settings, month: Month, digest: str) -> Path:
    return settings.home / "approvals" / str(month) / f"{digest}.json"


def _given(settings: Settings, month: Month, digest: str) -> list[dict[str, Any]]:
    file = _file(settings, month, digest)
    return json.loads(file.read_text("utf-8")) if file.exists() else []


def approve(
    settings: Settings, month: Month, digest: str, issuers: list[str], issuer: str, by: str
) -> list[dict[str, Any]]:
    """Record that an issuer approves exactly these data; returns all approvals of them."""
    if issuer not in issuers:
        raise UsageError(f"{issuer!r} does not issue this ranking", remedy=f"one of: {'、'.join(issuers)}")
    given = [approval for approval in _given(settings, month, digest) if approval["issuer"] != issuer]
    given = sorted(
        [*given, {"issuer": issuer, "by": by, "data_digest": digest}], key=lambda approval: approval["issuer"]
    )
    files.write_text(_file(settings, month, digest), json.dumps(given, ensure_ascii=False, indent=1) + "\n")
    return given


def approvals(settings: Settings, month: Month, digest: str, issuers: list[str]) -> list[dict[str, Any]]:
    """Approvals of these data; raises GateRefused where the setting asks for more than are given."""
    missing = lacking(settings, month, digest, issuers)
    if missing:
        raise GateRefused(
            f"{month}: the data {digest[:16]} wait for sign-off by {'、'.join(missing)}",
            remedy=f"look at the candidate, then: bangdan approve --month {month} --issuer NAME --by PERSON; data that "
            "change after it need a new one",
        )
    return _given(settings, month, digest)


def lacking(settings: Settings, month: Month, digest: str, issuers: list[str]) -> list[str]:
    """Issuers whose sign-off of these data the setting asks for and who have not given it; any one of them for `one`."""
    names = {approval["issuer"] for approval in _given(settings, month, digest)}
    missing = [issuer for issuer in issuers if issuer not in names]
    is_enough = not settings.approval or (settings.approval == "one" and names)
    return [] if is_enough else missing


def sign(settings: Settings, manifest: Path) -> None:
    """Ed25519 over the manifest's bytes, where a key is set (BANGDAN_SIGNING_KEY, a PEM file)."""
    if not settings.signing_key:
        return
    key = serialization.load_pem_private_key(Path(settings.signing_key).read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise BangdanError("the signing key is no Ed25519 key", remedy="openssl genpkey -algorithm ed25519")
    signature = base64.b64encode(key.sign(manifest.read_bytes())).decode()
    manifest.with_name(SIGNATURE).write_text(signature + "\n", "utf-8")


def problem(settings: Settings, manifest: Path) -> str | None:
    """What is wrong with a release's signature, where a public key is set (BANGDAN_VERIFY_KEY, a PEM file)."""
    if not settings.verify_key:
        return None
    key = serialization.load_pem_public_key(Path(settings.verify_key).read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise BangdanError("the public key is no Ed25519 key", remedy="openssl pkey -pubout")
    file = manifest.with_name(SIGNATURE)
    if not file.exists():
        return "is not signed"
    try:
        key.verify(base64.b64decode(file.read_text("utf-8")), manifest.read_bytes())
    except (InvalidSignature, ValueError):
        return "has a signature that does not fit its manifest"
    return None

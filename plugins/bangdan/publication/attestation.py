"""The in-toto statement over the files of a release, in a DSSE envelope that standard verifiers accept.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md,
https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bangdan.core import documents, files
from bangdan.core.settings import Settings
from bangdan.publication import signing

NAME = "manifest.intoto.jsonl"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/release/v0.1"


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True)


class Signature(_Fields):
    keyid: str
    sig: str  # base64


class Envelope(_Fields):
    """The only line of the file."""

    payload: str  # base64
    payloadType: Literal["application/vnd.in-toto+json"]
    signatures: Annotated[list[Signature], Field(min_length=1)]


def statement(folder: Path) -> bytes:
    """The statement: its subjects are the manifest of the release in `folder` and the files that it lists."""
    manifest_file = folder / "manifest.json"
    fields = documents.read(manifest_file)
    hashes = {manifest_file.name: files.sha256_of(manifest_file), **dict(sorted(fields["files"].items()))}
    content: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in hashes.items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"purl": f"pkg:generic/bangdan@{fields['ranking_month']}-{fields['release']}"},
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def pre_authentication_encoding(payload: bytes) -> bytes:
    """What is signed: the type and the payload, each with its length."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def write(settings: Settings, folder: Path) -> None:
    """Write the signed envelope next to the manifest, where a key is set."""
    if not settings.signing_key:
        return
    payload = statement(folder)
    signature = signing.signature(settings, pre_authentication_encoding(payload))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": signing.key_id(settings), "sig": base64.b64encode(signature).decode()}],
    }
    files.write_text(folder / NAME, json.dumps(envelope) + "\n")


def problem(settings: Settings, folder: Path) -> str | None:
    """What is wrong with the envelope of a release, where it has one; its signature is checked where a public key is set.
    Releases of earlier versions have none.
    """
    file = folder / NAME
    if not files.is_regular(file):
        return None
    try:
        envelope = Envelope.model_validate(documents.read(file))
        payload = base64.b64decode(envelope.payload, validate=True)
        signatures = [base64.b64decode(signature.sig, validate=True) for signature in envelope.signatures]
    except (OSError, ValueError):
        return f"has a damaged {NAME}"
    message = pre_authentication_encoding(payload)
    if settings.verify_key and not any(signing.fits(settings, signature, message) for signature in signatures):
        return f"has a {NAME} whose signature does not fit"
    return None if payload == statement(folder) else f"has a {NAME} that is of other files"

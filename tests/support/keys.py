"""Keys that tests sign with."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519


def ed25519_pair(folder: Path, name: str, kind: type = ed25519.Ed25519PrivateKey) -> tuple[str, str]:
    """Paths of PEM files that hold a new private key and its public key."""
    private = kind.generate()  # type: ignore[attr-defined]
    pem, encryption = serialization.Encoding.PEM, serialization.NoEncryption()
    secret, public = folder / f"{name}.pem", folder / f"{name}.pub"
    secret.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, encryption))
    public.write_bytes(private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return str(secret), str(public)

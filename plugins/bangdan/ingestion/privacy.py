"""Keyed hashes that replace the accounts of private persons outside the raw layer, and the key they are made with.

Whether an account is a person's follows from the dated registry, in staging; a loader can't know. So every record is
loaded with two keyed hashes of its account, and staging uses them where neither account nor outlet is registered:

- `account_pseudonym` names the account: 'p' and 24 hex digits; the same account has the same one in every export;
- `item_salt` never leaves the raw layer: items of the account are named by a hash salted with it, so that nobody can
  find an item again by hashing all identifiers a channel has given out.

The key is a secret of the data home: whoever has it can try names. It is read here and goes nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core import secret_files
from bangdan.core.errors import BangdanError
from bangdan.core.normal_forms import normal_name
from bangdan.core.settings import Settings

COLUMNS = ("account_pseudonym", "item_salt")
PSEUDONYM_DIGITS, SALT_DIGITS = 24, 32
SEPARATOR = "\x1f"
# A home that holds synthetic exports only has nobody to protect: with a key that is no secret, the same synthetic
# city gives the same bytes on every machine. The first real export replaces it.
SYNTHETIC = hashlib.sha256(b"bangdan: synthetic accounts").hexdigest()


@dataclass(frozen=True)
class Key:
    """The secret key. Only its fingerprint may be shown."""

    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        return hmac.digest(self.secret, b"fingerprint", "sha256").hex()[:12]

    def hashes(self, account: str) -> tuple[str | None, str]:
        """Pseudonym and salt of an account, written as channel type, separator and key; no key, no pseudonym."""
        return _hashes(self.secret, account)


@lru_cache(maxsize=131_072)  # the accounts of a large export come again in every batch of it
def _hashes(secret: bytes, account: str) -> tuple[str | None, str]:
    digits = hmac.digest(secret, account.encode("utf-8", "surrogatepass"), "sha256").hex()
    return None if account.endswith(SEPARATOR) else "p" + digits[:PSEUDONYM_DIGITS], digits[-SALT_DIGITS:]


def prepare(settings: Settings, *, is_synthetic: bool, has_loaded: bool) -> Key:
    """The key of this home, made on first use. `is_synthetic`: everything that has been landed is synthetic.

    Raises BangdanError where exports have been loaded under a key that is no longer there: a new one would give every
    person another pseudonym, and published months would seem to have changed.
    """
    file = settings.privacy_key
    if file.exists():
        if is_synthetic or settings.privacy_key_file or read(settings).secret.hex() != SYNTHETIC:
            return read(settings)
        secret_files.write(file, secrets.token_hex(32))  # the first real export
        _read.cache_clear()
        return read(settings)
    if settings.privacy_key_file or has_loaded:
        raise BangdanError(
            f"the privacy key {file} is not there",
            remedy="restore it from the backup; with another key, persons get other pseudonyms (see docs/privacy.md)",
        )
    secret_files.write(file, SYNTHETIC if is_synthetic else secrets.token_hex(32), only_new=True)
    return read(settings)


def read(settings: Settings) -> Key:
    """The key of this home; raises BangdanError where there is none or the file holds something else."""
    return _read(settings.privacy_key)


@lru_cache(maxsize=4)
def _read(file: Path) -> Key:
    try:
        secret = bytes.fromhex(file.read_text("ascii").strip())
        if len(secret) < 32:
            raise ValueError
    except OSError as error:
        raise BangdanError(
            f"the privacy key {file} cannot be read: {error.strerror}", remedy="restore it from the backup"
        ) from None
    except ValueError:  # what the file holds is not shown: it may be a key with a typing error
        raise BangdanError(
            f"{file} holds no privacy key: 64 hexadecimal digits are expected", remedy="restore it from the backup"
        ) from None
    return Key(secret)


def with_pseudonyms(table: pa.Table, key: Key) -> pa.Table:
    """A canonical table with its keyed hashes filled in; a table without accounts is unchanged."""
    if not set(COLUMNS) & set(table.schema.names) or not len(table):
        return table
    accounts = _accounts(table).combine_chunks().dictionary_encode()
    # An account has many rows: it is hashed once.
    hashes = [key.hashes(account) for account in accounts.dictionary.to_pylist()]
    for place, name in enumerate(COLUMNS):
        if name in table.schema.names:
            column = pa.array([pair[place] for pair in hashes], pa.string()).take(accounts.indices)
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    return table


def _accounts(table: pa.Table) -> pa.ChunkedArray:
    """Channel type and key, or the normal form of the name where there is no key."""
    names = table["account_name_raw" if "account_name_raw" in table.schema.names else "outlet_name"]
    key = pc.coalesce(_filled(table["account_key"]), _filled(_normal(names)), pa.scalar(""))
    return pc.binary_join_element_wise(pc.fill_null(table["channel_type"], ""), key, SEPARATOR)


def _normal(names: pa.ChunkedArray) -> pa.ChunkedArray:
    encoded = names.combine_chunks().dictionary_encode()
    distinct = [name and normal_name(name) for name in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(distinct, pa.string()).take(encoded.indices)])


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The text without spaces around it, NULL for an empty one."""
    column = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(column, ""), None, column)

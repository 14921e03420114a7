"""The canonical raw tables: their columns, what kind of value each holds, and so their Arrow types.

A connector yields rows of these tables; `raw.py` writes them as Parquet; dbt reads nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa


class Kind(Enum):
    """What a column holds. `columns.typed` has one function per kind that reads it from text."""

    TEXT = "text"
    NUMBER = "number"  # a position or a number of rows
    COUNT = "count"  # of readers, likes, …: its text and its qualifier are in columns of their own
    TIME = "time"  # a moment, UTC
    DATE = "date"  # a day in Shanghai
    BOOLEAN = "boolean"
    LIST = "list"  # of texts


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.int64(),
    Kind.COUNT: pa.int64(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.DATE: pa.date32(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.LIST: pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Column:
    """A canonical column. Without a value in every `is_required` column a row of the registry identifies nothing."""

    name: str
    kind: Kind = Kind.TEXT
    is_required: bool = False

    @property
    def type(self) -> pa.DataType:
        return ARROW_TYPES[self.kind]


def _schema(columns: Iterable[Column]) -> pa.Schema:
    return pa.schema([(column.name, column.type) for column in columns])


def _by_name(columns: Iterable[Column]) -> dict[str, Column]:
    return {column.name: column for column in columns}


LINEAGE = [
    Column("load_key"),  # SHA-256 of what gives the file its meaning: bytes, path key, connector version, mapping
    Column("connector"),
    Column("connector_version"),
    Column("export_sha256"),
    Column("source_file"),  # name within the delivery, for people; never a key
    Column("source_row", Kind.NUMBER),  # row of the file, 1 = the first below the header; blank rows count too
    Column("extra"),  # JSON object of the columns that the mapping keeps beyond those of the contract
]

METRICS = ["read", "view", "like", "recommend", "comment", "share", "repost"]
QUALIFIERS = ["exact", "floor", "rounded", "missing", "zero_suspect"]
ACCOUNT_KEY_TYPES = ["weibo_uid", "wx_biz", "domain", "app_id", "uid", "name"]
PRECISIONS = ["second", "minute", "day"]
ORIGINAL_EVIDENCE = ["flag", "retweet_link", "text_pattern", "unknown"]

RECORDS_COLUMNS = [
    *LINEAGE,
    Column("channel_type"),  # news_app | news_site | wechat | weibo, or a platform of the city's own
    Column("platform"),  # the channel type of records of a platform with accounts (wechat, weibo), else NULL
    Column("account_key_type"),
    Column("account_key"),  # NULL where the export names no account: goes to review
    Column("account_name_raw"),
    Column("account_pseudonym"),  # keyed hash of the account: replaces it outside this layer for a private person
    Column("item_salt"),  # keyed hash of the account that never leaves this layer
    Column("record_id"),  # never NULL: the channel's own id, else URL, else a hash of account, title and time
    Column("alt_id"),
    Column("position", Kind.NUMBER),  # 1 = headline of a WeChat push
    Column("url"),
    Column("title"),
    Column("text"),
    Column("topics", Kind.LIST),  # hashtags without the # characters
    Column("published_at", Kind.TIME),  # for precision `day`: Shanghai midnight of that day
    Column("published_precision"),
    Column("is_original", Kind.BOOLEAN),  # what the platform's own flag says, NULL where the export gives none
    Column("original_evidence"),
    Column("is_deleted", Kind.BOOLEAN),
    Column("repost_of_id"),
    Column("repost_of_account_key"),
    Column("parent_id"),
    Column("root_id"),
    Column("source_name_raw"),  # 来源
    Column("source_url_raw"),
    *[
        column
        for metric in METRICS
        for column in [
            Column(f"{metric}_count", Kind.COUNT),
            Column(f"{metric}_count_raw"),
            Column(f"{metric}_count_qualifier"),
        ]
    ],
    Column("read_unit"),  # people | views
    Column("observed_at", Kind.TIME),  # when the counts were taken; NULL = when the export was received (manifest)
]

UNITS_COLUMNS = [
    *LINEAGE,
    Column("unit_id", is_required=True),  # the unit's code; ties are ordered by it
    Column("unit_name", is_required=True),
    Column("unit_name_en"),
    Column("unit_type"),  # district | commission_or_bureau | peoples_organization
    Column("ranking_list"),  # districts | departments
    Column("aliases", Kind.LIST),
    Column("valid_from", Kind.DATE),  # NULL = from the beginning
    Column("valid_to", Kind.DATE),  # exclusive; NULL = open
]

ACCOUNTS_COLUMNS = [
    *LINEAGE,
    Column("account_id", is_required=True),
    Column("unit_id"),  # owner in [valid_from, valid_to); one row per span of ownership
    Column("platform", is_required=True),  # wechat | weibo, or a platform of the city's own
    Column("account_key_type"),
    Column("account_key"),
    Column("account_name"),
    Column("aliases", Kind.LIST),
    Column("verified_type"),
    Column("valid_from", Kind.TIME),
    Column("valid_to", Kind.TIME),
]

CHANNELS_COLUMNS = [
    *LINEAGE,
    Column("outlet_id", is_required=True),  # channel_type:key
    Column("channel_type", is_required=True),
    Column("account_key_type"),
    Column("account_key"),
    Column("outlet_name"),
    Column("account_pseudonym"),
    Column("aliases", Kind.LIST),
    Column("is_organization", Kind.BOOLEAN),  # anything but true is a private person: see docs/privacy.md
    Column("valid_from", Kind.DATE),
    Column("valid_to", Kind.DATE),
]

REJECTS_COLUMNS = [
    Column("load_key"),
    Column("export_sha256"),
    Column("source_file"),
    Column("source_row", Kind.NUMBER),
    Column("reason_code"),
    Column("column_name"),
    Column("value_raw"),  # at most 200 characters
    Column("remedy"),
]

EXPORT_MANIFEST_COLUMNS = [
    Column("export_id"),  # export_sha256, with a hash of the path key where the account comes from the path
    Column("load_key"),
    Column("export_sha256"),
    Column("source_file"),
    Column("path_key"),
    Column("connector"),
    Column("connector_version"),
    Column("mapping_sha256"),
    Column("privacy_key"),  # fingerprint of the key its pseudonyms were made with
    Column("table_name"),  # records | units | accounts | channels
    Column("status"),  # loaded | partial | refused
    Column("is_synthetic", Kind.BOOLEAN),
    Column("received_at", Kind.TIME),  # earliest delivery
    Column("encoding"),
    Column("replaced_chars", Kind.NUMBER),
    Column("dialect"),
    Column("header_fingerprint"),
    Column("rows_read", Kind.NUMBER),
    Column("accepted", Kind.NUMBER),
    Column("rejected", Kind.NUMBER),
    Column("duplicate", Kind.NUMBER),
    Column("reasons"),  # JSON object reason_code → rows (files for a refusal)
    Column("metric_sums"),  # JSON object metric → sum over accepted rows
    Column("months", Kind.LIST),  # Shanghai months its rows fall in
    Column("files"),  # JSON object path in the raw layer → SHA-256 of what was written there
]

# Of each file landed from registry/ of the city's folder: its bytes, and whether the folder held them last.
CITY_REGISTRIES_COLUMNS = [Column("export_sha256"), Column("is_current", Kind.BOOLEAN)]

# The tables that a mapping can fill: table → name → column.
COLUMNS = {
    "records": _by_name(RECORDS_COLUMNS),
    "units": _by_name(UNITS_COLUMNS),
    "accounts": _by_name(ACCOUNTS_COLUMNS),
    "channels": _by_name(CHANNELS_COLUMNS),
}
RECORDS = _schema(RECORDS_COLUMNS)
REJECTS = _schema(REJECTS_COLUMNS)
EXPORT_MANIFEST = _schema(EXPORT_MANIFEST_COLUMNS)
CITY_REGISTRIES = _schema(CITY_REGISTRIES_COLUMNS)
SCHEMAS = {
    **{name: _schema(columns.values()) for name, columns in COLUMNS.items()},
    "rejects": REJECTS,
    "export_manifest": EXPORT_MANIFEST,
    "city_registries": CITY_REGISTRIES,
}
LINEAGE_NAMES = frozenset(column.name for column in LINEAGE)

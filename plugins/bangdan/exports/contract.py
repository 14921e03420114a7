"""The canonical raw tables: their columns and types, and the reason codes of everything that is refused.

A connector yields rows of these shapes; `raw.py` writes them as Parquet; dbt reads nothing else.
"""

from __future__ import annotations

import pyarrow as pa

TEXT = pa.string()
COUNT = pa.int64()
MOMENT = pa.timestamp("us", tz="UTC")

LINEAGE = [
    ("load_key", TEXT),  # SHA-256 of what gives the file its meaning: bytes, path key, connector version, mapping
    ("connector", TEXT),
    ("connector_version", TEXT),
    ("export_sha256", TEXT),
    ("source_file", TEXT),  # name within the delivery, for people; never a key
    ("source_row", COUNT),  # 1-based number of the record within the file
    ("extra", TEXT),  # JSON object of columns the contract does not name
]

METRICS = ["read", "view", "like", "recommend", "comment", "share", "repost"]
QUALIFIERS = ["exact", "floor", "rounded", "missing", "zero_suspect"]
CHANNEL_TYPES = ["news_app", "news_site", "wechat", "weibo"]
ACCOUNT_KEY_TYPES = ["weibo_uid", "wx_biz", "domain", "app_id", "name"]
PRECISIONS = ["second", "minute", "day"]
ORIGINAL_EVIDENCE = ["flag", "retweet_link", "text_pattern", "unknown"]

RECORDS = pa.schema(
    [
        *LINEAGE,
        ("channel_type", TEXT),  # news_app | news_site | wechat | weibo
        ("platform", TEXT),  # wechat | weibo for records of those channels, else NULL
        ("account_key_type", TEXT),
        ("account_key", TEXT),  # NULL where the export names no account: goes to review
        ("account_name_raw", TEXT),
        ("record_id", TEXT),  # never NULL: the channel's own id, else URL, else a hash of account, title and time
        ("alt_id", TEXT),
        ("position", COUNT),  # 1 = headline of a WeChat push
        ("url", TEXT),
        ("title", TEXT),
        ("text", TEXT),
        ("topics", pa.list_(TEXT)),  # hashtags without the # signs
        ("published_at", MOMENT),  # for precision `day`: Shanghai midnight of that day
        ("published_precision", TEXT),
        ("is_original", pa.bool_()),  # what the platform's own flag says, NULL where the export gives none
        ("original_evidence", TEXT),
        ("is_deleted", pa.bool_()),
        ("repost_of_id", TEXT),
        ("repost_of_account_key", TEXT),
        ("parent_id", TEXT),
        ("root_id", TEXT),
        ("source_name_raw", TEXT),  # 来源
        ("source_url_raw", TEXT),
        *[
            field
            for metric in METRICS
            for field in [
                (f"{metric}_count", COUNT),
                (f"{metric}_count_raw", TEXT),
                (f"{metric}_count_qualifier", TEXT),
            ]
        ],
        ("read_unit", TEXT),  # people | views
        ("observed_at", MOMENT),  # when the counts were taken; NULL = when the export was received (manifest)
    ]
)

UNITS = pa.schema(
    [
        *LINEAGE,
        ("unit_id", TEXT),  # the unit's code; ties are ordered by it
        ("unit_name", TEXT),
        ("unit_name_en", TEXT),
        ("unit_type", TEXT),  # district | commission_or_bureau | peoples_organization
        ("ranking_list", TEXT),  # districts | departments
        ("aliases", pa.list_(TEXT)),
        ("valid_from", pa.date32()),  # NULL = from the beginning
        ("valid_to", pa.date32()),  # exclusive; NULL = open
    ]
)

ACCOUNTS = pa.schema(
    [
        *LINEAGE,
        ("account_id", TEXT),
        ("unit_id", TEXT),  # owner in [valid_from, valid_to); one row per span of ownership
        ("platform", TEXT),  # wechat | weibo
        ("account_key_type", TEXT),
        ("account_key", TEXT),
        ("account_name", TEXT),
        ("aliases", pa.list_(TEXT)),
        ("verified_type", TEXT),
        ("valid_from", MOMENT),
        ("valid_to", MOMENT),
    ]
)

CHANNELS = pa.schema(
    [
        *LINEAGE,
        ("outlet_id", TEXT),  # channel_type:key
        ("channel_type", TEXT),
        ("account_key_type", TEXT),
        ("account_key", TEXT),
        ("outlet_name", TEXT),
        ("aliases", pa.list_(TEXT)),
        ("is_organization", pa.bool_()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)

REJECTS = pa.schema(
    [
        ("load_key", TEXT),
        ("export_sha256", TEXT),
        ("source_file", TEXT),
        ("source_row", COUNT),
        ("reason_code", TEXT),
        ("column_name", TEXT),
        ("value_raw", TEXT),  # at most 200 characters
        ("remedy", TEXT),
    ]
)

EXPORT_MANIFEST = pa.schema(
    [
        ("export_id", TEXT),  # export_sha256, with a hash of the path key where the account comes from the path
        ("load_key", TEXT),
        ("export_sha256", TEXT),
        ("source_file", TEXT),
        ("path_key", TEXT),
        ("connector", TEXT),
        ("connector_version", TEXT),
        ("mapping_sha256", TEXT),
        ("table_name", TEXT),  # records | units | accounts | channels
        ("status", TEXT),  # loaded | partial | refused
        ("is_synthetic", pa.bool_()),
        ("received_at", MOMENT),  # earliest delivery
        ("encoding", TEXT),
        ("replaced_chars", COUNT),
        ("dialect", TEXT),
        ("header_fingerprint", TEXT),
        ("rows_read", COUNT),
        ("accepted", COUNT),
        ("rejected", COUNT),
        ("duplicate", COUNT),
        ("reasons", TEXT),  # JSON object reason_code → rows (files for a refusal)
        ("metric_sums", TEXT),  # JSON object metric → sum over accepted rows
        ("months", pa.list_(TEXT)),  # Shanghai months its rows fall in
    ]
)

TABLES = {
    "records": RECORDS,
    "units": UNITS,
    "accounts": ACCOUNTS,
    "channels": CHANNELS,
    "rejects": REJECTS,
    "export_manifest": EXPORT_MANIFEST,
}

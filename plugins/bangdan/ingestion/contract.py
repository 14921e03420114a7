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
        ("account_pseudonym", TEXT),  # keyed hash of the account: what stands for a private person outside this layer
        ("item_salt", TEXT),  # keyed hash of the account that never leaves this layer
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
        ("account_pseudonym", TEXT),
        ("aliases", pa.list_(TEXT)),
        ("is_organization", pa.bool_()),  # anything but true is a private person: see docs/privacy.md
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
        ("privacy_key", TEXT),  # fingerprint of the key its pseudonyms were made with
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
        ("files", TEXT),  # JSON object path in the raw layer → SHA-256 of what was written there
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

# What a code means, and what to do about it. Some only inform: HDR_REPEATED, HDR_DRIFT, ENC_REPLACED,
# DUP_ID, COUNT_NA, DATE_SERIAL, DATE_EPOCH, and ID_PRECISION where the id could be proven.
REASONS: dict[str, tuple[str, str]] = {
    "FILE_EMPTY": ("the file has no bytes", "export it again"),
    "FILE_NO_ROWS": ("a header without rows", "check that the export covers the month"),
    "FILE_NOT_TABULAR": ("no table: a web page or text", "log in to the tool and export again"),
    "FILE_CHANGED": ("the landed bytes are not those that were received", "restore from a backup"),
    "FILE_TYPE": ("the bytes are of another type than the name says", "save it in the format its name says"),
    "PURGED": ("these bytes were purged when their time was over", "see docs/privacy.md on bringing a month back"),
    "FORMAT_UNKNOWN": ("no connector knows this header or shape", "describe it with --mapping (see --suggest)"),
    "FORMAT_USELESS": ("this kind of file holds nothing to rank by", "deliver another export of the tool"),
    "HDR_UNKNOWN": ("no connector knows this header", "describe it with --mapping (see --suggest)"),
    "HDR_MISSING": ("the first row holds data, not names", "put the header row back"),
    "HDR_DUPLICATE": ("a column name that is needed stands twice", "rename or remove one of the two columns"),
    "HDR_REPEATED": ("the header stands again among the rows; those lines were skipped", "nothing to do"),
    "HDR_DRIFT": ("columns the connector does not know; kept in `extra`", "nothing to do, or extend the mapping"),
    "ENC_REPLACED": ("bytes that are no character were replaced", "nothing to do if the text is readable"),
    "ENC_MIXED": ("the row is in another encoding than its file", "export again in one encoding"),
    "ENC_SURROGATE": ("half a character pair", "export again with a current version of the tool"),
    "CTRL_CHARS": ("NUL characters in the row", "export again; the file was damaged on its way"),
    "ROW_WIDTH": ("more cells than the header has names", "quote cells that hold the delimiter"),
    "QUOTE_UNCLOSED": ("a stray quote swallows rows", "quote cells properly and double quotes inside them"),
    "JSON_TRUNCATED": ("the JSON ends in the middle", "export again"),
    "JSON_BAD_LINE": ("a line that is no JSON", "the writer was stopped; export again to get the row"),
    "JSON_LIMIT": ("one JSON document of over 200 MB, or nested too deep", "export JSON Lines: one object a line"),
    "COUNT_NEGATIVE": ("a count below zero", "correct the export"),
    "COUNT_RANGE": ("a count above 9·10^15", "correct the export"),
    "COUNT_NA": ("a word for nothing where a count belongs; it is missing, not 0", "nothing to do"),
    "COUNT_INVALID": ("a count that is no number", "correct the export, or give a count rule in the mapping"),
    "ID_MISSING": ("no identifier, URL or title to tell the record by", "export the id column"),
    "ID_PRECISION": ("a spreadsheet rounded the identifier", "export as text; do not open it in a spreadsheet"),
    "DATE_MISSING": ("no time of publication", "export the time column"),
    "DATE_SERIAL": ("a spreadsheet's day number; converted", "nothing to do"),
    "DATE_EPOCH": ("a number of seconds or milliseconds; converted", "nothing to do"),
    "DATE_INVALID": ("a date that does not exist", "correct the row"),
    "DATE_FUTURE": ("published after the export was received", "correct the row, or say --received-at"),
    "DATE_RELATIVE": ("a time like 5分钟前 without the moment of capture", "export absolute times"),
    "DATE_NO_YEAR": ("a date without its year", "give `year` in the mapping"),
    "DATE_SPREAD": ("rows of more than 500 different months", "correct the time column"),
    "VALUE_UNKNOWN": ("a value the mapping does not list", "add it to the mapping"),
    "TXT_TOO_LONG": ("a text over 1,000,000 characters", "correct the row"),
    "DUP_ID": ("the same record again; the newest observation counts", "nothing to do"),
    "ARC_TRUNCATED": ("the archive or workbook is cut off", "copy it again"),
    "ARC_TRAVERSAL": ("a member path that leaves the archive", "do not trust this archive"),
    "ARC_BOMB": ("expands beyond the limits (ratio 100, 2 GiB)", "deliver the files without the archive"),
    "ARC_SYMLINK": ("a member that is a link", "deliver plain files"),
    "ARC_NESTED": ("an archive inside an archive", "deliver one level"),
    "ARC_LOCKED": ("it asks for a password", "deliver it without one"),
    "XML_ENTITY": ("XML with entity definitions", "deliver a plain feed"),
    "XML_LIMIT": ("a feed of over 32 MB, or nested too deep", "deliver it in parts"),
    "XML_BROKEN": ("the feed cannot be parsed", "export again"),
}

"""Proposes a mapping for a table that no built-in one fits, and tries it on the file's first rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from bangdan.core.errors import BangdanError, ExportRefused
from bangdan.core.months import SHANGHAI
from bangdan.ingestion import recognise
from bangdan.ingestion.columns import vectors
from bangdan.ingestion.columns.canonical import CanonicalBatch
from bangdan.ingestion.export_reader import open_export
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.proposals import columns, names, samples
from bangdan.ingestion.proposals.columns import Choice
from bangdan.ingestion.proposals.samples import Sample

SHOWN_CHARS = 40
# Columns that every file of a tool has; counts may come and go.
RECOGNISED = ("account_key", "account_name_raw", "record_id", "alt_id", "url", "title", "text", "published_at")
# What is lost without a column.
COSTS = {
    "published_at": "no row loads, for a record without a time belongs to no month",
    "account": "no row counts for a unit or an outlet",
    "words": "a reprint is found by links only",
    "identity": "the same record in two files counts twice",
    "counts": "influence is 0",
}


def propose_mapping(path: Path) -> str:
    """YAML of a mapping for a file: what each name seems to mean, with a sample, what was not found and what that costs.

    It is tried on the file; its last line is the result for the first rows. Raises BangdanError (or ExportRefused) for
    a file that holds no table, or one of a kind that is known to be of no use.
    """
    if path.is_dir():
        raise BangdanError(f"{path.name} is a folder", remedy="name one file of the kind to be described")
    sample = samples.of_file(path, columns.rating)
    known = _known_mapping(sample)
    choice = columns.choose(sample)
    if not choice.rules.keys() & {"published_at", "title", "text", "record_id", "alt_id", "url"}:
        raise BangdanError(
            f"{path.name} seems to hold no records: no column of times, words, ids or addresses was found",
            remedy="hand in another file of the tool, or write a mapping by hand (see docs/exports.md)",
        )
    if not (choice.rules.keys() | choice.path) & {"title", "text", "record_id", "alt_id", "url"}:
        raise BangdanError(
            f"{path.name} seems to hold totals, not records: no column of words, ids or addresses was found",
            remedy="hand in the tool's list of posts or articles; totals by day or account have no reprints",
        )
    head = [
        f"# Proposed from {path.name!r} ({len(sample.names)} columns). Check every line, then:",
        "#   bangdan ingest FILE --mapping THIS.yml --dry-run",
        *([f"# The built-in mapping {known} reads this file: `bangdan ingest FILE` needs no other."] if known else []),
    ]
    body = [*_head(sample, choice), *_columns(sample, choice)]
    return "\n".join([*head, *body, *_comments(sample, choice), _tried(path, "\n".join(body))]) + "\n"


def _known_mapping(sample: Sample) -> str:
    """The built-in mapping that fits the names; raises ExportRefused where it says that such files are of no use."""
    try:
        return recognise.by_names(sample.header).name
    except ExportRefused as error:
        if error.reason_code == "FORMAT_USELESS":
            raise
        return ""


def _head(sample: Sample, choice: Choice) -> list[str]:
    sources = choice.sources_of(RECOGNISED)
    wanted = {f"{sample.items}.{name}" if sample.items else name for name in sources}
    recognised = [name for name in sample.header if name.replace("[]", "") in wanted]
    head: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9_]+", "_", sample.path.stem.lower()).strip("_0123456789") or "my_export",
        "table": "records",
        **({"recognise": recognised} if recognised else {}),
        **({"items": sample.items} if sample.items else {}),
        **({"path": choice.path} if choice.path else {}),
    }
    return yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=10_000).rstrip().splitlines()


def _columns(sample: Sample, choice: Choice) -> list[str]:
    """The columns as lines, each with a value of the file; never one of a column that looks private."""
    channel: Any = choice.channel_rule or {"value": choice.channel}
    lines = [
        "columns:",
        f"  channel_type: {_inline(channel)}  # news_app, news_site, wechat or weibo: what does it hold?",
    ]
    key_type: Any = {"value": _key_type(sample, choice)}
    if choice.channel_rule:
        words = choice.channel_rule["values"]
        key_type = {**choice.channel_rule, "values": {word: columns.KEY_TYPES[words[word]] for word in words}}
    lines.append(f"  account_key_type: {_inline(key_type)}  # weibo_uid, wx_biz, domain, app_id or name")
    if choice.channel in ("wechat", "weibo") and not choice.channel_rule:
        lines.append(f"  platform: {{value: {choice.channel}}}")
    for name, rule in choice.rules.items():
        source = columns.source_of(rule) or columns.source_of(choice.rules.get("record_id", ""))
        lines.append(f"  {name}: {_inline(rule)}  # {_example(sample.values.get(source, []))}")
    return lines


def _key_type(sample: Sample, choice: Choice) -> str:
    """What the keys look like, else what the channel's keys are; a name where there is no key."""
    rule = choice.rules.get("account_key")
    keys = sample.values.get(rule, []) if isinstance(rule, str) else []
    if keys and all(re.fullmatch(r"M[\w+/]+={0,2}", key) for key in keys):
        return "wx_biz"
    return columns.KEY_TYPES[choice.channel] if rule or "account_key" in choice.path else "name"


def _comments(sample: Sample, choice: Choice) -> list[str]:
    """What was not found and what that costs, and what is not read."""
    found = {*choice.rules, *choice.path}
    has = {
        "published_at": "published_at" in found,
        "account": bool(found & {"account_key", "account_name_raw"}),
        "words": bool(found & {"title", "text"}),
        "identity": bool(found & {"record_id", "alt_id", "url"}),
        "counts": any(name.endswith("_count") for name in found),
    }
    lines = [f"# Not found: {what}; without it {COSTS[what]}." for what, is_there in has.items() if not is_there]
    if sample.other_lists:
        lists = ", ".join(sample.other_lists)
        lines.append(f"# May hold further records, which are not read: {lists}; name them in `items` too.")
    rule = choice.rules.get("published_at")
    if rule and not (isinstance(rule, dict) and rule.keys() & {"zone", "weibo_id"}):
        lines.append(
            "# Times without a zone are read as Shanghai's; write `zone: Asia/Tokyo` where they are another's."
        )
    private = [name for name in sample.names if names.is_private(name)]
    unused = [name for name in sample.names if name not in choice.sources and name not in private]
    for title, listed in (("Look like secrets or data of persons, never read", private), ("Not read", unused)):
        if listed:
            lines.append(f"# {title}: " + re.sub(r"\s+", " ", ", ".join(listed)))
    return lines


def _tried(path: Path, text: str) -> str:
    """A comment: how many of the first rows load by the proposal with time, words and account."""
    try:
        proposed = Mapping.model_validate(yaml.safe_load(text))
        at = datetime.fromtimestamp(path.stat().st_mtime, SHANGHAI)
        name = f"{path.parent.name}/{path.name}"
        batch = next(open_export(path, name, at, proposed).batches(), None)
    except (BangdanError, ValueError, yaml.YAMLError) as error:
        return f"# Does not load yet: {str(error).splitlines()[0]}"
    if batch is None:
        return "# Does not load yet: the file has no rows"
    whole, rejects = _complete_rows(batch), batch.rejects
    total = len(batch) + len(rejects)
    codes = Counter(reject.code for reject in rejects)
    reasons = "".join(f", {code} {number}" for code, number in sorted(codes.items()))
    bare = total - len(rejects) - whole
    lacking = f", {bare} have no time, no words or no account" if bare else ""
    return f"# Of the first {total} rows {whole} load{lacking}{reasons}."


def _complete_rows(batch: CanonicalBatch) -> int:
    """Accepted rows with a time, an account, and a title or a text."""
    if not len(batch):
        return 0
    rows = batch.columns
    has_words = pc.or_(rows["title"].is_valid(), rows["text"].is_valid())
    masks: list[pa.Array] = [rows["published_at"].is_valid(), rows["account_key"].is_valid(), has_words]
    return len(vectors.places_where(vectors.all_of(masks)))


def _example(values: list[str]) -> str:
    return "e.g. " + re.sub(r"\s+", " ", values[0])[:SHOWN_CHARS] if values else "always empty"


def _inline(value: Any) -> str:
    """A name or a rule as YAML on one line, whatever is in it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_inline(key)}: {_inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if re.fullmatch(r"[A-Za-z一-鿿_][\w一-鿿.]*", value) and yaml.safe_load(value) == value:
        return value
    return "'" + value.replace("'", "''") + "'" if value.isprintable() else json.dumps(value, ensure_ascii=False)

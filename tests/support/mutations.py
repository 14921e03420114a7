"""Exports of every kind with seeded damage, and what may become of them: no file breaks the program, no row is lost."""

from __future__ import annotations

import csv
import io
import json
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangdan.core.errors import ExportRefused
from bangdan.core.settings import ReaderLimits
from bangdan.ingestion import landing, raw
from bangdan.ingestion.export_reader import open_export
from bangdan.ingestion.loading import ensure_layout, prepare_privacy
from bangdan.ingestion.mapping import Mapping
from bangdan.ingestion.readers.delimited import NotPlain
from tests.support import loading
from tests.support.sample_exports import ALL

BROKEN = {"ROW_UNREADABLE", "FILE_UNREADABLE"}
SECONDS = 30  # that a small file may take on a busy machine
LIMITS = ReaderLimits(20, 2 * 10**9)
REGISTRIES = {
    "units.csv": "unit_id,unit_name,unit_type,ranking_list,aliases,valid_from,valid_to\n310110,甲区,district,districts,甲|乙,2021-01-01,\n310101,乙区,district,districts,,,9999-12-31\n",
    "accounts.csv": "account_id,unit_id,platform,account_key_type,account_key,account_name,valid_from,valid_to\n1,310110,weibo,weibo_uid,5200100000,甲,2021-01-01,\n2,310110,wechat,name,甲,甲,,\n",
    "channels.csv": "outlet_id,channel_type,account_key_type,account_key,outlet_name,is_organization\nnews_site:a,news_site,domain,a.example,甲报,true\nweibo:1,weibo,weibo_uid,1,乙,\n",
}
CELLS = [
    "", " ", "\u3000", "None", "null", "NaN", "-nan", "inf", "-inf", "0", "-0", "-1", "1e999999999", "1e-999999999", "9" * 30, "9" * 5_000, "1.5", "1.2万", "10万+", "1万万",
    "٣", "²", "½", "１２３", "1,234", "1_000", "0x10", "true", "{}", "[]", "[" * 50, "\ud800", "\x00", "\x1a", "\ufeff", "\u202e", "\u2028", '"', "'", "''", ",", ";", "\t", "\n", "\r", "\r\n",
    "=1+1", "@a", "<b>", "&amp;", "&#0;", "]]>", "%s", "{0}", "\\", "\\u", "../../x", "字" * 1_000, "字" * 301_000, "#" * 500, "#话#", "来源" + " " * 500, "//@甲:",
    "2021-08-02", "2021-02-30", "9999-12-31", "0000-00-00", "0001-01-01 00:00:00", "2021-08-02T09:00:00+99:99", "1627867815", "1627867815000", "9" * 16, "44410", "99999", "20219999",
    "刚刚", "5分钟前", "999999天前", "昨天 25:61", "2月29日", "13-45", "Mon Aug 02 09:30:15 +2500 2021", "Xyz Abc 99 99:99:99 +9999 9999",
    "4660000000000001", "4.66E+15", "4660000000000000", "KpaSc0001", "!!!!!!!!!", "MjM5NTA5NzYyMA==", "https://", "http://[", "https://a.example:99999/?#&&==%zz", "javascript:x",
]  # fmt: skip
VALUES: list[Any] = [
    *CELLS,
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    -1e308,
    10**400,
    [],
    {},
    [None],
    [[[]]],
    {"a": {"a": {}}},
    {"": ""},
    ["x"] * 50,
    {"$oid": "1"},
]
BYTES = [b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x80", b"\xc3", b"\xed\xa0\x80", b'"', b"\r", b"\n", b"\n\n\n", b",", b"<", b">", b"&", b"<![CDATA[", b"<!--", b"]]>", b"{", b"}", b"[", b"]", b"\\", b"1e999999999", b"PK\x03\x04", b"\x1f\x8b"]  # fmt: skip
OWN = [
    {"formats": ["%d/%m/%Y %H:%M", "%s", "%c"]}, {"zone": "America/New_York"}, {"epoch": "s"}, {"epoch": "ms"}, {"year": 2021}, {"relative_to": "received_at"}, {},
]  # fmt: skip


@dataclass
class Outcome:
    """What became of mutated exports: how many there were, rows by fate, refusals by code, and what must not be."""

    mutations: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def originals(folder: Path) -> dict[str, bytes]:
    """One small export of each kind, by its path within a delivery."""
    files = {name: text.encode() for name, text in REGISTRIES.items()}
    for number, made in enumerate(ALL):
        file = folder / str(number) / made.path
        made.write(file)
        files[f"{number}/{made.path}"] = file.read_bytes()
    return files


def mutated(name: str, data: bytes, chance: random.Random) -> bytes:
    """The export with one to four changes: of values where its text can be read, else of bytes."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        ways: list[Callable[[bytes, random.Random], bytes]] = [_other_bytes, _other_bytes]
        if name.endswith((".json", ".jsonl")):
            ways += [_other_value] * 4
        elif name.endswith(".csv"):
            ways += [_other_cell] * 4
        try:
            data = chance.choice(ways)(data, chance)
        except (ValueError, csv.Error, IndexError, RecursionError, TypeError):  # an earlier change left no such text
            data = _other_bytes(data, chance)
    return data


def examine(name: str, data: bytes, file: Path, mapping: Mapping | None, outcome: Outcome) -> None:
    """Read an export as loading does, without writing, and add what became of it."""
    outcome.mutations += 1
    file.write_bytes(data)
    try:
        with _time_limit():
            try:
                counts = _read(file, name, mapping, fast=True)
            except NotPlain:
                counts = _read(file, name, mapping, fast=False)
    except ExportRefused as error:
        outcome.refused[error.reason_code] += 1
    except Exception as error:
        outcome.findings.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
    else:
        outcome.rows.update(counts)
        if counts["read"] != counts["accepted"] + counts["rejected"]:
            outcome.findings.append(f"{name}: {dict(counts)}")
        if counts["broken"]:
            outcome.findings.append(f"{name}: {counts['broken']} row(s) on which the program breaks")


def load(home: Path, name: str, data: bytes, outcome: Outcome) -> None:
    """Land and load an export whole; its report must add up, and its rows be those that are stored."""
    outcome.mutations += 1
    settings = loading.settings(home).replaced(reader_seconds=LIMITS.seconds)
    file = home / "in" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    try:
        with _time_limit():
            ensure_layout(settings)
            exports = landing.land([file], settings, loading.RECEIVED)
            prepare_privacy(settings)
            reports = [raw.load_export(export, settings) for export in exports]
    except Exception as error:
        outcome.findings.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
        return
    for report in reports:
        outcome.rows.update(read=report.rows_read, accepted=report.accepted, rejected=report.rejected)
        if report.status == "refused":
            outcome.refused.update(report.reasons.keys())
        is_complete = report.rows_read == report.accepted + report.rejected + report.duplicate
        if not is_complete or BROKEN & report.reasons.keys():
            outcome.findings.append(f"{name}: {report}")


def own_mapping(chance: random.Random) -> Mapping:
    """A mapping that reads the first columns of any table as times, counts, lists and texts, by rules of every kind."""
    kinds: dict[str, Any] = {
        "published_at": chance.choice(OWN), "observed_at": chance.choice(OWN), "read_count": {"factor": 10_000}, "position": {},
        "like_count": {"zero": "missing", "floors": {"1": 2}}, "topics": {"separator": "|"}, "title": {"pattern": "(.)(.)?"}, "is_original": {"values": {"true": "no"}},
    }  # fmt: skip
    sources = [f"c{chance.randrange(6)}" for _ in kinds]
    columns = {name: {"from": [source], **rule} for (name, rule), source in zip(kinds.items(), sources, strict=True)}
    columns["channel_type"] = {"value": chance.choice(("weibo", "wechat", "news_site", "news_app"))}
    columns |= {"record_id": {"from": ["c0"]}, "alt_id": {"from": ["c1"]}, "url": {"from": ["c2"]}}
    return Mapping.model_validate({"name": "own", "columns": columns})


def table_of_cells(chance: random.Random) -> bytes:
    """A CSV or JSON Lines export of hostile cells under the names c0 … c5."""
    rows = [[chance.choice(CELLS) for _ in range(6)] for _ in range(chance.randint(1, 6))]
    names = [f"c{place}" for place in range(6)]
    if chance.random() < 0.5:
        text = "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
    else:
        text = loading.table(names, rows)
    return text.encode("utf-8", "surrogatepass")


def _read(file: Path, name: str, mapping: Mapping | None, *, fast: bool) -> Counter[str]:
    reader = open_export(file, name, loading.RECEIVED, mapping, fast=fast, limits=LIMITS)
    counts: Counter[str] = Counter()
    for batch in reader.batches():
        counts.update(accepted=len(batch), rejected=len(batch.rejects))
        counts.update(broken=sum(reject.code in BROKEN for reject in batch.rejects))
    counts["read"] = reader.rows_read
    return counts


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raise TimeoutError in a block that takes too long."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def _other_bytes(data: bytes, chance: random.Random) -> bytes:
    """Bytes that are changed, put in, left out, repeated or cut off."""
    at = chance.randrange(len(data) + 1)
    length = chance.choice((1, 1, 2, 8, 64, 500))
    match chance.randrange(6):
        case 0:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[:at] + chance.choice(BYTES) + data[at:]
        case 2:
            return data[:at] + data[at + length :]
        case 3:
            return data[: at + length] + data[at:]
        case 4:
            return data[:at]
        case _:
            return data[:at] + chance.choice(CELLS).encode("utf-8", "surrogatepass") + data[at:]


def _other_cell(data: bytes, chance: random.Random) -> bytes:
    """A delimited table with another text in one of its cells."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    row = chance.choice(rows)
    row[chance.randrange(len(row))] = chance.choice(CELLS)
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _other_value(data: bytes, chance: random.Random) -> bytes:
    """JSON, or JSON Lines, with another value in one place."""
    text = data.decode("utf-8")
    is_lines = text.lstrip().startswith("{") and "\n{" in text
    documents = [json.loads(line) for line in text.splitlines() if line.strip()] if is_lines else [json.loads(text)]
    place: Any = documents
    while True:
        key = chance.choice(list(place)) if isinstance(place, dict) else chance.randrange(len(place))
        if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.9:
            place = place[key]
            continue
        place[key] = chance.choice(VALUES)
        break
    separator = "\n" if is_lines else ""
    return separator.join(json.dumps(document, ensure_ascii=chance.random() < 0.5) for document in documents).encode(
        "utf-8", "surrogatepass"
    )

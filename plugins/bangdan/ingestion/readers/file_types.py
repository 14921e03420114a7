"""The type of a landed file, by its bytes: delimited text, JSON, a workbook or a feed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from bangdan.ingestion.reasons import refusal

FileType = Literal["csv", "json", "jsonl", "xlsx", "xls", "xml"]

HEAD = 4096
# Formats that people do hand in and that hold no records; the refusal says what to hand in instead.
SIGNATURES = {
    b"warc/": "a web archive; extract its articles first, with news-please or trafilatura",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; deliver .zip, .gz or plain files",
    b"rar!": "a RAR archive; deliver .zip, .gz or plain files",
    b"%pdf": "a PDF; export the table itself",
    b"sqlite format 3": "an SQLite database; export its table as CSV",
    b"\x80\x04": "a Python pickle, which is never opened; export as CSV or JSON",
    b"par1": "Parquet; export as CSV or JSON",
    b"arrow1": "an Arrow file; export as CSV or JSON",
    b"\xfd7zxz": "an xz archive; deliver .zip, .gz or plain files",
    b"\x28\xb5\x2f\xfd": "a zstd archive; deliver .zip, .gz or plain files",
    **dict.fromkeys(
        (b"\x89png", b"\xff\xd8\xff", b"gif87a", b"gif89a", b"riff"), "a picture or a film; export the table itself"
    ),
}


def file_type(file: Path, name: str) -> FileType:
    """The type by the bytes; the name only decides between types of text. Raises ExportRefused for any other type."""
    with file.open("rb") as stream:
        data = stream.read(HEAD)
    if not data:
        raise refusal("FILE_EMPTY")
    if data[:4] == b"PK\x03\x04":
        return "xlsx"
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "xls"
    if data[257:262] == b"ustar":
        raise refusal("FORMAT_USELESS", "a tar archive; deliver .zip, .gz or plain files")
    suffix = Path(name).suffix.lower()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "ignore").encode()
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, meaning in SIGNATURES.items():
        if start.startswith(signature):
            raise refusal("FORMAT_USELESS", meaning)
    if re.match(rb"bzh[1-9]1ay&sy", start):
        raise refusal("FORMAT_USELESS", "a bzip2 archive; deliver .zip, .gz or plain files")
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body")):
        if suffix in (".xls", ".xlsx"):
            raise refusal(
                "FILE_TYPE", "a web page, as WeChat's user growth tables are; its content tables are workbooks"
            )
        raise refusal("FILE_NOT_TABULAR", "HTML")
    if b"<urlset" in start or b"<sitemapindex" in start:
        raise refusal("FORMAT_USELESS", "a sitemap names pages and holds no articles")
    if start.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf")) or (start.startswith(b"<!--") and b"<" in start[4:]):
        return "xml"
    if re.match(rb"<[a-z_][\w.:-]*[\s/>]", start):
        return "xml"
    if start[:1] in (b"{", b"["):
        return "jsonl" if suffix in (".jsonl", ".ndjson") else "json"
    if suffix in (".xlsx", ".xls"):
        raise refusal("FILE_TYPE", f"{suffix} in name")
    return "csv"

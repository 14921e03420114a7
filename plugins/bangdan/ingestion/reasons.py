"""The reason codes of everything that is refused, rejected or warned about, each with its meaning and remedy."""

from __future__ import annotations

from typing import NamedTuple

from bangdan.core.errors import ExportRefused


class Reason(NamedTuple):
    """What a code means, and what to do about it."""

    meaning: str
    remedy: str


# Some only inform: HDR_OLDER, HDR_REPEATED, HDR_DRIFT, HDR_PRIVATE, ENC_REPLACED, DUP_ID, COUNT_NA, DATE_SERIAL, DATE_EPOCH, and ID_PRECISION
# where the id could be proven.
REASONS: dict[str, Reason] = {
    "FILE_EMPTY": Reason("the file has no bytes", "export it again"),
    "FILE_NO_ROWS": Reason("a header without rows", "check that the export covers the month"),
    "FILE_NOT_TABULAR": Reason("no table: a web page or text", "log in to the tool and export again"),
    "FILE_CHANGED": Reason("the landed bytes are not those that were received", "restore from a backup"),
    "FILE_LINK": Reason("a link: links are not followed", "deliver the file itself"),
    "FILE_NOTE": Reason(
        "the delivery note cannot be read, so its files count as received at their own times",
        'write it in UTF-8 as {"received_at": "2021-09-10T06:00:00+08:00"}',
    ),
    "FILE_READER": Reason(
        "the reader of the file broke, or took too long or too much memory", "save it as CSV, or in smaller parts"
    ),
    "FILE_UNREADABLE": Reason(
        "this version of the program breaks on the file", "report the place that is named; all other files are loaded"
    ),
    "FILE_LARGE": Reason("a file of over 2 GB; only its beginning was landed", "deliver it in parts"),
    "FILE_TYPE": Reason("the bytes are of another type than the suffix", "save it in the format of its suffix"),
    "PURGED": Reason(
        "these bytes were purged when their time was over", "see docs/privacy.md on bringing a month back"
    ),
    "SHEET_DIFFERS": Reason(
        "another sheet of the workbook holds a table under another header", "save each sheet as a file of its own"
    ),
    "FORMAT_UNKNOWN": Reason("no connector knows this header or shape", "describe it with --mapping (see --suggest)"),
    "FORMAT_USELESS": Reason("this kind of file holds nothing to rank by", "deliver another export of the tool"),
    "HDR_UNKNOWN": Reason("no connector knows this header", "describe it with --mapping (see --suggest)"),
    "HDR_MISSING": Reason(
        "a header that is needed is not there, or the first row holds data",
        "put the header row back, or use the mapping of this kind of file",
    ),
    "HDR_DUPLICATE": Reason("a column name that is needed is there twice", "rename or remove one of the two columns"),
    "HDR_OLDER": Reason(
        "rows that a later version of the tool wrote under an older header; read by that version", "nothing to do"
    ),
    "HDR_REPEATED": Reason("the header is repeated among the rows; those lines were skipped", "nothing to do"),
    "HDR_DRIFT": Reason("columns the connector does not know; not kept", "nothing to do, or extend the mapping"),
    "HDR_PRIVATE": Reason(
        "columns that look like secrets or data of persons; not kept", "leave them out of the export"
    ),
    "ENC_REPLACED": Reason("bytes that are no character were replaced", "nothing to do if the text is readable"),
    "ENC_MIXED": Reason("the row is in another encoding than its file", "export again in one encoding"),
    "ENC_TWICE": Reason(
        "text that was decoded twice: in a wrong encoding before it was saved",
        "export again as UTF-8; do not open it first",
    ),
    "ENC_SURROGATE": Reason("half a character pair", "export again with a current version of the tool"),
    "CTRL_CHARS": Reason("NUL characters in the row", "export again; the file was damaged on its way"),
    "ROW_CUT": Reason("the last row breaks off: no row end, and fewer cells than all others", "export it again"),
    "ROW_WIDTH": Reason("more cells than the header has names", "quote cells that hold the delimiter"),
    "ROW_UNREADABLE": Reason("this version of the program breaks on the row", "report it; all other rows are loaded"),
    "QUOTE_UNCLOSED": Reason("a stray quote swallows rows", "quote cells properly and double quotes inside them"),
    "JSON_TRUNCATED": Reason("the JSON ends in the middle", "export again"),
    "JSON_BAD_LINE": Reason("a line that is no JSON", "the writer was stopped; export again to get the row"),
    "JSON_LIMIT": Reason(
        "a JSON value, or a document that is one record, of over 200 MB, or nested too deep",
        "export JSON Lines: one object a line",
    ),
    "JSON_KEY_TWICE": Reason(
        "an object has the same key twice, of which readers take different values", "export again, or leave one out"
    ),
    "COUNT_NEGATIVE": Reason("a count below zero", "correct the export"),
    "COUNT_RANGE": Reason("a count above 10^12", "correct the export"),
    "COUNT_NA": Reason("a word for nothing where a count belongs; it is missing, not 0", "nothing to do"),
    "COUNT_INVALID": Reason("a count that is no number", "correct the export, or give a count rule in the mapping"),
    "CHANNEL_MISSING": Reason("no channel type, so the row could count for no channel", "fill in the column"),
    "ID_MISSING": Reason("no identifier, URL or title that identifies the record", "export the id column"),
    "ID_PRECISION": Reason("a spreadsheet rounded the identifier", "export as text; do not open it in a spreadsheet"),
    "ID_CONFLICT": Reason(
        "the numeric id and the short id are of different posts", "export again; the row was mixed up"
    ),
    "DATE_MISSING": Reason("no time of publication", "export the time column"),
    "DATE_EARLY": Reason("a moment before 2009, when the first channels began", "correct the row"),
    "DATE_SERIAL": Reason("a spreadsheet's day number; converted", "nothing to do"),
    "DATE_EPOCH": Reason("a number of seconds or milliseconds; converted", "nothing to do"),
    "DATE_INVALID": Reason(
        "no date, one that does not exist, or one in a form that is not read", "write it as 2021-08-31 18:30:00"
    ),
    "DATE_FUTURE": Reason(
        "published after the export was received, or counted over a month after",
        "correct the row, or say --received-at",
    ),
    "DATE_RELATIVE": Reason("a time like 5分钟前 without the moment of capture", "export absolute times"),
    "DATE_NO_YEAR": Reason("a date without its year", "give `year` in the mapping"),
    "DATE_SPREAD": Reason("rows of more than 500 different months", "correct the time column"),
    "VALUE_UNKNOWN": Reason("a value the mapping does not list", "add it to the mapping"),
    "ACCOUNT_NO_KEY": Reason(
        "a registered account without its key, so no record could be its own",
        "write the key that the exports name; see docs/exports.md",
    ),
    "TXT_TOO_LONG": Reason("a text over 300,000 characters", "correct the row"),
    "DUP_ID": Reason("the same record again; the newest observation counts", "nothing to do"),
    "ARC_TRUNCATED": Reason("the archive or workbook is cut off", "copy it again"),
    "ARC_TRAVERSAL": Reason("a member path that leaves the archive", "do not trust this archive"),
    "ARC_BOMB": Reason("expands beyond the limits (ratio 100, 2 GiB)", "deliver the files without the archive"),
    "ARC_SYMLINK": Reason("a member that is a link", "deliver plain files"),
    "ARC_NESTED": Reason("an archive inside an archive", "deliver one level"),
    "ARC_LOCKED": Reason("it asks for a password", "deliver it without one"),
    "XML_ENTITY": Reason("XML with entity definitions", "deliver a plain feed"),
    "XML_LIMIT": Reason(
        "a feed of over 32 MB, nested too deep, or with over 1,000 attributes at an element", "deliver it in parts"
    ),
    "XML_BROKEN": Reason("the feed cannot be parsed", "export again"),
}


def refusal(code: str, detail: str = "") -> ExportRefused:
    """The error for a whole file, worded by its reason code."""
    reason = REASONS[code]
    return ExportRefused(code, f"{code}: {reason.meaning}{f' ({detail})' if detail else ''}", remedy=reason.remedy)

"""Formulas of a workbook that were never calculated: their cells have no value, and would be read as empty.

Programs that write workbooks leave formulas so, and some write every text that begins with = as a formula.
"""

from __future__ import annotations

import io
import re
import zipfile

# Such a cell; an empty text (t="str") is a value. All lengths are bounded, so that no sheet makes
# the search long; a text of a cell, 32,767 characters, takes at most 300,000 bytes where it is written as entities.
NOT_CALCULATED = re.compile(
    rb'<((?:\w{1,16}:)?)c(\s(?![^>]{0,256}\bt="str")[^>]{0,256})>'
    rb"<\1f(?:\s[^>]{0,512})?(?:/>|>([^<]{0,300000})</\1f>)"
    rb"\s{0,64}(?:<\1v\s?/>|<\1v></\1v>)?\s{0,64}</\1c>"
)


def with_texts(file: str) -> io.BytesIO:
    """The workbook with the text of each formula that was never calculated, from its =, as the value of its cell."""
    copy = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(copy, "w") as target:
        for part in archive.infolist():
            data = archive.read(part)
            if part.filename.lower().startswith("xl/worksheets/"):
                data = NOT_CALCULATED.sub(_text_cell, data)
            target.writestr(part.filename, data)
    copy.seek(0)
    return copy


def _text_cell(formula: re.Match[bytes]) -> bytes:
    prefix, attributes, text = formula.groups()
    attributes = re.sub(rb'\st="[^"]*"', b"", attributes)
    inner = b"<%bis><%bt>=%b</%bt></%bis>" % (prefix, prefix, text or b"", prefix, prefix)
    return b'<%bc%b t="inlineStr">%b</%bc>' % (prefix, attributes, inner, prefix)

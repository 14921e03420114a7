"""How numbers and foreign text are written for readers: percent, points, thousands, sizes; headlines."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

# Characters that show nothing but change how their neighbours read: controls, zero-width characters and fillers,
# direction marks, separators of lines, tags. The joiner U+200D stays between emoji, which it makes one.
EMOJI = "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
    f"|(?<![{EMOJI}])\u200d|\u200d(?![{EMOJI}])"
)
LINE_BREAK = re.compile("\r\n|[\t\n\r\u000b\u000c\u0085\u2028\u2029]")
# What a spreadsheet takes for the beginning of a formula; it takes the full-width forms too.
FORMULA = tuple("=+-@＝＋－＠\t\r")
HEADLINE = re.compile(r"(?:#[^#]+#\s*)*【([^】]{4,60})】")
SENTENCE_END = re.compile("[。！？]")


def visible(text: str | None) -> str:
    """Text from data without invisible characters; tabs and line ends stay."""
    return INVISIBLE.sub("", text or "")


def one_line(text: str | None) -> str:
    """Text from data for a line of a terminal, log, table or mail header: a space for a line break, nothing invisible."""
    return visible(LINE_BREAK.sub(" ", text or ""))


def inert(text: str) -> str:
    """Text from data for a cell of a CSV file: on one line, and with an apostrophe in front where a spreadsheet would
    run it as a formula. Numbers stay as they are.
    """
    flat = one_line(text)
    is_formula = flat.lstrip().startswith(FORMULA) or text.startswith(FORMULA)
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", flat) is not None
    return f"'{flat}" if is_formula and not is_number else flat


def headline(title: str | None, most: int = 60) -> str:
    """A title on one line, at most `most` characters: the headline in 【】 of a text without title, else its first
    sentence, else its beginning.
    """
    flat = " ".join(visible(title).split())
    match = HEADLINE.match(flat)
    if match:
        return match[1]
    if len(flat) > most:
        flat = SENTENCE_END.split(flat, maxsplit=1)[0]
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def percent(share: Decimal | None) -> str:
    """A share of 0 to 1 in percent, one decimal: 0.592615 → 59.3."""
    return "–" if share is None else str((share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP))


def points(change: Decimal | None) -> str | None:
    """Percentage points without a minus or plus, one decimal."""
    return None if change is None else str(abs(change).quantize(Decimal("0.1"), ROUND_HALF_UP))


def grouped(count: int | None) -> str:
    """A count with thousands separators: 50586 → 50,586."""
    return "–" if count is None else f"{count:,}"


def figure(value: float) -> str:
    """A number of any kind: 12,345 from a hundred up, else four digits: 0.9677."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def two_decimals(value: Decimal | None) -> str:
    """A score, rounded half up: 2.345 → 2.35."""
    return "–" if value is None else str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def signed(value: Decimal | None) -> str:
    """Two decimals with a plus or minus; a value that rounds to zero has no plus."""
    text = two_decimals(value)
    return text if value is None or value <= 0 or text == "0.00" else f"+{text}"


def signed_text(value: str | None) -> str:
    """As `signed`, of a decimal that a manifest holds as text."""
    return signed(None if value is None else Decimal(value))


def file_size(count: int) -> str:
    """Bytes in B, kB or MB (powers of 1000)."""
    return (
        f"{count} B" if count < 1000 else f"{count / 1000:,.0f} kB" if count < 1_000_000 else f"{count / 1e6:,.1f} MB"
    )

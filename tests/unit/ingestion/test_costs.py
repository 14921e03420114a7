"""What hostile files and texts cost grows with their size, not with its square: four times the size, measured in CPU."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bangdan.core.errors import ExportRefused
from bangdan.core.formatting import headline
from bangdan.ingestion.columns import records, values
from bangdan.ingestion.export_reader import open_export
from bangdan.matching.aliases import IN_TEXT
from tests.support import loading

pytestmark = pytest.mark.slow

AT = datetime(2021, 9, 10, tzinfo=UTC)
LINEAR, QUADRATIC = 4, 16  # times the work, for four times the size
FLOOR = 0.02  # CPU seconds that are noise


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def assert_linear(work: Callable[[int], Callable[[], object]], size: int) -> None:
    """Between linear and quadratic there is a factor of four: half of it is the margin. What another process disturbs
    is measured again: the least of three counts.
    """
    small, large = work(size), work(4 * size)
    least_small = least_large = math.inf
    for _ in range(3):
        least_small, least_large = min(least_small, cpu_seconds(small)), min(least_large, cpu_seconds(large))
        if least_large < (LINEAR + QUADRATIC) / 2 * max(least_small, FLOOR):
            return
    pytest.fail(f"{least_small} s of a size, {least_large} s of four times the size")


def item(more: str) -> str:
    return f"<rss version='2.0'><channel><item {more}><title>a</title></item></channel></rss>"


FILES: dict[str, tuple[str, int, Callable[[int], str]]] = {
    "JSON of many keys": ("a.json", 150_000, lambda n: json.dumps({f"k{i}": i for i in range(n)})),
    "a list of such objects": ("a.json", 150_000, lambda n: json.dumps([{f"k{i}": i for i in range(n)}])),
    "keys within keys": ("a.json", 20_000, lambda n: json.dumps({"a": {f"k{i}": {"x": i} for i in range(n)}})),
    "one line of many keys": ("a.jsonl", 150_000, lambda n: json.dumps({f"k{i}": i for i in range(n)}) + "\n{}\n"),
    "a header of many names": ("a.csv", 2_500, lambda n: ",".join(f"k{i}" for i in range(n)) + "\n1,2\n"),
    "an element of many attributes": ("a.xml", 50_000, lambda n: item(" ".join(f"a{i}='1'" for i in range(n)))),
    "attributes without values": ("a.xml", 50_000, lambda n: item(" a" * n)),
    "attributes of a broken document": ("a.xml", 50_000, lambda n: item(" ".join(f"a{i}='1'" for i in range(n))) + "<&"),
    "a quote that never closes": ("a.xml", 50_000, lambda n: item("a='" + " b" * n)),
    "tags that never end": ("a.xml", 20_000, lambda n: "<?xml version='1.0'?><rss><channel>" + "<a " * n),
    "links in a text": ("a.xml", 5_000, lambda n: item("").replace("</item>", "<description>" + "&lt;a href='x' " * n + "</description></item>")),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_recognising_a_file_takes_time_with_its_size(tmp_path: Path, kind: str) -> None:
    name, size, text = FILES[kind]

    def work(n: int) -> Callable[[], object]:
        file = loading.put(tmp_path / str(n) / name, text(n))

        def read() -> None:
            try:
                for _ in open_export(file, name, AT).batches():
                    pass
            except ExportRefused:
                pass

        return read

    assert_linear(work, size)


TEXTS: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "spaces after a source": (IN_TEXT.findall, lambda n: "来源" + " " * n),
    "sources with spaces": (IN_TEXT.findall, lambda n: "来源 \t" * (n // 4)),
    "at characters": (IN_TEXT.findall, lambda n: "@" * n),
    "names": (IN_TEXT.findall, lambda n: "//@名" * (n // 4)),
    "hash characters": (records.HASHTAG.findall, lambda n: "#" * n),
    "hashtags that never close": (records.HASHTAG.findall, lambda n: "#话" * (n // 2)),
    "hashtags before a headline": (headline, lambda n: "#a# " * (n // 4)),
    "brackets": (headline, lambda n: "【" * n),
    "digits of a count": (values.parse_count, lambda n: "9" * n),
    "marks above a count": (values.parse_count, lambda n: "1" + "\u0301\u0323" * (n // 2)),
    "marks above a time": (values.parse_time, lambda n: "2" + "\u0301\u0323" * (n // 2)),
    "blanks in a time": (values.parse_time, lambda n: "2021-08-02" + " " * n + "x"),
    "parameters of an address": (values.canonical_url, lambda n: "https://a.example/?" + "utm_a=1&" * (n // 8)),
    "tracking names": (values.canonical_url, lambda n: "https://a.example/?" + "&share" * (n // 6)),
    "slashes": (values.canonical_url, lambda n: "https://a.example" + "/" * n),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_reading_a_text_takes_time_with_its_length(kind: str) -> None:
    function, text = TEXTS[kind]

    def work(n: int) -> Callable[[], object]:
        made = text(n)
        return lambda: function(made)

    assert_linear(work, 50_000)


def test_a_table_of_too_many_names_is_refused_before_short_rows_are_filled_up(tmp_path: Path) -> None:
    for names, codes in ((2_000, {"HDR_UNKNOWN": 1}), (2_001, {"FILE_NOT_TABULAR": 1})):
        text = ",".join(f"k{i}" for i in range(names)) + "\n" + "1\n" * 10_000
        (report,) = loading.load(tmp_path / str(names), loading.put(tmp_path / "in" / f"{names}.csv", text))
        assert report.reasons == codes

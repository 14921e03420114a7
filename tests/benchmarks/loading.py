"""What loading a large export costs, beside the least that the engine needs to read it at all.

    python -m tests.benchmarks.loading [--rows 1000000] [--repeat 3]

The export is synthetic: a Weibo search table of 21 columns with texts, every third of them on two lines, about 600 bytes a
row. `ingest` is the whole command (land, check, read, parse, write); `load` is without landing; `bare` is DuckDB's
`copy (from read_csv(…)) to parquet` of the same bytes in a process of its own. The best of the repetitions counts. Prints
a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from bangdan.core.identifiers import bid_of_mid
from tests.benchmarks.matching import measured, texts

HEADER = (
    "id,bid,user_id,用户昵称,微博正文,头条文章url,发布位置,艾特用户,话题,转发数,评论数,点赞数,发布时间,发布工具,"
    "微博图片url,微博视频url,retweet_id,ip,user_authentication,会员类型,会员等级"
)
CHARS, CHUNK = 140, 20_000
RECEIVED = "2021-09-10T06:00:00+08:00"
BARE = """
import duckdb, sys
duckdb.connect().execute(
    f"copy (from read_csv('{sys.argv[1]}', header = true, delim = ',', quote = '\\"', escape = '\\"', comment = '',"
    f" all_varchar = true, null_padding = true, parallel = false)) to '{sys.argv[2]}' (format parquet)"
)
"""
LOAD = """
import sys
from bangdan.ingestion import landing, loading, raw
from bangdan.core.settings import Settings
settings = Settings.load()
loading.ensure_layout(settings)
(export,) = landing.landed_exports(settings)
report = raw.load_export(export, settings)
assert (report.status, report.accepted) == ("loaded", int(sys.argv[1])), report
print("{}")
"""


def write(file: Path, rows: int) -> None:
    r = np.random.default_rng(5)
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(HEADER.split(","))
        for begin in range(0, rows, CHUNK):
            n = min(CHUNK, rows - begin)
            whole = "".join(texts(r, n * CHARS // 364 + 1))
            users = r.integers(5_000_000_000, 5_000_050_000, n).tolist()
            counts = (r.pareto(1.0, (n, 3)) * 10).astype(np.int64).tolist()
            minutes = (np.datetime64("2021-08-01") + r.integers(0, 31 * 1440, n) * np.timedelta64(1, "m")).astype(str)
            for i in range(n):
                mid = str(4660000000000003 + (begin + i) * 7)
                text = whole[i * CHARS : (i + 1) * CHARS]
                text = f"{text[:70]}\n{text[70:]}" if i % 3 == 0 else text
                topic = text[:6].replace("\n", "") if i % 5 == 0 else ""
                text = f'#{topic}#{text}，"引文"' if topic else text
                reposts, comments, likes = counts[i]
                message = f"{comments / 10_000:.1f}万" if comments > 10_000 else comments
                out.writerow([
                    mid, bid_of_mid(mid), users[i], f"用户{users[i] % 50_000}", text, "", "" if i % 10 else "上海·陆家嘴", "", topic,
                    reposts, message, likes, minutes[i].replace("T", " "), "手机客户端", f"https://img.example/large/{begin + i:016x}.jpg",
                    "", "" if i % 4 else str(4650000000000001 + i), "发布于 上海", "普通用户", "", "",
                ])  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--repeat", type=int, default=3)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as name:
        folder = Path(name)
        file = folder / "in" / "weibo.csv"
        file.parent.mkdir()
        write(file, options.rows)
        result: dict[str, dict[str, float]] = {}
        for i in range(options.repeat):
            os.environ["BANGDAN_HOME"] = str(folder / f"home{i}")
            ingest = [sys.executable, "-m", "bangdan.cli", "ingest", str(file), "--received-at", RECEIVED, "--json"]
            ways = {
                "bare": [sys.executable, "-c", BARE, str(file), str(folder / "bare.parquet")],
                "ingest": ingest,
                "load": [sys.executable, "-c", LOAD, str(options.rows)],
            }
            for way, words in ways.items():
                if way == "load":  # the landed bytes once more, into a raw layer that is empty again
                    (folder / f"home{i}" / "raw").rename(folder / f"home{i}" / "before")
                measure = measured(words)
                best = result.setdefault(way, measure)
                result[way] = {
                    key: min(best[key], measure[key]) if key != "peak_mb" else max(best[key], measure[key])
                    for key in measure
                }
        summary = {
            "rows": options.rows,
            "megabytes": round(file.stat().st_size / 1e6),
            **{f"{way}_{key}": value for way, measure in result.items() for key, value in measure.items()},
            "ingest_ratio": round(result["ingest"]["seconds"] / result["bare"]["seconds"], 2),
            "load_ratio": round(result["load"]["seconds"] / result["bare"]["seconds"], 2),
        }
    print(f"{options.rows:,} rows, {summary['megabytes']} MB; best of {options.repeat}")
    print(f"{'':8s}{'seconds':>9s}{'CPU s':>9s}{'peak MB':>9s}{'to bare':>9s}")
    for way, measure in result.items():
        ratio = measure["seconds"] / result["bare"]["seconds"]
        print(f"{way:8s}{measure['seconds']:9.2f}{measure['cpu_seconds']:9.2f}{measure['peak_mb']:9.0f}{ratio:9.2f}")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()

"""The matcher's cost on generated texts: CPU seconds, memory, linearity, and items per second beside other ways.

    python -m tests.benchmarks.matching [--items 1000000,3000000] [--rival-items 20000]

Posts and items are random characters with the frequencies of running text (Zipf over 3,000), 364 characters each; two
items in a hundred are reprints of a post, cut or with a header. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHARS, POSTS, CHUNK = 364, 50_000, 50_000
AT = np.datetime64("2021-08-01", "us")


def texts(r: np.random.Generator, n: int) -> list[str]:
    """n texts of CHARS characters."""
    ranks = np.minimum(r.zipf(1.3, n * CHARS), 3000).astype(np.uint32) - 1
    spread = np.uint32(0x4E00) + (ranks * np.uint32(7919)) % np.uint32(3001)
    whole = spread.astype("<u4").tobytes().decode("utf-32-le")
    return [whole[i * CHARS : (i + 1) * CHARS] for i in range(n)]


def write_posts(file: Path) -> list[str]:
    r = np.random.default_rng(1)
    own = texts(r, POSTS)
    n = len(own)
    table = {
        "post_id": [f"p{i}" for i in range(n)], "platform": ["wechat"] * n, "account_id": [f"a{i % 500}" for i in range(n)],
        "unit_id": [f"u{i % 60}" for i in range(n)], "url": pa.nulls(n, pa.string()), "title": [""] * n, "text": own,
        "published_at": AT + r.integers(0, 30 * 86_400, n) * np.timedelta64(1, "s"),
    }  # fmt: skip
    pq.write_table(pa.table(table), file)
    return own


def write_items(file: Path, number: int, own: list[str]) -> None:
    r = np.random.default_rng(2)
    writer = None
    for begin in range(0, number, CHUNK):
        n = min(CHUNK, number - begin)
        result = texts(r, n)
        for i in np.flatnonzero(r.random(n) < 0.02):
            source = own[int(r.integers(len(own)))]
            result[i] = source[: int(r.integers(220, CHARS))] if r.random() < 0.5 else f"本报讯{source}"
        table = pa.table(
            {
                "item_id": [f"i{begin + i}" for i in range(n)], "channel_type": ["news_site"] * n,
                "outlet_id": [f"o{i % 900}" for i in range(n)], "url": pa.nulls(n, pa.string()), "title": [""] * n,
                "text": result, "repost_of_post_id": pa.nulls(n, pa.string()), "source_name_raw": pa.nulls(n, pa.string()),
                "source_url_raw": pa.nulls(n, pa.string()),
                "published_at": AT + np.timedelta64(31 * 86_400, "s") + np.arange(n) * np.timedelta64(1, "s"),
            }
        )  # fmt: skip
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
        print(f"  wrote {begin + n:,} items", end="\r", file=sys.stderr)
    if writer:
        writer.close()


def measured(words: list[str]) -> dict[str, float]:
    """Run a child; seconds, CPU seconds and peak resident megabytes of it alone (from a process of its own)."""
    code = (
        "import json,resource,subprocess,sys,time;t=time.monotonic();d=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE);"
        "u=resource.getrusage(resource.RUSAGE_CHILDREN);assert d.returncode==0;"
        "print(json.dumps({'seconds':round(time.monotonic()-t,2),'cpu_seconds':round(u.ru_utime+u.ru_stime,2),"
        "'peak_mb':u.ru_maxrss//1024}))"
    )
    return json.loads(subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=True).stdout)


def decoding(file: Path) -> float:
    """CPU seconds to read the Parquet and nothing else."""
    before = time.process_time()
    for _batch in pq.ParquetFile(file).iter_batches(2048):
        pass
    return round(time.process_time() - before, 2)


def rivals(folder: Path, own: list[str], items: list[str]) -> dict[str, float]:
    """CPU seconds of each other way on `items`, against the same posts; the index is built outside the clock."""
    import duckdb
    from datasketch import MinHash, MinHashLSH
    from rensa import RMinHash, RMinHashLSH

    def grams(text: str) -> list[str]:
        return [text[i : i + 16] for i in range(len(text) - 15)]

    result: dict[str, float] = {}
    few = own[:2_000]  # building these indexes costs as much again: few posts flatter them
    lsh = MinHashLSH(threshold=0.5, num_perm=128)
    for number, text in enumerate(few):
        min_hash = MinHash(128)
        min_hash.update_batch([gram.encode() for gram in grams(text)])
        lsh.insert(number, min_hash)
    before = time.process_time()
    for text in items[: len(items) // 10]:
        min_hash = MinHash(128)
        min_hash.update_batch([gram.encode() for gram in grams(text)])
        lsh.query(min_hash)
    result["datasketch MinHashLSH"] = (time.process_time() - before) * 10
    fast = RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    for number, text in enumerate(few):
        min_hash = RMinHash(num_perm=128, seed=1)
        min_hash.update(grams(text))
        fast.insert(number, min_hash)
    before = time.process_time()
    for text in items:
        min_hash = RMinHash(num_perm=128, seed=1)
        min_hash.update(grams(text))
        fast.query(min_hash)
    result["rensa RMinHashLSH"] = time.process_time() - before
    con = duckdb.connect()
    con.execute("set threads = 1")
    con.register("posts", pa.table({"id": range(len(few)), "text": few}))
    con.register("items", pa.table({"id": range(len(items)), "text": items}))
    each_gram = "select id, unnest([substr(text, i, 16) for i in range(1, length(text) - 14)]) as gram from"
    con.execute(f"create table index_ as {each_gram} posts")
    before = time.process_time()
    con.execute(
        f"create table pairs as select i.id, p.id as post, count(*) as shared from ({each_gram} items) i"
        " join index_ p using (gram) group by all having count(*) > 100"
    )
    result["DuckDB SQL n-grams"] = time.process_time() - before
    return {name: round(seconds, 2) for name, seconds in result.items()}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--items", default="1000000,3000000")
    asked.add_argument("--rival-items", type=int, default=20_000)
    options = asked.parse_args()
    report: dict = {"own_posts": POSTS, "chars": CHARS, "runs": []}
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as name:
        folder = Path(name)
        own = write_posts(folder / "posts.parquet")
        for number in (int(part) for part in options.items.split(",")):
            write_items(folder / "items.parquet", number, own)
            words = [sys.executable, "-m", "bangdan.cli", "match", "--posts", str(folder / "posts.parquet")]
            words += ["--items", str(folder / "items.parquet"), "--out", str(folder / "out.parquet")]
            run = {"items": number, **measured(words), "decoding_cpu_seconds": decoding(folder / "items.parquet")}
            run["items_per_cpu_second"] = round(number / run["cpu_seconds"])
            run["matches"] = pq.read_metadata(folder / "out.parquet").num_rows
            report["runs"].append(run)
            print(json.dumps(run))
        sample = texts(np.random.default_rng(3), options.rival_items)
        for rival, seconds in rivals(folder, own, sample).items():
            report.setdefault("rivals", {})[rival] = {
                "cpu_seconds": seconds, "items": len(sample), "items_per_cpu_second": round(len(sample) / seconds)
            }  # fmt: skip
            print(f"{rival:24s}{len(sample) / seconds:12,.0f} items per CPU second")
    report["bench_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(report))


if __name__ == "__main__":
    main()

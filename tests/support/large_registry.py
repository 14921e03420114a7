"""A registry of a country's accounts joined with a month's items within a limit of memory, on DuckDB and on Apache Spark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.support.process_tree import measured

ITEMS = 3_000_000
# A key is the text of a number; of 26 accounts 25 are Weibo's and one is WeChat's, as 300 of 312 million are.
ACCOUNTS = """
copy (
    select
        case when n % 26 = 0 then 'wechat' else 'weibo' end as platform,
        'u' || lpad(cast(n * 7919 % {accounts} as varchar), 12, '0') as account_key,
        '账号' || n as account_name,
        'unit-' || n % 40000 as unit_id
    from range({accounts}) as numbers(n)
) to '{folder}' (format parquet, compression zstd, per_thread_output true)
"""
# A third of the items are of one account; a tenth are of accounts that no registry has.
MONTH_OF_ITEMS = """
copy (
    select
        'i' || n as item_id,
        case when account % 26 = 0 then 'wechat' else 'weibo' end as platform,
        case
            when n % 10 = 0 then 'x' || n
            else 'u' || lpad(cast(account * 7919 % {accounts} as varchar), 12, '0')
        end as account_key
    from (select n, case when n % 3 = 0 then 26 else hash(n) % {accounts} end as account from range({items}) as t(n))
) to '{folder}' (format parquet, compression zstd, per_thread_output true)
"""
JOIN = """
select
    count(*) as items,
    count(accounts.unit_id) as owned_items,
    count(distinct accounts.unit_id) as units,
    max(accounts.account_name) as last_name
from {items} as items
left join {accounts} as accounts
    on items.platform = accounts.platform and items.account_key = accounts.account_key
"""
ON_DUCKDB = """
import duckdb, sys
folder, memory = sys.argv[1:]
con = duckdb.connect(f"{folder}/join.duckdb")
con.execute(f"set memory_limit = '{memory}'; set threads = 2; set enable_progress_bar = false")
query = QUERY.format(items=f"'{folder}/items/*.parquet'", accounts=f"'{folder}/accounts/*.parquet'")
print(*con.execute(query).fetchone())
"""
ON_SPARK = """
import sys
from pyspark.sql import SparkSession
folder, memory = sys.argv[1:]
session = (
    SparkSession.builder.master("local[2]").config("spark.driver.memory", memory.replace("GB", "g"))
    .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "32")
    .config("spark.local.dir", f"{folder}/shuffle").getOrCreate()
)
query = QUERY.format(items=f"parquet.`{folder}/items`", accounts=f"parquet.`{folder}/accounts`")
print(*session.sql(query).collect()[0])
"""


@dataclass
class JoinCost:
    """What the join cost with an engine: seconds, CPU seconds, most memory in MB; the limit of memory, and what it found."""

    engine: str
    accounts: int
    memory: str
    seconds: float
    cpu_seconds: float
    peak_mb: int
    owned_items: int


def joins(folder: Path, accounts: int, memory: str) -> Iterator[JoinCost]:
    """The cost on each engine. Raises AssertionError where the two find different rows."""
    folder.mkdir(exist_ok=True)
    with duckdb.connect() as con:
        con.execute("set memory_limit = '2GB'; set threads = 2; set preserve_insertion_order = false")
        con.execute(ACCOUNTS.format(accounts=accounts, folder=folder / "accounts"))
        con.execute(MONTH_OF_ITEMS.format(accounts=accounts, items=ITEMS, folder=folder / "items"))
    found = {}
    for engine, script in (("duckdb", ON_DUCKDB), ("spark local[2]", ON_SPARK)):
        with measured() as cost:
            done = subprocess.run(
                [sys.executable, "-c", f"QUERY = '''{JOIN}'''\n{script}", str(folder), memory],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
        found[engine] = done.stdout.strip()
        owned = int(found[engine].split()[1])
        yield JoinCost(engine, accounts, memory, cost.seconds, cost.cpu_seconds, cost.peak_mb, owned)
    assert len(set(found.values())) == 1, found

"""The matching stage on Apache Spark: the own side built once and sent to every worker, items judged where they lie by
the function that the embedded engine's path calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from bangdan.core.months import MONTHS_AHEAD, MONTHS_BACK, Month
from bangdan.core.settings import Settings
from bangdan.matching import evidence, judged_items, matcher, post_index, stage
from bangdan.matching.aliases import Aliases
from bangdan.matching.parameters import Parameters, in_force
from bangdan.matching.post_index import PostIndex
from bangdan.matching.query_files import ITEM_COLUMNS, query

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# What a worker sends back: rows of matches and of rejected pairs, whose columns are among those of matches, and the
# earliest item of a family (its post and item, and the second in `lag_seconds`), each with its kind.
JUDGED = pa.schema([("kind", pa.string()), *evidence.MATCHES])
# The times between which an item was published, in seconds since 1970, as items_to_judge.sql has them.
EARLIEST = "cast(bround(unix_micros(published_at) / 1000000d) as bigint)"
LATEST = f"{EARLIEST} + case published_precision when 'day' then 86399 when 'minute' then 59 else 0 end"


@dataclass
class OwnSide:
    """All that an item is judged against: pickled once, held once in each worker's process."""

    posts: PostIndex
    aliases: Aliases
    parameters: Parameters
    decisions: stage.Decisions


def run(spark: SparkSession, settings: Settings, month: Month, partitions: int | None = None) -> dict[str, int]:
    """Match a month's items with the posts, both in the tables that `transform.build_on_spark` made, and write the
    evidence as the embedded engine does. Returns stage.Counts.

    Items are spread over `partitions` (default: two a core). The own side must fit into a worker's memory; the
    evidence, which grows with matches and not with items, into the driver's.
    """
    own_side = _own_side(spark, settings, month)
    items = spread(_items(spark, month), partitions or 2 * spark.sparkContext.defaultParallelism)
    judged = judge(spark, items, own_side)
    matches = _rows_of(judged, "match", evidence.MATCHES)
    result = matcher.Result()
    result.matches.append(matches)
    result.rejected.append(_rows_of(judged, "rejected", evidence.REJECTED))
    for row in _rows_of(judged, "earlier", evidence.MATCHES).to_pylist():
        result.add_earlier(own_side.posts.row_of[row["post_id"]], row["lag_seconds"], row["item_id"])
    families = matcher.families(own_side.posts, result.earlier, own_side.parameters)
    judged_items.remove(settings, str(month))
    for table, rows in (("matches", matches), ("rejected", result.rejected.table()), ("families", families)):
        evidence.write(settings, table, str(month), rows)
    counted = pc.sum(matches["is_counted"].cast(pa.int64())).as_py() or 0
    read = items.count()
    return asdict(stage.Counts(len(own_side.posts), read, read, len(matches), counted))


def spread(items: DataFrame, partitions: int) -> DataFrame:
    """The items in partitions by a hash of their ids: an outlet with a third of all is in every one of them."""
    return items.repartition(partitions, "item_id")


def judge(spark: SparkSession, items: DataFrame, own_side: OwnSide) -> pa.Table:
    """JUDGED of all items (ITEM_COLUMNS, `earliest` and `latest`), judged on Spark's workers."""
    from pyspark.sql.pandas.types import from_arrow_schema

    shared = spark.sparkContext.broadcast(own_side)

    def judge_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return judged_batches(batches, shared.value)

    try:
        return items.mapInArrow(judge_partition, from_arrow_schema(JUDGED)).toArrow().cast(JUDGED)
    finally:
        shared.unpersist()


def judged_batches(batches: Iterable[pa.RecordBatch], own_side: OwnSide) -> Iterator[pa.RecordBatch]:
    """JUDGED of the items of one partition, through `matcher.match`, as `stage.run` calls it."""
    result = matcher.match(own_side.posts, _sliced(batches), own_side.aliases, own_side.parameters, own_side.decisions)
    ids = own_side.posts.post_id
    earlier = [
        {"post_id": ids[row], "item_id": item_id, "lag_seconds": second}
        for row, (second, item_id) in result.earlier.items()
    ]
    for kind, rows in (
        ("match", result.matches.table()),
        ("rejected", result.rejected.table()),
        ("earlier", pa.Table.from_pylist(earlier, schema=evidence.MATCHES)),
    ):
        yield from _of_kind(kind, rows).to_batches()


def _own_side(spark: SparkSession, settings: Settings, month: Month) -> OwnSide:
    parameters = in_force(settings.seeds, f"{month}-01")
    posts = spark.sql(_filled("posts", str(month - MONTHS_BACK), str(month))).toArrow()
    names = spark.sql(_filled("account_names", month.start, month.end)).toArrow()
    return OwnSide(
        post_index.build(posts, parameters),
        Aliases.of(names, parameters.min_alias_chars),
        parameters,
        stage.decisions(settings, f"{month}-01"),
    )


def _items(spark: SparkSession, month: Month) -> DataFrame:
    """The items that are matched with a month's posts, with their texts."""
    last = str(month + MONTHS_AHEAD)
    spark.sql(_filled("reposts_through_reposts", str(month - MONTHS_BACK), last)).createOrReplaceTempView(
        "origins_of_reposts"
    )
    spark.sql(query("items_with_texts")).createOrReplaceTempView("items_with_texts")
    return spark.sql(
        f"select {', '.join(ITEM_COLUMNS)}, {EARLIEST} as earliest, {LATEST} as latest from items_with_texts"
        f" where published_month between '{month}' and '{last}'"
        f" and published_at_local < timestamp_ntz '{month.end + stage.READ_AHEAD:%Y-%m-%d %H:%M:%S}'"
    )


def _filled(name: str, *values: object) -> str:
    """A query with its parameters: months and moments, which the program makes itself."""
    text = query(name)
    for number, value in enumerate(values, 1):
        text = text.replace(f"${number}", f"'{value}'")
    return text


def _sliced(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches in pieces that a processor's cache holds."""
    for batch in batches:
        for start in range(0, batch.num_rows, matcher.BATCH_ROWS):
            yield batch.slice(start, matcher.BATCH_ROWS)


def _of_kind(kind: str, rows: pa.Table) -> pa.Table:
    columns = {
        field.name: rows[field.name] if field.name in rows.schema.names else pa.nulls(len(rows), field.type)
        for field in evidence.MATCHES
    }
    return pa.table({"kind": pa.array([kind] * len(rows), pa.string()), **columns}, schema=JUDGED)


def _rows_of(judged: pa.Table, kind: str, schema: pa.Schema) -> pa.Table:
    return judged.filter(pc.equal(judged["kind"], kind)).select(schema.names).cast(schema)

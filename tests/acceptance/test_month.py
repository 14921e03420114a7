"""A month through the command line, against an independent recount of the export files."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from bangdan import stages
from bangdan.core.errors import GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.pipeline import building, publishing, runs
from tests.support import faults
from tests.support.homes import bangdan, payload, published, ranking, touched, tree
from tests.support.recount import (
    CST,
    DISSEMINATION,
    INFLUENCE,
    Reprint,
    World,
    base_score,
    indicators,
    ranks,
    reprints,
)


@pytest.fixture(scope="module")
def world(city: Path) -> World:
    return World(city / "inbox")


@pytest.mark.parametrize("month", ["2021-07", "2021-08"])
def test_posts_originals_and_owners_equal_a_plain_count_of_the_files(city: Path, world: World, month: str) -> None:
    posts = world.posts(month)
    platforms = Counter(record.channel for record, _account, _unit in posts.values())
    originals = sum(bool(record.original) for record, _account, _unit in posts.values())
    (row,) = published(
        city,
        "select post_count, wechat_post_count, weibo_post_count, original_count from published.monthly_summary"
        f" where ranking_month = '{month}'",
    )
    assert row == (len(posts), platforms["wechat"], platforms["weibo"], originals)
    by_unit = Counter(unit for _record, _account, unit in posts.values())
    result = dict(
        published(city, f"select unit_id, post_count from published.unit_activity where ranking_month = '{month}'")
    )
    assert {unit: n for unit, n in result.items() if n} == by_unit


def test_rows_and_bad_rows_of_all_exports_equal_a_plain_count_of_the_files(city: Path, world: World) -> None:
    con = duckdb.connect()
    con.execute(f"create table m as from read_parquet('{city}/raw/export_manifest/*.parquet')")
    read, rejected = con.execute("select sum(rows_read), sum(rejected) from m where table_name = 'records'").fetchone()
    assert (read, rejected) == (world.rows, world.bad_rows.total())
    reasons = con.execute(
        f"select reason_code, count(*) from read_parquet('{city}/raw/rejects/*.parquet') where load_key in (select load_key from m) group by 1"
    ).fetchall()
    assert dict(reasons) == world.bad_rows
    assert set(world.bad_rows) == {"JSON_BAD_LINE", "COUNT_NEGATIVE"}
    registry = dict(
        con.execute("select table_name, sum(accepted) from m where table_name <> 'records' group by 1").fetchall()
    )
    assert (registry["units"], registry["accounts"]) == (len(world.units), len(world.accounts))


@pytest.mark.parametrize("month", ["2021-07", "2021-08"])
def test_items_of_each_channel_and_day_equal_a_plain_count_of_the_files(city: Path, world: World, month: str) -> None:
    """By the clock of Shanghai: a day's first and last second are its own."""
    accounts = {(row["platform"], row["account_key"]) for row in world.accounts}
    counted = Counter(
        (record.channel, record.published.astimezone(CST).date())
        for record in world.records.values()
        if (record.channel, record.key) not in accounts and record.published.astimezone(CST).strftime("%Y-%m") == month
    )
    result = published(
        city, f"select channel_type, day, item_count from published.coverage where ranking_month = '{month}'"
    )
    assert {(channel, day): items for channel, day, items in result if items} == counted


MONTHS = {"2021-07": [], "2021-08": ["2021-07"]}


@pytest.fixture(scope="module")
def recounted(world: World) -> dict[str, list[Reprint]]:
    """The counted reprints of each month from nothing but the files."""
    return {month: reprints(world, month, before) for month, before in MONTHS.items()}


@pytest.mark.parametrize("month", MONTHS)
def test_counted_reprints_equal_a_recount_of_the_files(
    city: Path, recounted: dict[str, list[Reprint]], month: str
) -> None:
    """Which post, whose, in which channel, when, with what engagement: one by one."""
    result = published(
        city,
        "select post_id, unit_id, channel_type, reprinted_at, read_count, like_count, comment_count"
        f" from published.reprints where ranking_month = '{month}' and is_counted",
    )
    counted = Counter(
        (entry.post_id, entry.unit, entry.channel, entry.at.replace(tzinfo=None), entry.read, entry.like, entry.comment)
        for entry in recounted[month]
    )
    assert counted - Counter(result) == Counter()
    assert Counter(result) - counted == Counter()


@pytest.mark.parametrize("month", MONTHS)
def test_the_recount_meets_the_edges_of_window_and_engagement(
    world: World, recounted: dict[str, list[Reprint]], month: str
) -> None:
    """Reprints in the next month's first week, and of the window's last hours: the comparison above says something."""
    posts = world.posts(month)
    lags = [entry.at - posts[entry.post_id][0].published for entry in recounted[month]]
    assert max(lags) > timedelta(hours=120)
    assert any(entry.at.astimezone(CST).strftime("%Y-%m") > month for entry in recounted[month])
    assert any(entry.read is None for entry in recounted[month])


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("dimension", ["dissemination", "influence"])
def test_scores_and_ranks_follow_from_the_files(
    city: Path, recounted: dict[str, list[Reprint]], month: str, dimension: str
) -> None:
    """From single rows of exports to rank by plain Python: the largest value per metric of each (post, outlet)."""
    values = indicators(recounted[month])
    rows = [row for row in ranking(city, month) if row["dimension"] == dimension]
    index = DISSEMINATION if dimension == "dissemination" else INFLUENCE
    result = published(
        city, f"select unit_id, indicator_id, value from published.unit_indicators where ranking_month = '{month}'"
    )
    assert {(unit, name): value or 0 for unit, name, value in result if name in index} == {
        (row["unit_id"], name): values[row["unit_id"]][name] for row in rows for name in index
    }
    for row in rows:
        assert Decimal(row["base_score"]) == base_score(values[row["unit_id"]], index).quantize(Decimal("1e-12"))
        total = Decimal(row["base_score"]) + Decimal(row["bonus_points"])
        assert Decimal(row["score"]) == total.quantize(Decimal("0.01"), ROUND_HALF_UP)
    for ranking_list in ("districts", "departments"):
        scores = {r["unit_id"]: Decimal(r["score"]) for r in rows if r["ranking_list"] == ranking_list}
        assert {r["unit_id"]: r["rank"] for r in rows if r["ranking_list"] == ranking_list} == ranks(scores)


def test_four_complete_lists(city: Path) -> None:
    result = Counter((row["ranking_list"], row["dimension"]) for row in ranking(city, "2021-08"))
    assert result == {
        ("districts", "dissemination"): 16,
        ("districts", "influence"): 16,
        ("departments", "dissemination"): 44,
        ("departments", "influence"): 44,
    }


def test_movement_is_against_the_release_of_the_month_before(city: Path) -> None:
    july = {(r["ranking_list"], r["dimension"], r["unit_id"]): r["rank"] for r in ranking(city, "2021-07")}
    for row in ranking(city, "2021-08"):
        before = july[row["ranking_list"], row["dimension"], row["unit_id"]]
        assert (row["previous_rank"], row["rank_change"]) == (before, before - row["rank"])
    assert all(row["previous_rank"] is None and row["movement"] == "" for row in ranking(city, "2021-07"))


def unchanged(done: subprocess.CompletedProcess) -> list[str]:
    """The stages that a run with --json left out."""
    return [row["stage"] for row in payload(done)["stages"] if row.get("unchanged")]


@dataclass(frozen=True)
class Rebuilt:
    """A copy of the city whose warehouse was lost before 2021-08 was run again, and how it was just after that run."""

    home: Path
    printed: str
    releases: dict[str, dict[str, str]]  # month → file → SHA-256
    ranking_rows: int


@pytest.fixture(scope="module")
def rebuilt(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    """What the runbook on rebuilding says, done."""
    home = tmp_path_factory.mktemp("rebuilt") / "home"
    shutil.copytree(city, home, symlinks=True)
    for name in ("warehouse", "evidence", "dbt", "published"):
        shutil.rmtree(home / name)
    done = bangdan(home, "run", "--month", "2021-08")
    bangdan(home, "verify")
    [(ranking_rows,)] = published(home, "select count(*) from published.ranking")
    releases = {month: tree(home / "releases" / month) for month in MONTHS}
    return Rebuilt(home, done.stdout, releases, ranking_rows)


@pytest.mark.timeout(300)
def test_a_lost_warehouse_is_made_again_and_the_release_stands(rebuilt: Rebuilt, city: Path) -> None:
    assert "is current, nothing changed" in rebuilt.printed
    assert rebuilt.releases == {month: tree(city / "releases" / month) for month in MONTHS}
    assert rebuilt.ranking_rows == 240


@pytest.mark.timeout(300)
def test_a_month_of_which_nothing_has_changed_costs_nothing_and_damage_is_seen(rebuilt: Rebuilt) -> None:
    run = ("run", "--month", "2021-08", "--json")
    tables = rebuilt.home / "warehouse" / "bangdan.duckdb"
    built = tables.stat().st_mtime_ns, touched(rebuilt.home / "evidence")
    shutil.rmtree(rebuilt.home / "releases" / "2021-08")
    again = bangdan(rebuilt.home, *run)
    assert unchanged(again) == list(stages.MONTH)
    assert (payload(again)["release"], payload(again)["is_new"]) == ("r1", True)
    assert (tables.stat().st_mtime_ns, touched(rebuilt.home / "evidence")) == built
    with duckdb.connect(str(tables)) as con:
        con.execute("drop table marts.fct_posts")
    assert unchanged(bangdan(rebuilt.home, *run)) == []


def test_a_refused_gate_publishes_nothing_and_names_suite_rule_and_rows(copy_of_city: Path, tmp_path: Path) -> None:
    """A channel's exports vanish: exit code 3, and the last release stands."""
    con = duckdb.connect()
    for file in sorted((copy_of_city / "raw" / "records" / "month=2021-08").glob("*.parquet")):
        (channel,) = con.execute("select min(channel_type) from read_parquet($1)", [str(file)]).fetchone()
        if channel == "news_site":
            load_key = file.stem
            for manifest in (copy_of_city / "raw" / "export_manifest").glob("*.parquet"):
                if manifest.name != "schema.parquet" and pq.read_table(manifest)["load_key"][0].as_py() == load_key:
                    table = pq.read_table(manifest)
                    at = table.schema.names.index("load_key")
                    pq.write_table(table.set_column(at, "load_key", [["gone"]]), manifest)
            file.unlink()

    def check() -> None:
        from bangdan.core.months import Month
        from bangdan.core.settings import Settings

        runs.run_stage(Settings.load(), Month.parse("2021-08"), "check_raw")

    done = faults.run(check, tmp_path / "printed", BANGDAN_HOME=str(copy_of_city))
    assert done.code == 3, done.output
    assert "raw_exports.channels" in done.output
    assert "news_site" in done.output
    report = json.loads((copy_of_city / "runs/2021-08/quality/raw_exports.json").read_text("utf-8"))
    assert not report["passed"]
    assert sorted(p.name for p in (copy_of_city / "releases/2021-08").glob("r*")) == ["r1"]


def test_what_is_built_anew_has_to_pass_its_gates_again(copy_of_city: Path) -> None:
    settings, month = Settings(copy_of_city, threads=2, memory_limit="2GB"), Month.parse("2021-08")
    building.present(settings, month, month)
    with pytest.raises(GateRefused, match="has not been passed"):
        publishing.publish(settings, month)
    building.check_facts(settings, month, month)
    with pytest.raises(GateRefused, match="ranking has not been passed"):
        publishing.publish(settings, month)
    building.check_ranking(settings, month, month)
    assert publishing.publish(settings, month).is_new is False


def test_a_moved_account_splits_its_posts_by_their_own_time(city: Path) -> None:
    """wb-d-mzj-3 goes from 市民政局 to another unit on the 15th: both carry a note."""
    rows = published(
        city,
        "select unit_id, min(published_at), max(published_at) from published.posts where ranking_month = '2021-08'"
        " and account_id = 'wb-d-mzj-3' group by unit_id order by unit_id",
    )
    for unit, first, last in rows:
        assert (f"{last:%Y-%m-%d}" < "2021-08-15") if unit == "d-mzj" else (f"{first:%Y-%m-%d}" >= "2021-08-15")
    notes = {row["unit_id"]: row["note"] for row in ranking(city, "2021-08")}
    assert "账号划转" in notes["d-mzj"]
    assert "账号划转" in notes["p-tsw"]


def test_accounting_adds_up_over_all_exports(city: Path) -> None:
    con = duckdb.connect()
    rows = con.execute(
        "select count(*) filter (rows_read <> accepted + rejected + duplicate), sum(rejected) from read_parquet($1)",
        [str(city / "raw" / "export_manifest" / "*.parquet")],
    ).fetchone()
    assert rows[0] == 0
    assert rows[1] > 0

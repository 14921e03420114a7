"""Quarters and years: recounted by hand from the releases of their months, and honest about the months that are missing."""

from __future__ import annotations

import csv
import random
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import contract, pointers, verification
from bangdan.publication.periods import period_tables
from bangdan.publication.periods.period_tables import Period
from tests.support import html_tables, small_city

Row = dict[str, Any]
Ranked = dict[str, tuple[int | None, str]]  # unit → rank and score of a month
D = Decimal
COUNTS = ("post_count", "wechat_post_count", "weibo_post_count", "original_count", "reprint_count")


def write_release(settings: Settings, month: str, ranks: Ranked, counts: tuple[int, ...] = (10, 4, 6, 5, 30)) -> None:
    """The tables of a release that a period reads: one list, one dimension; every unit with 1 post and 2 reprints."""
    folder = settings.releases / month / "r1"
    (folder / "tables").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    ranking = [
        {
            "ranking_month": month, "ranking_list": "districts", "dimension": "influence", "unit_id": unit,
            "unit_name": f"{unit} {month}", "unit_name_en": None, "rank": rank, "score": D(score),
        }
        for unit, (rank, score) in ranks.items()
    ]  # fmt: skip
    schema = pa.schema(
        [(name, pa.string()) for name in ("ranking_month", "ranking_list", "dimension", "unit_id", "unit_name", "unit_name_en")]
        + [("rank", pa.int32()), ("score", pa.decimal128(6, 2))]
    )  # fmt: skip
    activity = [{"ranking_month": month, "unit_id": unit, "post_count": 1, "reprint_count": 2} for unit in ranks]
    summary = {
        "ranking_month": month, "release": "r1", "method_version": "2021-01", "is_synthetic": False,
        "originality_rate": D("0.5"), **dict(zip(COUNTS, counts, strict=True)),
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist(ranking, schema), folder / "tables/ranking.parquet")
    pq.write_table(pa.Table.from_pylist(activity), folder / "tables/unit_activity.parquet")
    pq.write_table(pa.Table.from_pylist([summary]), folder / "tables/monthly_summary.parquet")


def test_a_release_that_is_older_than_a_column_or_a_table_counts_with_what_it_has(tmp_path: Path) -> None:
    """The files of a release stay as they were written."""
    settings = Settings(tmp_path, 1, "300MB")
    write_release(settings, "2021-07", {"甲": (1, "30"), "乙": (2, "20")})
    write_release(settings, "2021-08", {"甲": (2, "10"), "乙": (1, "40")})
    july = settings.releases / "2021-07" / "r1" / "tables"
    (july / "unit_activity.parquet").unlink()
    pq.write_table(pq.read_table(july / "ranking.parquet").drop_columns(["unit_name_en"]), july / "ranking.parquet")
    rows = ranking_of(settings, "2021-Q3")
    assert {unit: (row["rank"], row["mean_score"], row["post_count"]) for unit, row in rows.items()} == {
        "甲": (2, D("20.00"), 1), "乙": (1, D("30.00"), 1),
    }  # fmt: skip


def ranking_of(settings: Settings, name: str) -> dict[str, Row]:
    [made] = [made for made in period_tables.all_periods(settings) if made.period.name == name]
    return {row["unit_id"]: row for row in made.ranking.to_pylist()}


def volumes_of(settings: Settings, name: str) -> Row:
    [made] = [made for made in period_tables.all_periods(settings) if made.period.name == name]
    return made.volumes.to_pylist()[0]


# The calendar


@pytest.mark.parametrize(
    ("month", "quarter", "months", "former"),
    [
        ("2021-01", "2021-Q1", ["2021-01", "2021-02", "2021-03"], "2020-Q4"),
        ("2021-06", "2021-Q2", ["2021-04", "2021-05", "2021-06"], "2021-Q1"),
        ("2021-12", "2021-Q4", ["2021-10", "2021-11", "2021-12"], "2021-Q3"),
    ],
)
def test_a_quarter_is_three_months_of_the_calendar(month: str, quarter: str, months: list[str], former: str) -> None:
    period, year = period_tables.periods_of(Month.parse(month))
    assert period == Period("quarters", quarter)
    assert [str(of_period) for of_period in period.months] == months
    assert period.previous == Period("quarters", former)
    assert year == Period("years", "2021")
    assert (len(year.months), year.previous.name) == (12, "2020")


# Recounted by hand


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_city.settings_of(tmp_path)


def test_scores_are_means_half_up_and_ranks_share_a_place_on_the_rounded_mean(settings: Settings) -> None:
    write_release(settings, "2021-07", {"a": (1, "10.01"), "b": (2, "10.00"), "c": (3, "9.00"), "d": (4, "0")})
    write_release(settings, "2021-08", {"a": (2, "10.00"), "b": (1, "10.01"), "c": (3, "9.03"), "d": (4, "0")})
    rows = ranking_of(settings, "2021-Q3")
    assert {unit: (row["rank"], str(row["mean_score"])) for unit, row in rows.items()} == {
        "a": (1, "10.01"), "b": (1, "10.01"), "c": (3, "9.02"), "d": (4, "0.00"),
    }  # fmt: skip
    assert (rows["a"]["unit_name"], rows["a"]["post_count"], rows["a"]["reprint_count"]) == ("a 2021-08", 2, 4)


def test_a_unit_without_a_rank_in_a_published_month_is_listed_and_not_ranked(settings: Settings) -> None:
    write_release(settings, "2021-07", {"a": (1, "10"), "new": (None, "0")})
    write_release(settings, "2021-08", {"a": (2, "10"), "b": (1, "99"), "new": (1, "99")})
    rows = ranking_of(settings, "2021-Q3")
    assert {unit: (row["rank"], row["months_ranked"], str(row["mean_score"])) for unit, row in rows.items()} == {
        "a": (1, 2, "10.00"), "b": (None, 1, "99.00"), "new": (None, 1, "99.00"),
    }  # fmt: skip
    assert list(rows) == ["a", "b", "new"]


def test_volumes_are_sums_and_the_rate_is_of_the_sums(settings: Settings) -> None:
    write_release(settings, "2021-07", {"a": (1, "1")}, (100, 60, 40, 90, 7))
    write_release(settings, "2021-09", {"a": (1, "1")}, (50, 10, 40, 10, 8))
    assert volumes_of(settings, "2021-Q3") == {
        "period": "2021-Q3", "post_count": 150, "wechat_post_count": 70, "weibo_post_count": 80, "original_count": 100,
        "originality_rate": D("0.666667"), "reprint_count": 15, "months_published": 2, "months_in_period": 3,
        "is_complete": False, "source_releases": "2021-07 r1; 2021-09 r1", "missing_months": "2021-08",
    }  # fmt: skip
    missing = [f"2021-{number:02d}" for number in range(1, 13) if number not in (7, 9)]
    assert volumes_of(settings, "2021")["missing_months"] == "; ".join(missing)


def test_movement_is_given_against_a_complete_period_only(settings: Settings) -> None:
    for month in ("2021-04", "2021-05", "2021-06"):
        write_release(settings, month, {"a": (1, "9"), "b": (2, "8")})
    for month in ("2021-07", "2021-08"):
        write_release(settings, month, {"a": (2, "7"), "b": (1, "8"), "c": (3, "1"), "d": (None, "0")})
    write_release(settings, "2021-10", {"a": (1, "9"), "b": (2, "8"), "e": (3, "7")})
    third, fourth = ranking_of(settings, "2021-Q3"), ranking_of(settings, "2021-Q4")
    moves = {
        unit: (row["rank"], row["previous_period_rank"], row["rank_change"], row["movement"])
        for unit, row in third.items()
    }
    assert moves == {"b": (1, 2, 1, ""), "a": (2, 1, -1, ""), "c": (3, None, None, "NEW"), "d": (None, None, None, "")}
    assert {(row["previous_period_rank"], row["rank_change"], row["movement"]) for row in fourth.values()} == {
        (None, None, "")
    }
    assert not any(row["is_complete"] for row in (*third.values(), *fourth.values()))


def by_hand(months: dict[str, Ranked]) -> dict[str, tuple[int | None, Decimal | None]]:
    """The rule in plain Python: rank and mean of every unit of these months."""
    scores: dict[str, list[Decimal]] = {}
    for ranks in months.values():
        for unit, (rank, score) in ranks.items():
            scores.setdefault(unit, []).extend([D(score)] if rank is not None else [])
    means = {
        unit: (sum(of_unit, D(0)) / len(of_unit)).quantize(D("0.01"), ROUND_HALF_UP) if of_unit else None
        for unit, of_unit in scores.items()
    }
    whole = [means[unit] for unit, of_unit in scores.items() if len(of_unit) == len(months)]
    return {
        unit: (1 + sum(mean > means[unit] for mean in whole) if len(of_unit) == len(months) else None, means[unit])  # type: ignore[operator]
        for unit, of_unit in scores.items()
    }


@pytest.mark.parametrize("seed", range(5))
def test_a_year_of_random_months_is_what_plain_python_counts(settings: Settings, seed: int) -> None:
    drawn = random.Random(seed)
    months: dict[str, Ranked] = {}
    for number in sorted(drawn.sample(range(1, 13), 7)):
        units = [unit for unit in "abcdefgh" if drawn.random() < 0.95]
        months[f"2021-{number:02d}"] = {
            unit: (1 if drawn.random() < 0.97 else None, f"{drawn.randrange(1000, 1012) / 100:.2f}") for unit in units
        }
    for month, ranks in months.items():
        write_release(settings, month, ranks)
    rows = ranking_of(settings, "2021")
    assert {unit: (row["rank"], row["mean_score"]) for unit, row in rows.items()} == by_hand(months)


def test_rows_that_break_the_contract_are_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_release(settings, "2021-07", {"a": (1, "10")})
    broken = contract.tables()["period_ranking"]
    without_rank = contract.PublishedTable(broken.name, broken.label, "dimension, 1", broken.columns[:5])
    assert period_tables.all_periods(settings)
    declared = {**contract.tables(), "period_ranking": without_rank}
    monkeypatch.setattr(contract, "tables", lambda: declared)
    write_release(settings, "2021-08", {"b": (1, "10")})
    with pytest.raises(BangdanError, match="published table period_ranking: 4 rows share the key"):
        period_tables.all_periods(settings)


# Pages


def test_the_page_of_two_published_months_says_that_it_is_incomplete(small: Settings) -> None:
    for name, notice, sum_of_posts in (
        ("index.html", "不完整：3 个月中已发布 2 个月。 缺 2021-09。", ["合计", "2 / 3"]),
        ("en.html", "Incomplete: 2 of 3 months. Missing: 2021-09.", ["Sum", "2 / 3"]),
    ):
        file = small.releases / "quarters/2021-Q3" / name
        page = html_tables.read(file)
        assert notice in page.text
        months, districts = page.tables[0][1][1:], page.tables[1][1][1:]
        assert [row[0] for row in months] == ["2021-07", "2021-08", "2021-09", sum_of_posts[0]]
        assert months[2][2:] == ["–"] * 4
        assert months[3][:3] == [*sum_of_posts, "96,786"]
        # On paper: (77.25 + 35.25) / 2, (30 + 57.5) / 2, (42.5 + 34.25) / 2 = 38.375
        assert [(row[0], row[2], row[3]) for row in districts] == [
            ("1", "56.25", "2 / 2"), ("2", "43.75", "2 / 2"), ("3", "38.38", "2 / 2"),
        ]  # fmt: skip


def test_links_of_a_period_lead_somewhere_and_the_front_page_leads_to_it(small: Settings) -> None:
    for folder in ("quarters/2021-Q2", "quarters/2021-Q3", "years/2021"):
        for name in ("index.html", "en.html"):
            file = small.releases / folder / name
            links = [str(link["href"]) for link in html_tables.read(file).all("a")]
            assert len(links) > 8
            wrong = [link for link in links if not link.startswith("#") and not (file.parent / link).exists()]
            assert wrong == []
    front = html_tables.read(small.releases / "index.html")
    assert [str(link["href"]) for link in front.all("a") if str(link["href"]).startswith(("quarters", "years"))] == [
        "quarters/2021-Q3/index.html", "quarters/2021-Q2/index.html", "years/2021/index.html",
    ]  # fmt: skip


def test_the_files_hold_the_rows_of_the_page(small: Settings) -> None:
    with (small.releases / "quarters/2021-Q3/ranking.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    made = ranking_of(small, "2021-Q3")
    assert list(rows[0]) == [column.name for column in contract.tables()["period_ranking"].columns]
    assert len(rows) == 12
    assert {row["unit_id"] for row in rows} == made.keys()
    assert {row["is_complete"] for row in rows} == {"False"}


def test_the_database_has_the_rows_of_all_quarters_and_years(small: Settings) -> None:
    periods = period_tables.all_periods(small)
    assert len(periods) == 3
    with small_city.published(small) as con:
        for name in ("period_ranking", "period_volumes"):
            rows = con.sql(f"from {name}").to_arrow_table()
            expected = [
                getattr(period, name.removeprefix("period_")).to_pylist()
                for period in sorted(periods, key=lambda p: p.period.name)
            ]
            assert rows.to_pylist() == [row for of_period in expected for row in of_period]
        comment = (
            "select comment from duckdb_columns() where table_name = 'period_ranking' and column_name = 'mean_score'"
        )
        assert set(con.execute(comment).fetchall()) == {
            ("有名次各月得分的平均 / Mean of the scores of the months in which the unit has a rank",)
        }


# The place: what follows when a month is revised


def test_a_period_follows_the_revision_of_a_month(own_small: Settings) -> None:
    before = volumes_of(own_small, "2021-Q3")
    small_city.change(
        own_small,
        "update published.rpt_monthly_summary set post_count = post_count + 1 where ranking_month = '2021-08'",
    )
    small_city.publish(own_small, reason="R1")
    after = volumes_of(own_small, "2021-Q3")
    assert (after["post_count"], after["source_releases"]) == (before["post_count"] + 1, "2021-07 r1; 2021-08 r2")
    with small_city.published(own_small) as con:
        assert con.execute("select post_count from period_volumes where period = '2021-Q3'").fetchall() == [
            (after["post_count"],)
        ]
    page = html_tables.read(own_small.releases / "quarters/2021-Q3/index.html")
    assert page.tables[0][1][2][:3] == ["2021-08", "r2", "50,587"]
    assert verification.verify(own_small) == []


def test_a_period_goes_with_the_last_of_its_months(own_small: Settings) -> None:
    shutil.rmtree(own_small.releases / "2021-06")
    pointers.follow(own_small)
    assert sorted(path.name for path in (own_small.releases / "quarters").iterdir()) == ["2021-Q3"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("quarters/2021-Q3/ranking.csv", "archive: quarters/2021-Q3/ranking.csv does not show the releases"),
        ("quarters/2021-Q3/other.csv", "releases: 'quarters/2021-Q3/other.csv' is a file that no publication writes"),
        ("years/notes.txt", "releases: 'years/notes.txt' is a file that no publication writes"),
    ],
)
def test_verify_names_a_file_of_a_period_that_is_changed_or_added(
    own_small: Settings, name: str, sentence: str
) -> None:
    (own_small.releases / name).write_text("changed")
    assert verification.verify(own_small) == [sentence]


def test_a_file_that_a_publication_is_writing_is_expected_for_a_while(own_small: Settings) -> None:
    (own_small.releases / "quarters/2021-Q3/.ranking.csv.1.partial").write_text("half")
    assert verification.verify(own_small) == []


def test_a_link_in_place_of_a_file_of_a_period_is_named(own_small: Settings) -> None:
    file = own_small.releases / "years/2021/ranking.csv"
    file.rename(own_small.home / "elsewhere.csv")
    file.symlink_to(own_small.home / "elsewhere.csv")
    assert verification.verify(own_small) == ["releases: 'years/2021/ranking.csv' is a link that no publication writes"]

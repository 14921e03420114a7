"""Explaining: a unit's score down to its reprints, an item beside its posts, a mapping for an unknown table."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import yaml

from tests.support.homes import bangdan, published


def test_a_score_goes_down_to_reprints_without_residue(city: Path) -> None:
    payload = json.loads(bangdan(city, "explain", "--month", "2021-08", "--unit", "杨浦区", "--json").stdout)
    assert [dimension["dimension"] for dimension in payload["dimensions"]] == ["dissemination", "influence"]
    for dimension in payload["dimensions"]:
        assert dimension["adds_up"]
        assert Decimal(dimension["sum_of_indicators"]) == Decimal(dimension["base_score"])
        assert sum(Decimal(row["contribution"]) for row in dimension["accounts"]) == Decimal(dimension["base_score"])
        changes = sum(Decimal(row["change_points"]) for row in dimension["causes_of_change"])
        (before,) = published(
            city,
            "select base_score + bonus_points from published.ranking where ranking_month = '2021-07'"
            f" and unit_id = '310110' and dimension = '{dimension['dimension']}'",
        )[0]
        assert changes == Decimal(dimension["base_score"]) + Decimal(dimension["bonus_points"]) - before
    assert {row["index_id"] for row in payload["rivals"]} >= {"bci", "wci_v12", "media_dissemination"}
    text = bangdan(city, "explain", "--month", "2021-08", "--unit", "310110", "--dimension", "influence").stdout
    assert "杨浦区" in text
    assert "equal" in text


def test_contributions_of_reprints_add_up_to_posts(city: Path) -> None:
    wrong = published(
        city,
        """
        select p.post_id from published.posts p
        left join (
            select ranking_month, post_id, sum(dissemination_contribution) d, sum(influence_contribution) i
            from published.reprints group by all
        ) r using (ranking_month, post_id)
        where p.dissemination_contribution <> coalesce(r.d, 0) or p.influence_contribution <> coalesce(r.i, 0)
        """,
    )
    assert wrong == []


def test_an_unknown_unit_is_told_the_known_ones(city: Path) -> None:
    failed = bangdan(city, "explain", "--month", "2021-08", "--unit", "没有这个区", code=2)
    assert "杨浦区" in failed.stderr


def test_an_item_stands_beside_its_posts(copy_of_city: Path, tmp_path: Path) -> None:
    ((item_id, post_id),) = published(
        copy_of_city,
        "select item_id, post_id from published.reprints where ranking_month = '2021-08' and method = 'text'"
        " and match_class = 'partial' order by item_id limit 1",
    )
    text = bangdan(copy_of_city, "explain", "--item", item_id).stdout
    assert post_id in text
    assert "⟦" in text
    html = bangdan(copy_of_city, "explain", "--item", item_id, "--html").stdout
    assert "<mark>" in html
    assert "<script" not in html
    bangdan(copy_of_city, "explain", "--item", "no such item", code=2)


def test_a_mapping_is_proposed_and_loads(tmp_path: Path) -> None:
    rows = [
        {"文章标题": f"通知{i}", "公众号": "某日报", "发布时间": f"2021-08-0{i} 10:00", "链接": f"https://a.example/{i}",
         "阅读": "1.2万", "正文": "今日起施行，请相互转告。", "备注": "x"}
        for i in range(1, 5)
    ]  # fmt: skip
    file = tmp_path / "table.json"
    file.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    proposed = bangdan(tmp_path / "home", "ingest", "--suggest", file).stdout
    assert yaml.safe_load(proposed)["columns"]["read_count"] == "阅读"
    mapping = tmp_path / "mine.yml"
    mapping.write_text(proposed, "utf-8")
    payload = json.loads(bangdan(tmp_path / "home", "ingest", file, "--mapping", mapping, "--dry-run", "--json").stdout)
    assert (payload["rows_read"], payload["accepted"]) == (4, 4)

"""Late items cost their own rows only, and the evidence is the same as if all had been judged at once."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.matching import stage

MONTH = Month.parse("2021-08")


def evidence(home: Path) -> dict[str, bytes]:
    return {
        name: (home / "evidence" / name / f"month={MONTH}" / "part-0.parquet").read_bytes()
        for name in ("matches", "rejected", "families")
    }


def test_only_new_items_are_judged_and_the_bytes_are_the_same(copy_of_city: Path) -> None:
    settings = Settings(copy_of_city, threads=2, memory_limit="1GB")
    wanted = evidence(copy_of_city)
    assert stage.run(settings, MONTH)["newly_judged"] == 0
    # As if a tenth of the items had come late: first without them, then with them.
    con = duckdb.connect(str(settings.warehouse))
    con.execute("create table staging.late as select * from staging.stg_channel_items where hash(item_id) % 10 = 0")
    con.execute("delete from staging.stg_channel_items where item_id in (select item_id from staging.late)")
    con.close()
    without = stage.run(settings, MONTH)
    assert without["newly_judged"] == 0
    assert evidence(copy_of_city)["matches"] != wanted["matches"]
    con = duckdb.connect(str(settings.warehouse))
    (late,) = con.execute("select count(*) from staging.late where published_month = '2021-08'").fetchone()
    con.execute("insert into staging.stg_channel_items select * from staging.late")
    con.execute("drop table staging.late")
    con.close()
    with_late = stage.run(settings, MONTH)
    assert with_late["items"] - without["items"] == with_late["newly_judged"] >= late > 50
    assert evidence(copy_of_city) == wanted


def test_other_posts_or_damaged_evidence_judge_all_anew(copy_of_city: Path) -> None:
    settings = Settings(copy_of_city, threads=2, memory_limit="1GB")
    wanted = evidence(copy_of_city)
    file = copy_of_city / "evidence" / "matches" / f"month={MONTH}" / "part-0.parquet"
    pq.write_table(pq.read_table(file).slice(0, 3), file)
    report = stage.run(settings, MONTH)
    assert report["newly_judged"] == report["items"]
    assert evidence(copy_of_city) == wanted
    con = duckdb.connect(str(settings.warehouse))
    con.execute(
        "update staging.stg_posts set text = text || '。' where post_id = (select min(post_id) from staging.stg_posts)"
    )
    con.close()
    report = stage.run(settings, MONTH)
    assert report["newly_judged"] == report["items"]

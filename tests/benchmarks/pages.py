"""What the pages of a month cost: 60 units in two languages, the month, the method; from the tables of a release.

    python -m tests.benchmarks.pages [--home FOLDER] [--month 2021-08] [--scale 1.0]

Without --home a synthetic city is made and run first. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import ledger, manifest, tables
from bangdan.publication.edition import Edition
from bangdan.publication.pages import method_page, rank_history, ranking_page, unit_page
from tests.benchmarks.month import bangdan


def measured(home: Path, month: Month) -> dict:
    settings = Settings(home, threads=2, memory_limit="4GB")
    release = ledger.latest(settings, month)
    assert release, f"{home} has no release of {month}"
    made = {name: pq.read_table(release.path / "tables" / f"{name}.parquet") for name in tables.ORDER}
    result = ranking_page.ReleaseFacts(release.manifest["gates"], None, manifest.listed(release.path))
    started = time.perf_counter()
    months = [ranking_page.page(made, month, release.name, language, result) for language in ("zh", "en")]
    methods = [method_page.page(month, language) for language in ("zh", "en")]
    edition = Edition(month, release.name, made, release.manifest["data_digest"], release.manifest["gates"])
    units = dict(unit_page.render_all(settings, edition, rank_history.earlier(settings, month, made["ranking"])))
    seconds = time.perf_counter() - started
    sizes = (
        [len(gzip.compress(html.encode())) for html in months],
        [len(gzip.compress(h.encode())) for h in units.values()],
    )
    return {
        "posts": len(made["posts"]),
        "reprints": len(made["reprints"]),
        "pages": len(months) + len(methods) + len(units),
        "seconds": round(seconds, 2),
        "largest_month_page_gzip_bytes": max(sizes[0]),
        "largest_unit_page_gzip_bytes": max(sizes[1]),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--home", type=Path)
    asked.add_argument("--month", default="2021-08")
    asked.add_argument("--scale", default="1.0")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bangdan-bench-") as folder:
        home = options.home or Path(folder)
        if not options.home:
            bangdan(home, "demo", "--scale", options.scale)
            bangdan(home, "run", "--month", options.month, "--inbox", str(home / "inbox"))
        result = measured(home, Month.parse(options.month))
    for name, value in result.items():
        print(f"{name:32s}{value:12,}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

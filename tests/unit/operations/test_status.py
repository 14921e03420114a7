"""Where months stand and what a person should do next: status, its advice, and the page of months."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from bangdan.backfill.journal import Summary
from bangdan.cli import cli
from bangdan.core.errors import BangdanError
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.gates import Finding, Verdict
from bangdan.ingestion import rejected
from bangdan.ingestion.rejected import RefusedExport
from bangdan.operations import overview, recommended_actions, revisions, status
from bangdan.operations.status import FailedStage, Inputs, MonthStatus

GATES = ("raw_exports", "post_facts", "ranking")
MONTH = Month.parse("2021-08")


class Home:
    """A data home of a few files, as loading, gates, runs, releases and a purge leave them."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(folder, 1, "1GB")

    def write(self, path: str, result: Any) -> None:
        file = self.settings.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False), "utf-8")

    def export(self, name: str, months: list[str], accepted: int = 0, rejected: int = 0) -> None:
        file = self.settings.raw / "export_manifest" / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        duckdb.execute(
            f"copy (select $1::text[] as months, $2::bigint as accepted, $3::bigint as rejected) to '{file}' (format parquet)",
            [months, accepted, rejected],
        )

    def gate(self, gate: str, passed: bool, month: str = "2021-08") -> None:
        broken = [Finding("order", "ARule", {}, message, "why", "[2]", []) for message in ("wrong order", "other")]
        verdict = Verdict(gate, 2, [] if passed else broken)
        self.write(f"runs/{month}/quality/{gate}.json", verdict.to_json())

    def release(self, month: str, *numbers: int) -> None:
        for number in numbers:
            self.write(f"releases/{month}/r{number}/manifest.json", {"files": {}})
        link = self.settings.releases / month / "latest"
        link.unlink(missing_ok=True)
        link.symlink_to(f"r{max(numbers)}")

    def ran(self, *stages: dict[str, str], run: object = "3", month: str = "2021-08") -> None:
        self.write(f"runs/{month}/run_report.json", {"run": run, "stages": list(stages)})

    def month(self, month: str = "2021-08") -> dict[str, Any]:
        return next(entry.to_json() for entry in status.months(self.settings) if entry.month == month)

    def progress(self) -> dict[str, Any]:
        return asdict(status.progress(self.settings, MONTH))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("BANGDAN_HOME", str(tmp_path))
    return Home(tmp_path)


# ---- what is known of months -------------------------------------------------------------------------------------


def test_a_home_without_anything_has_no_months(home: Home) -> None:
    assert status.months(home.settings) == []


def test_months_are_those_with_exports_or_a_release_and_an_export_of_two_months_is_in_both(home: Home) -> None:
    home.export("one", ["2021-08"], 10, 1)
    home.export("two", ["2021-08", "2021-09"], 100, 2)
    home.export("undated", ["unknown"], 5, 5)
    home.export("registry", [], 7, 0)
    home.release("2021-06", 1)
    values = [month.to_json() for month in status.months(home.settings)]
    assert [month.to_json() for month in status.months(home.settings, Month.parse(values[-1]["month"]))] == values[-1:]
    names = ("month", "exports", "accepted", "rejected", "release")
    assert [tuple(entry[name] for name in names) for entry in values] == [
        ("2021-06", 0, 0, 0, "r1"),
        ("2021-08", 2, 110, 3, None),
        ("2021-09", 1, 100, 2, None),
    ]


def test_a_month_with_neither_export_nor_release_is_an_error_and_not_nothing(home: Home) -> None:
    home.export("one", ["2021-08"], 10, 1)
    with pytest.raises(BangdanError, match="2021-07 has neither an export nor a release") as failed:
        status.months(home.settings, Month.parse("2021-07"))
    assert failed.value.remedy.endswith("months: 2021-08")


def test_the_release_of_a_month_is_where_latest_points_to(home: Home) -> None:
    home.release("2021-08", *range(1, 12))
    assert home.month()["release"] == "r11"
    assert home.month()["progress"] is None
    assert home.progress() == {"release": "r11", "stage": "published", "cause": None, "remedy": None}


def test_gates_are_told_by_their_last_verdicts(home: Home) -> None:
    home.export("one", ["2021-08"])
    assert home.month()["gates"] == {}
    home.gate("post_facts", False)
    home.gate("raw_exports", True)
    assert list(home.month()["gates"].items()) == [("raw_exports", "passed"), ("post_facts", "refused")]


def test_a_month_that_waits_or_was_purged_says_so(home: Home) -> None:
    for month in ("2021-05", "2021-06", "2021-08", "2021-09"):
        home.release(month, 1)
    home.write("releases/2021-08/pending.json", {"note": "the data have changed"})
    home.write("releases/2021-09/pending.json", {})
    home.write("landing/purged/x.json", {"months": ["2021-05", "0000-00"]})
    home.write("landing/purged/y.json", {"months": ["unknown"]})
    assert [home.month(month)["pending"] for month in ("2021-06", "2021-08", "2021-09")] == [
        None, "the data have changed", "pending",
    ]  # fmt: skip
    assert [home.month(month)["is_purged"] for month in ("2021-05", "2021-06")] == [True, False]
    # A month reads the posts of three months before it.
    assert [home.month(month)["history_purged"] for month in ("2021-05", "2021-06", "2021-08", "2021-09")] == [
        [], ["2021-05"], ["2021-05"], [],
    ]  # fmt: skip


def test_a_run_that_ended_at_a_stage_is_told_unless_it_went_on_or_a_gate_refused(home: Home) -> None:
    home.export("one", ["2021-08"])
    assert home.month()["failed"] is None
    home.ran({"stage": "load"}, {"stage": "match", "failed": "out of memory"}, run=3)
    assert home.month()["failed"] == {"run": "3", "stage": "match", "message": "out of memory"}
    home.ran({"stage": "match", "failed": "out of memory"}, {"stage": "match"})
    assert home.month()["failed"] is None
    home.ran({"stage": "check_ranking", "failed": "refused"})
    home.gate("ranking", False)
    assert home.month()["failed"] is None


# ---- where a month stands ----------------------------------------------------------------------------------------


def test_a_month_without_exports_lacks_everything(home: Home) -> None:
    assert home.progress() == {
        "release": None,
        "stage": "exports",
        "cause": "no export has been loaded",
        "remedy": "deliver what is missing into the inbox; once the list is due the first gate decides",
    }


def test_a_month_without_a_registry_says_what_to_deliver(home: Home) -> None:
    home.export("one", ["2021-08"])
    assert home.progress() == {
        "release": None,
        "stage": "exports",
        "cause": "no accounts have been loaded",
        "remedy": "fill registry/ of the city's folder: units, accounts, outlets",
    }


def test_a_refused_month_stands_at_the_first_gate_that_refused(home: Home) -> None:
    home.gate("raw_exports", True)
    home.gate("post_facts", False)
    home.gate("ranking", False)
    assert home.progress() == {
        "release": None,
        "stage": "post_facts",
        "cause": "refused: wrong order",
        "remedy": f"see {home.settings.runs}/2021-08/quality/post_facts.html; correct the input, then run the month again",
    }


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_month_that_passed_its_gates_and_has_no_release_stands_after_the_last_of_them(
    home: Home, number: int
) -> None:
    for gate in GATES[:number]:
        home.gate(gate, True)
    last = GATES[number - 1]
    assert home.progress() == {
        "release": None,
        "stage": f"after {last}",
        "cause": f"{last} was passed, but nothing is published: sign-off, or a stage that failed or still runs",
        "remedy": "look at the run in Airflow, or run the month on the command line",
    }


def test_a_published_month_stands_at_its_release_even_where_a_later_run_was_refused(home: Home) -> None:
    home.release("2021-08", 1, 2)
    home.gate("ranking", False)
    assert home.progress()["release"] == "r2"
    assert home.month()["gates"] == {"ranking": "refused"}


# ---- what to do --------------------------------------------------------------------------------------------------

PASSED = dict.fromkeys(GATES, "passed")


def of(month: str = "2021-08", *, accepted: int = 1000, **values: Any) -> MonthStatus:
    defaults = {"gates": {}, "run": None, "failed": None, "release": None, "pending": None}
    return MonthStatus(
        month=month,
        inputs=Inputs(accepted=accepted),
        is_purged=False,
        history_purged=[],
        progress=None,
        **defaults | values,
    )


def backfill(months: str, left: list[str], *, ended: bool = False) -> Summary:
    return Summary(range=months, ended=ended, phases=[], months={}, left=left, wanted=left, seconds=0)


def to_do(*months: MonthStatus, backfills: tuple[Summary, ...] = ()) -> list[tuple[str, str]]:
    actions = recommended_actions.to_do(Settings(Path("data"), 1, "1GB"), months, backfills)
    return [(action.what, action.command) for action in actions]


FAILED = FailedStage("3", "load", "No space left\nmore")
RUN = "bangdan run --month 2021-08"
ADVICE: dict[str, tuple[MonthStatus, list[tuple[str, str]]]] = {
    "published": (of(release="r1", gates=PASSED), []),
    "refused, nothing released": (
        of(gates={**PASSED, "post_facts": "refused"}),
        [("2021-08: post_facts refused, nothing is published; why is in data/runs/2021-08/quality/post_facts.html",
          f"{RUN} (once it is fixed)")],
    ),
    "refused, a release stands": (
        of(release="r2", gates={"raw_exports": "refused", "ranking": "refused"}),
        [("2021-08: raw_exports refused, r2 stays; why is in data/runs/2021-08/quality/raw_exports.html",
          f"{RUN} (once it is fixed)")],
    ),
    "refused and pending": (
        of(release="r2", gates={"ranking": "refused"}, pending="changed", failed=FAILED),
        [("2021-08: ranking refused, r2 stays; why is in data/runs/2021-08/quality/ranking.html",
          f"{RUN} (once it is fixed)")],
    ),
    "failed, a release stands": (
        of(release="r1", failed=FAILED, pending="changed"),
        [("2021-08: run 3 ended at load: No space left", f"{RUN} (once it is fixed)")],
    ),
    "failed, nothing released": (
        of(failed=FAILED),
        [("2021-08: run 3 ended at load: No space left", f"{RUN} (once it is fixed)"),
         ("2021-08 has exports and no release", RUN)],
    ),
    "pending": (
        of(release="r1", gates=PASSED, pending="the data have changed"),
        [("2021-08: the data have changed", "bangdan backfill 2021-08 --diff, then --apply with a reason")],
    ),
    "loaded": (of(), [("2021-08 has exports and no release", RUN)]),
    "loaded and checked": (of(gates=PASSED), [("2021-08 has exports and no release", RUN)]),
    "nothing accepted": (of(accepted=0), []),
}  # fmt: skip


@pytest.mark.parametrize("case", ADVICE)
def test_each_state_of_a_month_has_its_advice(case: str) -> None:
    month, wanted = ADVICE[case]
    assert to_do(month) == wanted


def test_a_backfill_that_broke_off_comes_first_and_one_that_ended_is_not_told() -> None:
    broken = backfill("2021-01..2021-08", ["2021-07", "2021-08"])
    ended = backfill("2020-01..2020-12", ["2020-12"], ended=True)
    assert to_do(of(), backfills=(ended, broken)) == [
        (
            "the backfill of 2021-01..2021-08 broke off; 2 months are left",
            "bangdan backfill 2021-01..2021-08 --apply (with the reason and note it had)",
        ),
        ("2021-08 has exports and no release", RUN),
    ]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (["2021-08"], "1 month is left"),
        ([], "all its months are done, the database may not hold them yet"),
    ],
)
def test_a_backfill_that_broke_off_says_how_many_months_are_left(left: list[str], words: str) -> None:
    [(what, _command)] = to_do(backfills=(backfill("2021-07..2021-08", left),))
    assert what == f"the backfill of 2021-07..2021-08 broke off; {words}"


def test_months_that_want_a_person_come_before_those_that_only_wait_for_a_run() -> None:
    months = (
        of("2021-06", release="r1", pending="changed"),
        of("2021-07"),
        of("2021-08", gates={"ranking": "refused"}),
    )
    assert [what.split()[0] for what, _command in to_do(*months)] == ["2021-06:", "2021-08:", "2021-07"]


@pytest.mark.parametrize(("accepted", "is_month"), [(100, False), (101, True)])
def test_a_month_with_a_tenth_of_the_fullest_months_rows_is_only_what_spilt_over(accepted: int, is_month: bool) -> None:
    result = to_do(of("2021-07", release="r1"), of("2021-08", accepted=accepted))
    assert [what for what, _command in result] == (["2021-08 has exports and no release"] if is_month else [])


def test_months_before_the_first_release_are_not_asked_for_and_gaps_after_it_are() -> None:
    months = (of("2020-12"), of("2021-01", release="r1"), of("2021-02"), of("2021-03", release="r1"), of("2021-04"))
    assert [what[:7] for what, _command in to_do(*months)] == ["2021-02", "2021-04"]
    assert [what[:7] for what, _command in to_do(of("2020-12"), of("2021-02"))] == ["2020-12", "2021-02"]


# ---- the command -------------------------------------------------------------------------------------------------


def run_status(*words: str) -> str:
    done = CliRunner().invoke(cli, ["status", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_status_of_an_empty_home_says_that_nothing_is_loaded(home: Home) -> None:
    text = run_status()
    assert f"nothing is loaded yet in {home.settings.home}" in text
    assert "nothing to do" in text


def test_status_tells_months_gates_purges_and_what_to_do(home: Home) -> None:
    home.export("one", ["2021-08"], 1234, 5)
    home.export("two", ["2021-09"], 1234, 0)
    home.export("three", ["2021-10"], 1234, 0)
    home.release("2021-06", 1)
    home.release("2021-07", 2)
    home.write("landing/purged/x.json", {"months": ["2021-06"]})
    for gate in GATES:
        home.gate(gate, True, "2021-07")
        home.gate(gate, gate == "raw_exports", "2021-08")
    home.gate("raw_exports", True, "2021-09")
    rows = {
        line.split("│")[1].strip(): [cell.strip() for cell in line.split("│")[2:-1]]
        for line in run_status().splitlines()
        if "│" in line
    }
    assert rows == {
        "2021-06": ["0", "0", "0", "–", "r1", "–"],
        "2021-07": ["0", "0", "0", "passed", "r2", "–"],
        "2021-08": ["1", "1,234", "5", "refused: post_facts, ranking", "–", "–"],
        "2021-09": ["1", "1,234", "0", "1 of 3 passed", "–", "–"],
        "2021-10": ["1", "1,234", "0", "–", "–", "–"],
    }
    text = run_status()
    assert "2021-06: exports purged; it can no longer be rebuilt, its releases stay" in text
    assert "2021-07: a rebuild would lack the posts of 2021-06, which are purged" in text
    assert f"data folder: {home.settings.home}" in text
    assert "to do:\n- 2021-08: post_facts refused, nothing is published" in text
    assert "- 2021-09 has exports and no release\n    bangdan run --month 2021-09\n" in text


def test_status_as_json_holds_months_backfills_and_advice(home: Home) -> None:
    home.export("one", ["2021-08"], 10, 0)
    journal = {
        "key": "k",
        "range": "2021-07..2021-08",
        "wanted": ["2021-07", "2021-08"],
        "months": {"2021-07": "published"},
    }
    home.write("runs/backfill/2021-07..2021-08.json", journal)
    payload = json.loads(run_status("--json"))
    assert [entry["month"] for entry in payload["months"]] == ["2021-08"]
    assert [(entry["range"], entry["left"]) for entry in payload["backfills"]] == [("2021-07..2021-08", ["2021-08"])]
    assert [entry["command"].split()[1] for entry in payload["to_do"]] == ["backfill", "run"]


# ---- the page of months ------------------------------------------------------------------------------------------


def test_the_page_of_a_home_without_months_says_so(home: Home) -> None:
    page = overview.page(home.settings)
    assert "尚无数据" in page
    assert "Nothing yet" in overview.page(home.settings, "en")
    assert "<table" not in page


def test_the_page_tells_the_newest_month_first_with_gates_release_and_what_is_open(home: Home) -> None:
    home.export("one", ["2021-08", "2021-09"], 1234567, 5)
    home.release("2021-07", 3)
    home.write("releases/2021-07/pending.json", {"note": "<b>changed</b>"})
    home.gate("raw_exports", True)
    home.gate("post_facts", False)
    home.ran({"stage": "match", "failed": "out of <memory>"}, month="2021-09", run=4)
    home.write("runs/2021-08/candidate/index.html", "x")
    page = overview.page(home.settings)
    assert [page.index(f'<th scope="row" class="nb">{month}') for month in ("2021-09", "2021-08", "2021-07")] == sorted(
        page.index(f'<th scope="row" class="nb">{month}') for month in ("2021-09", "2021-08", "2021-07")
    )
    september, august, july = page.split('<th scope="row" class="nb">')[1:]
    assert '<td class="n">1</td><td class="n">1,234,567</td>' in august
    assert '<a class="passed nb" href="runs/2021-08/quality/raw_exports.html">raw_exports ✓ 通过</a>' in august
    assert '<a class="refused nb" href="runs/2021-08/quality/post_facts.html">post_facts ✗ 拒绝</a>' in august
    assert "post_facts: refused: wrong order" in august
    assert '<a href="runs/2021-08/candidate/index.html">' in august
    assert '<a href="releases/2021-07/r3/index.html">r3</a>' in july
    assert "待更正: &lt;b&gt;changed&lt;/b&gt;" in july
    assert "match: out of &lt;memory&gt;" in september
    assert "4 止于 match" in september
    assert "candidate" not in september + july
    assert "待更正" not in september + august
    assert "<td>–" in august
    english = overview.page(home.settings, "en").split('<th scope="row" class="nb">')
    assert "raw_exports ✓ passed" in english[2]
    assert 'href="releases/2021-07/r3/en.html"' in english[3]


def test_the_page_links_a_run_of_airflow_and_names_what_was_refused_and_rejected(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.export("one", ["2021-08"], 10, 3)
    home.ran({"stage": "load"}, run="manual__2021-09-01T00:00:00+08:00")
    refused = RefusedExport("inbox/<b>.csv", "FILE_EMPTY", "the file has no bytes", "export it again")
    monkeypatch.setattr(rejected, "refused_exports", lambda settings: [refused])
    page = overview.page(home.settings, "zh", "https://airflow.example.org/dags/ranking_monthly/runs/")
    address = "https://airflow.example.org/dags/ranking_monthly/runs/manual__2021-09-01T00%3A00%3A00%2B08%3A00"
    assert f'<a href="{address}" target="_top">manual__2021-09-01T00:00:00+08:00</a>' in page
    assert '<th scope="row">inbox/&lt;b&gt;.csv</th><td>FILE_EMPTY: the file has no bytes</td>' in page
    assert '<td class="n">3</td>' in page
    assert "href=" not in overview.page(home.settings).partition("最近运行")[2].partition("manual__")[0]


def test_the_next_list_is_the_one_after_the_newest_that_is_out_and_is_due_by_the_method(home: Home) -> None:
    assert status.next_list(home.settings) is None
    home.release("2021-07", 1)
    home.release("2021-08", 1)
    assert status.next_list(home.settings) == ("2021-09", "2021-10-16")
    assert "应于2021-10-16前发布" in overview.page(home.settings)


def test_revisions_count_releases_after_the_first_and_how_far_ranks_and_scores_moved(home: Home) -> None:
    def moved(before: int | None, rank: int | None, points: str | None) -> dict[str, Any]:
        names = ("ranking_list", "dimension", "unit_id", "unit_name")
        scores = {"score_before": None, "score": None, "points": points}
        return {**dict.fromkeys(names, "x"), "rank_before": before, "rank": rank, **scores}

    home.release("2021-06", 1)
    home.release("2021-07", 1, 2)
    home.release("2021-08", 1, 2, 3)
    rows = [moved(1, 4, "-1.255"), moved(4, 3, "0.5"), moved(None, 9, None)]
    for month, release, reason, some in (
        ("2021-07", 2, "R1", rows),
        ("2021-08", 2, "C", []),
        ("2021-08", 3, "R1", rows[:1]),
    ):
        effect = {"units_changed": len(some), "rows": some}
        home.write(f"releases/{month}/r{release}/manifest.json", {"files": {}, "reason": reason, "effect": effect})
    assert revisions.of(home.settings).to_json() == {
        "months": 3, "revised_months": 2, "revisions": 3, "by_reason": {"C": 1, "R1": 2}, "median_units_changed": 1,
        "median_rank_move": 3, "largest_rank_move": 3, "largest_score_move": "1.26",
    }  # fmt: skip
    assert "其中2个月作过修订，共3次（C 1, R1 2）" in overview.page(home.settings)


def test_a_month_that_was_run_and_has_no_export_is_listed_with_its_failure(home: Home) -> None:
    home.ran({"stage": "check_raw", "failed": "no records"}, month="2021-05")
    [month] = status.months(home.settings)
    assert (month.month, month.failed.message, month.run) == ("2021-05", "no records", "3")


@pytest.mark.parametrize(
    ("room", "path", "is_served"),
    [
        ("releases", "index.html", True),
        ("releases", "2021-08/r1/index.html", True),
        ("releases", "2021-08/latest/index.html", True),
        ("releases", "2021-08/r1", False),
        ("releases", "2021-08/r1/nothing.html", False),
        ("releases", "2021-08/.hidden/index.html", False),
        ("releases", ".index.html.1.partial", False),
        ("releases", "../secrets/privacy.key", False),
        ("releases", "out/privacy.key", False),  # a link that leads out
        ("runs", "2021-08/quality/ranking.html", True),
        ("runs", "2021-08/candidate/index.html", True),
        ("runs", "2021-08/run_report.json", False),
        ("runs", "2021-08/other/index.html", False),
        ("runs", "2021-08/quality/deeper/index.html", False),
        ("runs", "quality/index.html", False),
        ("runs", "2021-08/quality/.ranking.html.1.partial", False),
        ("scratch", "backfill/diff-2021-07..2021-08.html", True),
        ("scratch", "backfill/other.html", False),
        ("scratch", "backfill/deeper/diff-x.html", False),
        ("secrets", "privacy.key", False),
        ("raw", "x", False),
        ("", "secrets/privacy.key", False),
    ],
)
def test_releases_are_served_and_of_runs_only_what_people_are_sent_to(
    home: Home, room: str, path: str, is_served: bool
) -> None:
    for file in (
        "releases/index.html", "releases/2021-08/r1/index.html", "releases/2021-08/.hidden/index.html",
        "releases/.index.html.1.partial", "runs/2021-08/quality/ranking.html", "runs/2021-08/candidate/index.html",
        "runs/2021-08/run_report.json", "runs/2021-08/other/index.html", "runs/2021-08/quality/deeper/index.html",
        "runs/quality/index.html", "runs/2021-08/quality/.ranking.html.1.partial", "secrets/privacy.key", "raw/x",
        "scratch/backfill/diff-2021-07..2021-08.html", "scratch/backfill/other.html", "scratch/backfill/deeper/diff-x.html",
    ):  # fmt: skip
        home.write(file, "x")
    (home.settings.releases / "2021-08" / "latest").symlink_to("r1")
    (home.settings.releases / "out").symlink_to(home.settings.home / "secrets")
    result = overview.served(home.settings, room, path)
    assert (result is not None) is is_served
    if result:
        assert result.read_text("utf-8") == "x"

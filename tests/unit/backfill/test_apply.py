"""Doing what a plan says: phases in order, months ascending, a reason for what changes, and going on after an end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading

import pytest

from bangdan.backfill import journal
from bangdan.backfill.apply import apply
from bangdan.core.errors import UsageError, WriterBusy
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from tests.support.backfill_homes import DECISIONS, Home, tree
from tests.support.backfill_stages import GATES, PHASES, Killed, Stages

pytestmark = pytest.mark.slow


def summaries(settings: Settings) -> list[dict]:
    return [summary.to_json() for summary in journal.summaries(settings)]


def june_to_august(home: Home) -> None:
    for letter, month in (("a", "2021-06"), ("b", "2021-07"), ("c", "2021-08")):
        home.export(letter, month)


def do(home: Home, first: str = "2021-06", last: str = "2021-08", **options: object) -> dict:
    message: list[str] = []
    done = apply(home.settings, Month.parse(first), Month.parse(last), progress=message.append, **options)  # type: ignore[arg-type]
    return done.to_json() | {"printed": message}


def results(done: dict) -> list[tuple[str, str]]:
    return [(row["month"], row["result"]) for row in done["months"]]


ALL = "2021-06..2021-08"
BUILT = [
    f"register {ALL}", f"stage {ALL}", "match 2021-06", "match 2021-07", "match 2021-08", f"score {ALL}",
    "certainty 2021-06", "certainty 2021-07", "certainty 2021-08", f"present {ALL}",
]  # fmt: skip


def published(*months: str) -> list[str]:
    return [step for month in months for step in (*(f"{gate} {month}" for gate in GATES.values()), f"publish {month}")]


# ---- the order ---------------------------------------------------------------------------------------------------


def test_a_range_is_loaded_built_at_once_published_ascending_and_followed_once(home: Home, stages: Stages) -> None:
    june_to_august(home)
    done = do(home)
    assert stages.done == ["load", *BUILT, *published("2021-06", "2021-07", "2021-08"), "follow"]
    assert results(done) == [("2021-06", "published"), ("2021-07", "published"), ("2021-08", "published")]
    assert [row["release"] for row in done["months"]] == ["r1", "r1", "r1"]
    assert (done["first"], done["last"], done["left"], done["refused"], done["is_stopped"]) == (
        "2021-06", "2021-08", [], 0, False,
    )  # fmt: skip


def test_the_steps_of_a_backfill_report_themselves_in_order_with_their_months_as_one_run(
    home: Home, stages: Stages
) -> None:
    june_to_august(home)
    file = home.settings.home / "lineage.jsonl"
    apply(home.settings.replaced(lineage=str(file)), Month(2021, 6), Month(2021, 8))
    events = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    months = [
        tuple(event["run"]["facets"]["nominalTime"][name][:7] for name in ("nominalStartTime", "nominalEndTime"))
        for event in events
    ]
    steps = [
        (event["job"]["name"], *span)
        for event, span in zip(events, months, strict=True)
        if event["eventType"] == "COMPLETE"
    ]
    whole = [(step, "2021-06", "2021-09") for step in ("load", *PHASES)]
    by_month = [(step, f"2021-0{month}", f"2021-0{month + 1}") for month in (6, 7, 8) for step in GATES]
    assert steps == whole + by_month
    assert len(events) == 2 * len(steps)
    assert {event["run"]["facets"]["parent"]["job"]["name"] for event in events} == {"backfill"}
    assert len({event["run"]["facets"]["parent"]["run"]["runId"] for event in events}) == 1


def test_progress_names_phase_month_and_number(home: Home, stages: Stages) -> None:
    june_to_august(home)
    text = do(home)["printed"]
    for number, phase in enumerate(PHASES, 1):
        assert f"[{number}/5] {phase} of {ALL}" in text
    assert [line for line in text if line.startswith("  ")] == [
        "  match 2021-06", "  match 2021-07", "  match 2021-08", "  match: 3 matches, 6 items, 6 newly_judged",
        "  certainty 2021-06", "  certainty 2021-07", "  certainty 2021-08",
    ]  # fmt: skip
    assert [line.partition(", about")[0] for line in text if "/3 " in line] == [
        "1/3 2021-06: published", "2/3 2021-07: published", "3/3 2021-08: published",
    ]  # fmt: skip
    assert text[-1].endswith("about 0 s to go")


def test_only_months_from_the_first_to_the_last_that_changes_are_built(home: Home, stages: Stages) -> None:
    june_to_august(home)
    do(home)
    stages.done.clear()
    home.export("d", "2021-08")
    # July and August read it; June, which reads no month after July, does not.
    done = do(home, reason="R1", note="late")
    assert stages.done[1] == "register 2021-07..2021-08"
    assert results(done) == [("2021-07", "published"), ("2021-08", "published")]
    assert done["left"] == []


def test_nothing_to_change_builds_nothing_and_still_brings_readers_up_to_the_releases(
    home: Home, stages: Stages
) -> None:
    june_to_august(home)
    do(home)
    stages.done.clear()
    done = do(home)
    assert (stages.done, done["months"], done["left"]) == (["load", "follow"], [], [])


def test_exports_are_loaded_before_the_plan_is_made(home: Home, stages: Stages) -> None:
    def arrives(step: str) -> None:
        if step == "load":
            home.export("a", "2021-08")

    stages.on_step = arrives
    assert results(do(home)) == [("2021-08", "published")]


def test_a_month_before_the_first_method_is_refused_before_anything_is_loaded(home: Home, stages: Stages) -> None:
    june_to_august(home)
    home.methods(("2021-07", "2021-07-01", ""))
    with pytest.raises(UsageError, match="no method is in force in 2021-06"):
        do(home)
    assert stages.done == []


def test_a_range_that_is_under_way_keeps_other_writers_out_and_names_itself(home: Home, stages: Stages) -> None:
    from bangdan.core import warehouse

    june_to_august(home)
    refused: list[str] = []

    def another(step: str) -> None:
        def write() -> None:
            # Another lock object of the same file, as another process would have it.
            from filelock import FileLock, Timeout

            try:
                FileLock(home.settings.warehouse.with_name("writer.lock"), is_singleton=False).acquire(timeout=0)
            except Timeout:
                note = json.loads(home.settings.warehouse.with_name("holder.json").read_text("utf-8"))
                refused.append(note["what"])

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    stages.on_step = another
    do(home)
    assert len(refused) == len(stages.done)
    assert set(refused) == {f"backfill of {ALL}"}
    with warehouse.writing(home.settings.replaced(lock_wait=0), "the next"):
        pass
    assert WriterBusy.exit_code == 1


# ---- reasons -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [{}, {"reason": "R1"}, {"note": "why"}, {"reason": "R1", "note": ""}])
def test_a_published_month_changes_only_with_a_reason_and_a_note(home: Home, stages: Stages, words: dict) -> None:
    june_to_august(home)
    do(home)
    home.export("d", "2021-08")
    before, steps = stages.figures(), len(stages.done)
    with pytest.raises(UsageError) as refused:
        do(home, **words)
    assert "published months would change: 2021-07, 2021-08" in str(refused.value)
    assert "--reason R1|R2|R3|C --note" in str(refused.value)
    assert stages.done[steps:] == ["load"]
    assert stages.figures() == before


@pytest.mark.parametrize("reason", ["R1", "R2", "R3", "C"])
def test_reason_and_note_reach_every_month_that_is_published(home: Home, stages: Stages, reason: str) -> None:
    june_to_august(home)
    do(home)
    assert set(stages.words.values()) == {(None, None)}
    stages.words.clear()
    home.seed(DECISIONS, "other\n")
    home.export("d", "2021-07")
    do(home, reason=reason, note="迟到的导出")
    assert stages.words == dict.fromkeys(("2021-06", "2021-07", "2021-08"), (reason, "迟到的导出"))


def test_a_first_publication_needs_no_reason_but_one_restated_month_of_the_range_does(
    home: Home, stages: Stages
) -> None:
    june_to_august(home)
    do(home, "2021-08", "2021-08")
    with pytest.raises(UsageError, match=r"would change: 2021-08\n"):
        do(home)
    assert stages.figures().keys() == {"2021-08/r1"}


# ---- gates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", GATES.values())
def test_a_range_stops_at_the_first_month_that_a_gate_refuses(home: Home, stages: Stages, gate: str) -> None:
    june_to_august(home)
    stages.refuse = {f"{gate} 2021-07"}
    done = do(home)
    assert results(done) == [("2021-06", "published"), ("2021-07", "refused")]
    assert f"{gate} refused" in done["months"][1]["message"]
    assert (done["refused"], done["left"], done["is_stopped"]) == (1, ["2021-08"], False)
    assert stages.figures().keys() == {"2021-06/r1"}
    assert stages.done[-1] == "follow"
    (result,) = summaries(home.settings)
    assert (result["ended"], result["left"]) == (False, ["2021-07", "2021-08"])


def test_with_keep_going_the_other_months_are_published(home: Home, stages: Stages) -> None:
    june_to_august(home)
    stages.refuse = {"ranking 2021-06", "ranking 2021-07"}
    done = do(home, keep_going=True)
    assert results(done) == [("2021-06", "refused"), ("2021-07", "refused"), ("2021-08", "published")]
    assert (done["refused"], done["left"]) == (2, [])
    (result,) = summaries(home.settings)
    assert (result["ended"], result["left"]) == (False, ["2021-06", "2021-07"])


def test_after_a_refusal_is_mended_the_same_command_publishes_the_rest_and_builds_nothing_twice(
    home: Home, stages: Stages
) -> None:
    june_to_august(home)
    stages.refuse = {"ranking 2021-07"}
    do(home)
    stages.refuse, stages.done = set(), []
    assert results(do(home)) == [("2021-07", "published"), ("2021-08", "published")]
    assert stages.done == ["load", *published("2021-07", "2021-08"), "follow"]
    assert summaries(home.settings)[0]["ended"]


# ---- an end in the middle ----------------------------------------------------------------------------------------


def expected_figures(months: tuple[str, ...] = ("2021-06", "2021-07", "2021-08"), letters: str = "abc") -> dict:
    return {f"{month}/r1": f"{letters}±{len(letters)}" for month in months}


@pytest.mark.parametrize(
    "step", [*BUILT, "raw_exports 2021-06", "publish 2021-06", "ranking 2021-07", "publish 2021-08", "follow"]
)
def test_a_range_killed_before_any_step_goes_on_to_the_same_releases(home: Home, stages: Stages, step: str) -> None:
    june_to_august(home)
    stages.kill_before = step
    with pytest.raises(Killed):
        do(home)
    whole = {name.partition(" ")[0] for name in stages.done if name in BUILT} - {step.partition(" ")[0]}
    stages.done.clear()
    do(home)
    assert stages.figures() == expected_figures()
    again = {name.partition(" ")[0] for name in stages.done if name in BUILT}
    left = set(PHASES) - whole
    assert again == (left | {"register"} if left else set()), "every phase that was done is believed, no other"
    assert stages.done[-1] == "follow"
    (result,) = summaries(home.settings)
    assert (result["ended"], result["left"]) == (True, [])


@pytest.mark.parametrize("step", [*BUILT[1:4], *BUILT[5:7], BUILT[9], "publish 2021-06", "publish 2021-07"])
def test_a_journal_is_void_once_the_warehouse_is_gone(home: Home, stages: Stages, step: str) -> None:
    june_to_august(home)
    stages.kill_before = step
    with pytest.raises(Killed):
        do(home)
    shutil.rmtree(home.settings.warehouse.parent)
    stages.done.clear()
    do(home)
    assert stages.figures() == expected_figures()
    assert [name.partition(" ")[0] for name in stages.done if ".." in name] == ["register", "stage", "score", "present"]


@pytest.mark.parametrize(
    ("step", "kind"), [("score", "matches"), ("certainty", "matches"), ("present", "certainty"), ("publish", "certainty")]
)  # fmt: skip
@pytest.mark.parametrize("is_removed", [True, False])
def test_a_journal_is_void_once_evidence_is_gone_or_changed(
    home: Home, stages: Stages, step: str, kind: str, is_removed: bool
) -> None:
    june_to_august(home)
    stages.kill_before = next(entry for entry in [*BUILT, *published("2021-06")] if entry.startswith(step))
    with pytest.raises(Killed):
        do(home)
    (file,) = (home.settings.evidence / kind / "month=2021-07").glob("*.parquet")
    if is_removed:
        file.unlink()
    else:
        file.write_text("what another run judged", "utf-8")
    stages.done.clear()
    do(home)
    assert stages.figures() == expected_figures()
    assert stages.done[1] == f"register {ALL}"


@pytest.mark.parametrize("step", [BUILT[1], BUILT[2], BUILT[5], BUILT[6], BUILT[9], "publish 2021-06"])
def test_a_journal_is_void_once_another_run_has_built_other_months(home: Home, stages: Stages, step: str) -> None:
    from bangdan import transform

    june_to_august(home)
    stages.kill_before = step
    with pytest.raises(Killed):
        do(home)
    transform.build(home.settings, Month(2021, 7), Month(2021, 7), ["selector:stage"])
    stages.done.clear()
    do(home)
    assert stages.figures() == expected_figures()
    assert stages.done[1] == f"register {ALL}"


@pytest.mark.parametrize("step", ["stage " + ALL, "score " + ALL, "publish 2021-06", "publish 2021-08"])
def test_a_journal_is_void_once_more_is_ingested(home: Home, stages: Stages, step: str) -> None:
    june_to_august(home)
    stages.kill_before = step
    with pytest.raises(Killed):
        do(home)
    home.export("d", "2021-07")
    stages.done.clear()
    done = do(home, reason="R1", note="more")
    assert stages.done[1:11] == BUILT
    newest = {name.partition("/")[0]: figure for name, figure in sorted(stages.figures().items())}
    assert set(newest.values()) == {"abcd±4"}
    assert done["left"] == []


@pytest.mark.parametrize("name", ["code", "seed"])
def test_a_journal_is_void_once_code_or_a_seed_changes(home: Home, stages: Stages, name: str) -> None:
    june_to_august(home)
    stages.kill_before = "score " + ALL
    with pytest.raises(Killed):
        do(home)
    home.code("new") if name == "code" else home.seed(DECISIONS, "new\n")
    stages.done.clear()
    do(home)
    assert stages.done[1:11] == BUILT


def test_what_is_left_of_a_range_is_all_built_again_when_the_warehouse_is_gone(home: Home, stages: Stages) -> None:
    june_to_august(home)
    stages.kill_before = "publish 2021-08"
    with pytest.raises(Killed):
        do(home)
    home.settings.warehouse.unlink()
    stages.done.clear()
    stages.kill_before = "publish 2021-08"
    with pytest.raises(Killed):
        do(home)
    assert stages.done[1] == "register 2021-08..2021-08"
    stages.done.clear()
    assert results(do(home)) == [("2021-08", "published")]
    assert stages.done == ["load", *published("2021-08"), "follow"]


def test_candidates_that_are_gone_from_the_warehouse_are_built_again(home: Home, stages: Stages) -> None:
    import duckdb

    june_to_august(home)
    stages.kill_before = "publish 2021-06"
    with pytest.raises(Killed):
        do(home)
    with duckdb.connect(str(home.settings.warehouse)) as con:
        con.execute("delete from published.rpt_ranking where ranking_month = '2021-07'")
    stages.done.clear()
    do(home)
    assert stages.done[1:11] == BUILT
    assert stages.figures() == expected_figures()


def test_months_of_a_range_that_broke_off_stay_written_down_as_wanted(home: Home, stages: Stages) -> None:
    june_to_august(home)
    stages.kill_before = "publish 2021-07"
    with pytest.raises(Killed):
        do(home)
    (result,) = summaries(home.settings)
    assert (result["range"], result["wanted"], result["left"], result["ended"]) == (
        ALL, ["2021-06", "2021-07", "2021-08"], ["2021-07", "2021-08"], False,
    )  # fmt: skip
    assert (result["phases"], result["months"]) == (PHASES, {"2021-06": "published"})
    do(home)
    (result,) = summaries(home.settings)
    assert result["wanted"] == ["2021-06", "2021-07", "2021-08"]
    assert result["months"] == dict.fromkeys(result["wanted"], "published")


def test_a_range_killed_after_its_last_release_is_ended_by_the_same_command(home: Home, stages: Stages) -> None:
    june_to_august(home)
    stages.kill_before = "follow"
    with pytest.raises(Killed):
        do(home)
    file = home.settings.runs / "backfill" / f"{ALL}.json"
    payload = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(payload | {"ended": False}), "utf-8")  # as if the kill had come a moment earlier
    stages.done.clear()
    do(home)
    assert stages.done == ["load", "follow"]
    assert summaries(home.settings)[0]["ended"]


def test_an_ended_range_begins_anew_when_it_has_to_change_again(home: Home, stages: Stages) -> None:
    june_to_august(home)
    do(home)
    shutil.rmtree(home.settings.releases)
    stages.done.clear()
    do(home)
    assert stages.done[1:11] == BUILT


def test_seconds_of_every_attempt_are_added_up(home: Home, stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    from bangdan.backfill import apply as module

    june_to_august(home)
    clock = iter(range(0, 100_000, 10))  # every look at the clock is ten seconds later
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(clock)))
    stages.refuse = {"ranking 2021-07"}
    do(home)
    first = summaries(home.settings)[0]["seconds"]
    stages.refuse = set()
    do(home)
    second = summaries(home.settings)[0]["seconds"]
    assert 30 <= first < second
    assert second - first >= 30


def test_the_time_to_go_is_what_the_months_so_far_took_for_each_that_is_left(
    home: Home, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bangdan.backfill import apply as module

    june_to_august(home)
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])

    def takes(step: str) -> None:
        if step.startswith("publish"):
            now[0] += 20

    stages.on_step = takes
    assert [line.rpartition(", ")[2] for line in do(home)["printed"] if line[1:3] == "/3"] == [
        "about 40 s to go", "about 20 s to go", "about 0 s to go",
    ]  # fmt: skip


# ---- a person ends it --------------------------------------------------------------------------------------------


def interrupted_in(step: str):
    def on_step(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGINT)

    return on_step


@pytest.mark.parametrize(
    ("step", "last"),
    [
        (f"register {ALL}", f"register {ALL}"),
        ("match 2021-06", "match 2021-06"),
        ("certainty 2021-07", "certainty 2021-07"),
        (f"present {ALL}", f"present {ALL}"),
        ("ranking 2021-06", "publish 2021-06"),
    ],
)
def test_ctrl_c_ends_after_the_step_or_month_in_hand_and_the_same_command_goes_on(
    home: Home, stages: Stages, step: str, last: str
) -> None:
    june_to_august(home)
    stages.on_step = interrupted_in(step)
    done = do(home)
    assert done["is_stopped"]
    assert stages.done[-2:] == [last, "follow"]
    assert any("the same command goes on from" in line for line in done["printed"])
    assert "ends after the step in hand; Ctrl-C once more ends at once" in done["printed"]
    assert done["left"] == [
        month for month in ("2021-06", "2021-07", "2021-08") if f"publish {month}" not in stages.done
    ]
    assert not summaries(home.settings)[0]["ended"]
    stages.on_step = lambda name: None
    assert not do(home)["is_stopped"]
    assert stages.figures() == expected_figures()


def test_a_second_ctrl_c_ends_at_once_and_the_old_answer_to_it_comes_back(home: Home, stages: Stages) -> None:
    june_to_august(home)
    before = signal.getsignal(signal.SIGINT)

    def twice(step: str) -> None:
        if step == "match 2021-07":
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    stages.on_step = twice
    with pytest.raises(KeyboardInterrupt):
        do(home)
    assert signal.getsignal(signal.SIGINT) is before
    assert "match 2021-08" not in stages.done


def test_a_range_in_a_thread_that_no_key_reaches_runs_to_its_end(home: Home, stages: Stages) -> None:
    june_to_august(home)
    done: list[dict] = []
    thread = threading.Thread(target=lambda: done.append(do(home)))
    thread.start()
    thread.join()
    assert (done[0]["left"], done[0]["is_stopped"]) == ([], False)


# ---- months that came out the same -------------------------------------------------------------------------------


def test_a_month_that_came_out_the_same_is_not_planned_again(home: Home, stages: Stages) -> None:
    june_to_august(home)
    do(home)
    home.code("0.3.0+other")
    done = do(home, reason="R2", note="other code, same figures")
    assert results(done) == [("2021-06", "unchanged"), ("2021-07", "unchanged"), ("2021-08", "unchanged")]
    assert home.plan("2021-06", "2021-08")["to_change"] == 0
    assert summaries(home.settings)[0]["ended"]
    home.code("0.4.0+third")
    assert home.plan("2021-06", "2021-08")["to_change"] == 3


def test_a_month_that_was_published_or_refused_is_not_remembered_as_the_same(home: Home, stages: Stages) -> None:
    june_to_august(home)
    stages.refuse = {"ranking 2021-08"}
    do(home)
    assert not list(home.settings.runs.glob("*/unchanged.json"))


def test_a_month_whose_restatement_waits_is_told_so(
    home: Home, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bangdan.pipeline import publishing
    from bangdan.publication import release

    june_to_august(home)
    waits = release.Published("r1", home.settings.releases, is_new=False, digest="", is_pending=True)
    monkeypatch.setattr(publishing, "publish", lambda *words, **more: waits)
    assert results(do(home)) == [("2021-06", "pending"), ("2021-07", "pending"), ("2021-08", "pending")]
    assert summaries(home.settings)[0]["left"] == []


def test_a_purged_month_is_neither_built_nor_published(home: Home, stages: Stages) -> None:
    june_to_august(home)
    home.purge("p", "2021-06")
    assert results(do(home)) == [("2021-07", "published"), ("2021-08", "published")]
    assert stages.done[1] == "register 2021-07..2021-08"


def test_a_purged_month_between_two_that_change_stops_the_range_before_anything_is_built(
    home: Home, stages: Stages
) -> None:
    june_to_august(home)
    home.purge("p", "2021-07")
    before = tree(home.settings.releases) if home.settings.releases.exists() else {}
    with pytest.raises(UsageError, match="2021-07: exports have been purged"):
        do(home)
    assert stages.done == ["load", "follow"]
    assert (tree(home.settings.releases) if home.settings.releases.exists() else {}) == before


def test_what_a_month_had_passed_before_it_is_built_it_has_to_pass_again(home: Home, stages: Stages) -> None:
    june_to_august(home)
    reports = [
        home.settings.runs / month / "quality" / f"{gate}.json"
        for month in ("2021-06", "2021-08")
        for gate in GATES.values()
    ]
    for report in reports:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text("{}", "utf-8")
    stages.kill_before = f"register {ALL}"
    with pytest.raises(Killed):
        do(home)
    assert [report.exists() for report in reports] == [True, False, False] * 2

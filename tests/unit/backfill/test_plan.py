"""What a plan names: which months change, from which cause, and what reads them. Nothing is built or written."""

from __future__ import annotations

import json

import pytest

from bangdan.backfill import unchanged
from bangdan.core.errors import UsageError
from bangdan.core.months import Month
from tests.support.backfill_homes import CODE, CONFIRMATIONS, DECISIONS, VERSIONS, Home, tree

# ---- what happens to a month -------------------------------------------------------------------------------------


def test_a_month_with_records_and_no_release_is_published(home: Home) -> None:
    home.export("a", "2021-08")
    row = home.row("2021-08")
    assert (row["action"], row["state"], row["release"], row["causes"]) == ("publish", "not published", None, {})
    assert (row["exports"], row["method_version"], row["changes"]) == (1, "2021-01", [])


@pytest.mark.parametrize("month", ["2021-07", "2021-09"])
def test_a_month_that_holds_no_rows_of_its_own_has_no_exports(home: Home, month: str) -> None:
    home.export("a", "2021-08")
    assert home.row(month)["action"] == "no exports"
    assert home.plan(month)["to_change"] == 0


def test_a_registry_alone_is_no_month(home: Home) -> None:
    home.export("a", "2021-08", table="accounts")
    assert home.row("2021-08")["action"] == "no exports"


def test_without_any_export_nothing_is_planned(home: Home) -> None:
    plan = home.plan("2021-07", "2021-09")
    assert [row["action"] for row in plan["months"]] == ["no exports"] * 3
    assert (plan["first"], plan["last"], plan["to_change"], plan["downstream"]) == ("2021-07", "2021-09", 0, [])


def test_a_release_made_from_what_is_there_now_is_kept(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    row = home.row("2021-08")
    assert (row["action"], row["state"], row["release"], row["causes"]) == ("keep", "r1 is current", "r1", {})
    assert home.plan("2021-08")["to_change"] == 0


def test_the_newest_release_is_what_a_month_is_compared_with(home: Home) -> None:
    home.export("b", "2021-08")
    home.release("2021-08", "a", number=9)
    home.release("2021-08", "b", number=10)
    assert (home.row("2021-08")["action"], home.row("2021-08")["release"]) == ("keep", "r10")


def test_every_month_of_the_range_has_one_row_in_order(home: Home) -> None:
    rows = home.plan("2020-11", "2021-02")["months"]
    assert [row["month"] for row in rows] == ["2020-11", "2020-12", "2021-01", "2021-02"]


def test_a_range_with_a_month_before_the_first_method_is_refused_with_that_month(home: Home) -> None:
    home.export("a", "2020-12", "2021-01")
    home.methods(("2021-01", "2021-01-01", ""))
    with pytest.raises(UsageError, match="no method is in force in 2020-11"):
        home.plan("2020-11", "2021-02")
    assert [row["action"] for row in home.plan("2021-01")["months"]] == ["publish"]


def test_published_and_restated_months_are_counted_as_changes(home: Home) -> None:
    home.export("a", "2021-06")
    home.export("b", "2021-07")
    home.release("2021-06", "a", "b", code_version="0.1.0+old")
    home.release("2021-08", "a", "b")
    plan = home.plan("2021-05", "2021-08")
    assert [row["action"] for row in plan["months"]] == ["no exports", "restate", "publish", "restate"]
    assert plan["to_change"] == 3


# ---- causes ------------------------------------------------------------------------------------------------------


def test_a_new_export_is_a_cause_and_named(home: Home) -> None:
    home.export("a", "2021-08")
    home.export("b", "2021-08", name="late/b.csv")
    home.release("2021-08", "a")
    row = home.row("2021-08")
    assert row["causes"] == {"inputs": {"new": 1, "gone": 0, "new_files": ["late/b.csv"], "gone_files": []}}
    assert (row["action"], row["changes"]) == ("restate", ["inputs: 1 new, 0 gone"])


def test_an_export_that_is_gone_is_a_cause_and_named(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a", "b")
    row = home.row("2021-08")
    assert row["causes"] == {"inputs": {"new": 0, "gone": 1, "new_files": [], "gone_files": ["b.csv"]}}
    assert (row["action"], row["changes"]) == ("restate", ["inputs: 0 new, 1 gone"])


def test_a_gone_export_whose_name_the_release_keeps_back_is_named_by_its_hash(home: Home) -> None:
    home.export("a", "2021-08")
    inputs = [
        {"export_sha256": "a" * 64, "source_file": "a.csv"},
        {"export_sha256": "0123456789abcdef" * 4, "source_file": None},
    ]
    home.release("2021-08", inputs=inputs)
    assert home.row("2021-08")["causes"]["inputs"]["gone_files"] == ["0123456789ab"]


def test_twenty_names_are_listed_and_all_are_counted(home: Home) -> None:
    home.release("2021-08")
    for number, letter in enumerate("abcdefghijklmnopqrstuvw"):
        home.export(letter, "2021-08", name=f"{99 - number}.csv")
    inputs = home.row("2021-08")["causes"]["inputs"]
    assert inputs["new"] == 23
    assert inputs["new_files"] == [f"{number}.csv" for number in range(77, 97)]


@pytest.mark.parametrize(
    ("month", "is_read"),
    [("2021-04", False), ("2021-05", True), ("2021-06", True), ("2021-07", True), ("2021-08", True), ("2021-09", True),
     ("2021-10", False)],
)  # fmt: skip
def test_a_month_reads_three_months_back_and_one_ahead(home: Home, month: str, is_read: bool) -> None:
    home.export("a", month)
    home.release("2021-08")
    row = home.row("2021-08")
    assert row["exports"] == int(is_read)
    assert ("inputs" in row["causes"]) is is_read


def test_an_export_of_several_months_is_read_by_each(home: Home) -> None:
    home.export("a", "2021-01", "2021-08")
    for month in ("2021-01", "2021-08"):
        home.release(month)
        assert "inputs" in home.row(month)["causes"]
    assert home.row("2021-06")["exports"] == 0


@pytest.mark.parametrize("table", ["units", "accounts", "channels"])
def test_a_registry_is_an_input_of_every_month(home: Home, table: str) -> None:
    home.export("a", "2018-12", table=table)
    home.release("2021-08")
    assert home.row("2021-08")["causes"]["inputs"]["new_files"] == ["a.csv"]


def test_a_registry_that_nobody_confirmed_is_no_input(home: Home) -> None:
    home.export("a", table="units", is_of_city=False)
    home.export("b", "2021-08")
    home.release("2021-08", "b")
    assert home.row("2021-08")["action"] == "keep"
    home.seed(CONFIRMATIONS, f"export_sha256,decided_by,decided_on,reason\n{'a' * 64},王,2021-09-01,x\n")
    assert home.row("2021-08")["causes"]["inputs"]["new_files"] == ["a.csv"]


def test_a_refused_export_is_no_input(home: Home) -> None:
    home.export("a", "2021-08", status="refused")
    home.export("b", "2021-08", status="partial")
    home.release("2021-08", "b")
    assert home.row("2021-08")["action"] == "keep"
    assert home.row("2021-08")["exports"] == 1


@pytest.mark.parametrize("text", ["item_id,post_id,decision\ni1,p1,confirm\n", None])
def test_a_changed_or_removed_decision_names_its_file(home: Home, text: str | None) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    home.seed(DECISIONS, text)
    row = home.row("2021-08")
    assert row["causes"] == {"seeds": [DECISIONS]}
    assert (row["action"], row["changes"]) == ("restate", [f"seeds: {DECISIONS}"])


def test_a_new_seed_file_is_named_and_several_are_sorted(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    home.seed("reference/platforms.csv", "platform\n")
    home.seed("corrections/aliases.csv", "alias\n")
    assert home.row("2021-08")["causes"] == {"seeds": ["corrections/aliases.csv", "reference/platforms.csv"]}
    assert home.row("2021-08")["changes"] == ["seeds: corrections/aliases.csv, reference/platforms.csv"]


def test_a_file_beside_the_seeds_that_is_no_table_is_no_cause(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    home.seed("methodology/_methodology.yml", "version: 2\n")
    assert home.row("2021-08")["action"] == "keep"


def test_another_method_in_force_is_a_cause_beside_its_file(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    home.methods(("2021-01", "0001-01-01", "2021-08-01"), ("2021-08", "2021-08-01", ""))
    row = home.row("2021-08")
    assert row["causes"] == {"method": {"before": "2021-01", "now": "2021-08"}, "seeds": [VERSIONS]}
    assert row["changes"] == ["method: 2021-01 → 2021-08", f"seeds: {VERSIONS}"]
    assert row["method_version"] == "2021-08"


@pytest.mark.parametrize(("month", "method"), [("2021-07", "2021-01"), ("2021-08", "2021-08"), ("2021-09", "2021-08")])
def test_a_method_holds_from_its_first_day_and_until_the_day_before_its_end(
    home: Home, month: str, method: str
) -> None:
    home.methods(("2021-01", "0001-01-01", "2021-08-01"), ("2021-08", "2021-08-01", ""))
    assert home.row(month)["method_version"] == method


def test_other_code_is_a_cause_with_both_versions(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    home.code("0.2.0+bbbbbbbbbbbb")
    row = home.row("2021-08")
    assert row["causes"] == {"code": {"before": CODE, "now": "0.2.0+bbbbbbbbbbbb"}}
    assert (row["action"], row["changes"]) == ("restate", [f"code: {CODE} → 0.2.0+bbbbbbbbbbbb"])


def test_a_pending_restatement_is_a_cause_in_its_own_words(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "a")
    home.pending("2021-08", "2021-07 was published after it")
    row = home.row("2021-08")
    assert (row["action"], row["state"]) == ("restate", "r1, restatement pending")
    assert row["causes"] == {"pending": "2021-07 was published after it"}
    assert row["changes"] == ["pending: 2021-07 was published after it"]


def test_all_causes_of_a_month_are_told_in_one_order(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "b")
    home.methods(("other", "0001-01-01", ""))
    home.code("new")
    home.pending("2021-08", "note")
    assert home.row("2021-08")["changes"] == [
        "inputs: 1 new, 1 gone", "method: 2021-01 → other", f"seeds: {VERSIONS}", f"code: {CODE} → new", "pending: note",
    ]  # fmt: skip


# ---- the list before ---------------------------------------------------------------------------------------------


def released_chain(home: Home, *months: str) -> None:
    """Months that are released and made from no export, so that only the list before them can change them."""
    for month in months:
        home.release(month)


def test_a_month_after_one_that_is_first_published_changes_its_movement(home: Home) -> None:
    home.export("a", "2021-07")
    home.release("2021-08", "a")
    july, august = home.plan("2021-07", "2021-08")["months"]
    assert july["action"] == "publish"
    assert august["causes"] == {"previous": "2021-07"}
    assert (august["action"], august["changes"]) == ("restate", ["movement: 2021-07 changes"])


def test_a_changed_movement_alone_changes_no_further_month(home: Home) -> None:
    released_chain(home, "2021-06", "2021-07", "2021-08", "2021-09")
    home.pending("2021-06", "note")
    rows = home.plan("2021-06", "2021-09")["months"]
    assert [row["action"] for row in rows] == ["restate", "restate", "keep", "keep"]
    assert [sorted(row["causes"]) for row in rows] == [["pending"], ["previous"], [], []]


def test_a_month_that_is_kept_changes_nothing_after_it(home: Home) -> None:
    released_chain(home, "2021-07", "2021-08")
    assert [row["action"] for row in home.plan("2021-07", "2021-08")["months"]] == ["keep", "keep"]


# ---- after the range ---------------------------------------------------------------------------------------------


def test_a_plan_of_may_names_the_three_months_that_read_its_posts(home: Home) -> None:
    released_chain(home, "2021-05", "2021-06", "2021-07", "2021-08", "2021-09", "2021-10")
    home.export("a", "2021-05")
    assert home.plan("2021-05")["downstream"] == ["2021-06", "2021-07", "2021-08"]


def test_a_month_without_release_is_not_named_after_the_range(home: Home) -> None:
    released_chain(home, "2021-05", "2021-06", "2021-08")
    home.export("a", "2021-05")
    assert home.plan("2021-05")["downstream"] == ["2021-06", "2021-08"]


def test_a_list_that_only_moves_is_named_for_the_next_month_alone(home: Home) -> None:
    released_chain(home, "2021-05", "2021-06", "2021-07", "2021-08")
    home.pending("2021-05", "note")
    assert home.plan("2021-05")["downstream"] == ["2021-06"]
    assert home.plan("2021-05", "2021-06")["downstream"] == []


def test_a_first_publication_is_read_by_the_month_after_it(home: Home) -> None:
    home.export("a", "2021-05")
    home.release("2021-06", "a")
    assert home.plan("2021-05")["downstream"] == ["2021-06"]


def test_a_month_that_comes_out_the_same_is_no_downstream(home: Home) -> None:
    released_chain(home, "2021-05", "2021-06")
    assert home.plan("2021-05")["downstream"] == []


# ---- purged ------------------------------------------------------------------------------------------------------


def test_a_purged_month_cannot_be_built_again_and_is_no_change(home: Home) -> None:
    home.export("a", "2021-08")
    home.release("2021-08", "b")
    home.purge("p", "2021-08")
    row = home.row("2021-08")
    assert (row["action"], row["causes"]) == ("purged", {})
    assert row["changes"] == ["exports purged: it can no longer be rebuilt, its releases stay"]
    assert home.plan("2021-08")["to_change"] == 0


@pytest.mark.parametrize(
    ("purged", "named"),
    [("2021-04", []), ("2021-05", ["2021-05"]), ("2021-07", ["2021-07"]), ("2021-09", [])],
)
def test_a_month_to_build_says_which_of_its_history_is_purged(home: Home, purged: str, named: list[str]) -> None:
    home.export("a", "2021-08")
    home.purge("p", purged)
    expected = [f"posts of months before it are purged: {month}" for month in named]
    assert home.row("2021-08")["changes"] == expected
    home.release("2021-08", "a")
    assert home.row("2021-08")["changes"] == []  # nothing would be built


# ---- what an apply has looked at ---------------------------------------------------------------------------------


def looked_at(home: Home) -> None:
    """August differs from its release in code; an apply has built it, and its figures came out the same."""
    home.export("a", "2021-08")
    home.release("2021-07")
    home.release("2021-08", "a", code_version="0.1.0+old")
    unchanged.remember(home.settings, Month(2021, 8), home.row("2021-08")["figures_key"])
    assert home.row("2021-08")["action"] == "keep"


def test_a_month_whose_figures_came_out_the_same_is_kept_until_code_changes(home: Home) -> None:
    looked_at(home)
    home.code("0.3.0+cccccccccccc")
    assert list(home.row("2021-08")["causes"]) == ["code"]


def test_a_month_whose_figures_came_out_the_same_is_planned_again_after_a_new_export(home: Home) -> None:
    looked_at(home)
    home.export("b", "2021-08")
    assert {"inputs", "code"} == set(home.row("2021-08")["causes"])


def test_a_month_whose_figures_came_out_the_same_is_planned_again_after_a_changed_seed(home: Home) -> None:
    looked_at(home)
    home.seed(DECISIONS, "item_id\n")
    assert {"seeds", "code"} == set(home.row("2021-08")["causes"])


def test_a_month_whose_figures_came_out_the_same_is_planned_again_under_another_method(home: Home) -> None:
    looked_at(home)
    before = home.row("2021-08")["figures_key"]
    home.methods(("other", "0001-01-01", ""))
    assert "method" in home.row("2021-08")["causes"]
    assert home.row("2021-08")["figures_key"] != before


def test_a_month_whose_figures_came_out_the_same_is_planned_again_after_a_release_before_it(home: Home) -> None:
    looked_at(home)
    home.release("2021-07", number=2)
    assert list(home.row("2021-08")["causes"]) == ["code"]


def test_what_was_looked_at_says_nothing_of_a_list_before_that_changes_or_of_what_is_pending(home: Home) -> None:
    looked_at(home)
    home.pending("2021-07", "july")
    home.pending("2021-08", "august")
    assert home.plan("2021-07", "2021-08")["months"][1]["causes"] == {"previous": "2021-07", "pending": "august"}


# ---- what a plan is made of --------------------------------------------------------------------------------------


def test_the_hash_of_inputs_is_the_exports_and_not_their_names(home: Home) -> None:
    home.export("a", "2021-08", name="one.csv")
    before = home.row("2021-08")["inputs_hash"]
    home.export("a", "2021-08", name="two.csv")
    assert home.row("2021-08")["inputs_hash"] == before
    home.export("b", "2021-08")
    assert home.row("2021-08")["inputs_hash"] != before


def test_what_a_range_is_made_by_changes_with_code_and_with_the_content_of_a_seed(home: Home) -> None:
    first = home.plan("2021-08")["made_by"]
    assert first["code"] == CODE
    home.seed(DECISIONS, "changed\n")
    second = home.plan("2021-08")["made_by"]
    assert second["seeds"] != first["seeds"]
    home.code("other")
    assert home.plan("2021-08")["made_by"] == {"code": "other", "seeds": second["seeds"]}


def test_landed_exports_that_no_load_has_read_are_counted(home: Home) -> None:
    assert home.plan("2021-08")["not_loaded"] == 0
    for letter in "ab":
        note = home.settings.landing / "deliveries" / (letter * 2) / f"{letter * 64}.json"
        note.parent.mkdir(parents=True)
        result = {
            "export_id": letter * 64, "sha256": letter * 64, "file": f"{letter}.csv", "source_file": f"{letter}.csv",
            "received_at": "2021-09-10T06:00:00+08:00", "is_synthetic": True, "problem": None,
        }  # fmt: skip
        note.write_text(json.dumps(result), "utf-8")
    assert home.plan("2021-08")["not_loaded"] == 2


def test_a_plan_writes_nothing_at_all(home: Home) -> None:
    home.export("a", "2021-05")
    home.release("2021-05", "b")
    home.release("2021-06", "b")
    home.purge("p", "2021-03")
    before = tree(home.settings.home)
    assert home.plan("2021-03", "2021-07")["to_change"] == 2
    assert tree(home.settings.home) == before

"""What a gate leaves behind: its report and page, what may be published after it, how the command ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bangdan import gates
from bangdan.cli import exit_code_of
from bangdan.core.errors import BangdanError, GateRefused
from bangdan.core.settings import Settings
from bangdan.pipeline import publishing
from tests.support import gate_frames
from tests.support.homes import PROJECT

BROKEN_ORDER = "update published.rpt_ranking set rank = 2 where ranking_month = '2021-08' and unit_id = '310101'"
MANY_UNITS = (
    "insert into marts.fct_unit_months select '2021-08', 'u' || (100 + i), '<b>单位</b>' || i, 'districts', 1, 1, 2, 0"
    " from range(25) t(i)"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_frames.build(tmp_path_factory.mktemp("verdicts") / "home")


def folder(settings: Settings) -> Path:
    return settings.runs / "2021-08" / "quality"


def reported(settings: Settings) -> list[str]:
    return sorted(file.name for file in folder(settings).iterdir())


def write(settings: Settings, gate: str, passed: bool) -> None:
    """A report as a gate leaves it."""
    folder(settings).mkdir(parents=True, exist_ok=True)
    finding = gates.Finding("units", "ExpectAnything", {}, "no unit", "why", "0", [])
    result = gates.Verdict(gate, 1, [] if passed else [finding]).to_json()
    (folder(settings) / f"{gate}.json").write_text(json.dumps(result), "utf-8")
    (folder(settings) / f"{gate}.html").write_text("page", "utf-8")


def test_a_refused_gate_ends_with_exit_code_3_and_says_where_its_report_is(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(home, tmp_path / "home", BROKEN_ORDER)
    refused = gate_frames.refusal(settings, "ranking")
    assert refused is not None
    assert refused.exit_code == 3
    assert refused.remedy == (f"see {folder(settings) / 'ranking.html'}; nothing was published, the last release stays")
    assert reported(settings) == ["ranking.figures.json", "ranking.html", "ranking.json"]

    def refuse() -> None:
        raise refused

    assert exit_code_of(refuse) == 3


def test_a_gate_that_passes_sums_up_what_it_checked(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(
        home, tmp_path / "home", "delete from marts.fct_reprints where ranking_month = '2021-08'"
    )
    verdict = gates.check(settings, gate_frames.MONTH, "post_facts")
    assert verdict.summary() == {"gate": "post_facts", "passed": True, "checked": 21, "warnings": 1}
    assert gates.check(settings, gate_frames.MONTH, "ranking").summary() == {
        "gate": "ranking", "passed": True, "checked": 15, "warnings": 0,
    }  # fmt: skip


def test_the_report_holds_20_rows_of_a_rule_and_the_message_three(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(home, tmp_path / "home", MANY_UNITS)
    refused = gate_frames.refusal(settings, "post_facts")
    assert refused is not None
    assert refused.message.count("\n  also: ") == 1
    assert (
        "refused: more facts of u100, u101, u102, u103, u104 and 20 more than rows in the registry" in refused.message
    )
    counts, originals = gate_frames.report(settings, "post_facts")["failures"]
    assert [row["unit_id"] for row in counts["rows"]] == [f"u{100 + i}" for i in range(20)]
    assert [row["unit_id"] for row in originals["rows"]] == [f"u{100 + i}" for i in range(20)]
    assert originals["arguments"] == {"column_A": "post_count", "column_B": "original_count", "or_equal": "True"}
    settings = gate_frames.copy(home, tmp_path / "other", MANY_UNITS, "delete from marts.fct_unit_months where unit_id = '310101'",
                          "update registry.int_registry__units set valid_to = '2021-08-01' where unit_id = '310101'")  # fmt: skip
    with gate_frames.connect(settings.warehouse) as con:
        con.execute(
            "insert into registry.int_registry__units select 'u' || (100 + i), 'x', 'districts', '0001-01-01', '9999-12-31' from range(25) t(i)"
        )
    refused = gate_frames.refusal(settings, "post_facts")
    assert refused is not None
    assert [f"'unit_id': 'u{100 + i}'" in refused.message for i in range(5)] == [True, True, True, False, False]


def test_the_page_of_a_gate_says_verdict_counts_rules_and_rows_as_text(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(
        home, tmp_path / "home", MANY_UNITS, "delete from marts.fct_reprints where ranking_month = '2021-08'"
    )
    gate_frames.refusal(settings, "post_facts")
    page = (folder(settings) / "post_facts.html").read_text("utf-8")
    assert "<h1>2021-08 · post_facts: refused</h1>" in page
    assert "<p>21 expectations, 2 failed, 1 warnings</p>" in page
    assert page.count("<h2>failure: more ") == 2
    assert page.count("<h2>warning: no reprint at all</h2>") == 1
    assert page.count("post_facts.reprints ExpectColumnValuesToBeBetween") == 1
    assert "&lt;b&gt;单位" in page
    assert "<b>" not in page
    gate_frames.refusal(settings, "ranking")
    page = (folder(settings) / "ranking.html").read_text("utf-8")
    assert "<h1>2021-08 · ranking: passed</h1>" in page
    assert "<p>15 expectations, 0 failed, 0 warnings</p>" in page


def test_a_gate_that_is_mended_and_run_again_passes_and_its_report_says_so(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(home, tmp_path / "home", BROKEN_ORDER)
    assert gate_frames.refusal(settings, "ranking")
    assert gate_frames.report(settings, "ranking")["passed"] is False
    with gate_frames.connect(settings.warehouse) as con:
        con.execute(BROKEN_ORDER.replace("rank = 2", "rank = 1"))
    assert gate_frames.refusal(settings, "ranking") is None
    assert gate_frames.report(settings, "ranking")["passed"] is True


@pytest.mark.parametrize("missing", gate_frames.GATES)
def test_a_month_is_published_only_when_every_gate_has_been_passed(tmp_path: Path, missing: str) -> None:
    settings = gate_frames.settings_of(tmp_path)
    for gate in gate_frames.GATES:
        write(settings, gate, True)
    assert [passed_verdict["gate"] for passed_verdict in gates.passed_verdicts(settings, gate_frames.MONTH)] == list(
        gate_frames.GATES
    )
    write(settings, missing, False)
    with pytest.raises(GateRefused) as refused:
        gates.passed_verdicts(settings, gate_frames.MONTH)
    assert refused.value.message == f"2021-08: {missing} has not been passed"
    assert refused.value.remedy == "run `bangdan run --month 2021-08`, which checks it"
    (folder(settings) / f"{missing}.json").unlink()
    with pytest.raises(GateRefused, match=f"{missing} has not been passed"):
        publishing.publish(settings, gate_frames.MONTH)
    assert not settings.releases.exists()
    assert not settings.published.exists()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"door": "ranking", "passed": true, "checked": 8, "failures": [], "warnings": []}']
)
def test_a_report_that_this_program_cannot_read_is_no_verdict(tmp_path: Path, text: str) -> None:
    settings = gate_frames.settings_of(tmp_path)
    for gate in gate_frames.GATES:
        write(settings, gate, True)
    assert list(gates.last_verdicts(settings, gate_frames.MONTH)) == list(gate_frames.GATES)
    (folder(settings) / "ranking.json").write_text(text, "utf-8")
    assert list(gates.last_verdicts(settings, gate_frames.MONTH)) == ["raw_exports", "post_facts"]
    with pytest.raises(GateRefused, match="ranking has not been passed"):
        gates.passed_verdicts(settings, gate_frames.MONTH)


def test_what_is_built_anew_has_passed_the_first_gate_only(tmp_path: Path) -> None:
    """The exports are as they were; facts and ranking are not."""
    settings = gate_frames.settings_of(tmp_path)
    for gate in gate_frames.GATES:
        write(settings, gate, True)
    gates.withdraw(settings, gate_frames.MONTH)
    assert reported(settings) == ["raw_exports.html", "raw_exports.json"]
    gates.withdraw(settings, gate_frames.MONTH)
    gates.withdraw(settings, gate_frames.MONTH + 1)


def test_a_refusal_is_of_its_own_month(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(home, tmp_path / "home")
    with pytest.raises(GateRefused, match=r"^2021-09: ranking refused: no row of 310101, d-wjw, to-come in "):
        gates.check(settings, gate_frames.MONTH + 1, "ranking")
    assert not folder(settings).exists()
    assert (settings.runs / "2021-09" / "quality" / "ranking.json").exists()


def test_a_gate_before_anything_was_built_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(BangdanError, match="nothing has been built yet") as failed:
        gates.check(gate_frames.settings_of(tmp_path), gate_frames.MONTH, "post_facts")
    assert failed.value.remedy == "run `bangdan run --month YYYY-MM`"


def test_a_gate_changes_nothing_in_the_warehouse(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(home, tmp_path / "home")
    before = settings.warehouse.read_bytes()
    for gate in gate_frames.GATES:
        gate_frames.refusal(settings, gate)
    assert settings.warehouse.read_bytes() == before
    assert [file.name for file in settings.warehouse.parent.glob("*.wal")] == []


@pytest.mark.parametrize("text", [None, "frames: {"])
def test_a_suite_that_cannot_be_read_is_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """It is no gate that lets everything pass."""
    suites = tmp_path / "expectations"
    shutil.copytree(PROJECT / "expectations", suites)
    (suites / "ranking.yml").unlink()
    if text:
        (suites / "ranking.yml").write_text(text, "utf-8")
    monkeypatch.setattr(Settings, "expectations", property(lambda self: suites))
    with pytest.raises(BangdanError, match=r"ranking\.yml cannot be read") as failed:
        gates.check(gate_frames.copy(home, tmp_path / "home"), gate_frames.MONTH, "ranking")
    assert failed.value.remedy == "restore it from git"


def test_an_observation_is_cut_at_500_characters(home: Path, tmp_path: Path) -> None:
    settings = gate_frames.copy(
        home, tmp_path / "home",
        "insert into registry.int_registry__units select repeat('长', 40) || i, null, 'districts', '0001-01-01', '9999-12-31' from range(20) t(i)",
        "create or replace view gates.gate_raw_exports__registry as select '2021-08' as ranking_month, unit_id, unit_name,"
        " ranking_list, 1 as account_count, repeat('长', 600) as \"" + "长" * 600 + "\" from registry.int_registry__units where ranking_list is not null",
    )  # fmt: skip
    gate_frames.refusal(settings, "raw_exports")
    result = next(
        failure for failure in gate_frames.report(settings, "raw_exports")["failures"] if "Columns" in failure["rule"]
    )
    assert result["observed"].startswith("['unit_id', 'unit_name'")
    assert len(result["observed"]) == 500

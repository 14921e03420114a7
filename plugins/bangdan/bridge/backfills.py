"""A range of months in Airflow: its plan, the comparison with what is published, a person's answer, and doing it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from bangdan.bridge import assets, cities, runs
from bangdan.bridge.approval import address, plain
from bangdan.bridge.tasks import logged, permanent
from bangdan.core.months import Month, parse_range

if TYPE_CHECKING:
    from bangdan.backfill.apply import Applied
    from bangdan.backfill.plan import Plan

MONTH = "[0-9]{4}-(0[1-9]|1[0-2])"
PARAMS = {
    "months": Param(
        type="string", pattern=rf"^{MONTH}(\.\.{MONTH})?$", description="A..B, for example 2020-12..2021-02"
    ),
    **{name: runs.PARAMS[name] for name in ("engine", "reason", "note", "published_on")},
}
LISTED_CHANGES = 5  # of a month, in the question


def plan_backfill(context: dict[str, Any]) -> dict[str, Any]:
    """Load what is landed, then plan the run's range: months to publish or restate, why, and what each is made from.

    Raises AirflowSkipException where nothing would change, AirflowFailException where published months would change and
    the run has no reason and note.
    """
    from bangdan.backfill.apply import require_reason
    from bangdan.backfill.plan import plan
    from bangdan.pipeline import intake

    settings, (first, last), params = runs.task_settings(context), _range(context), context["params"]
    permanent(lambda: intake.load(settings))
    planned = permanent(lambda: plan(settings, first, last))
    if not planned.to_change:
        raise AirflowSkipException(f"{first}..{last}: nothing would change")
    permanent(lambda: require_reason(planned, params.get("reason"), params.get("note")))
    changes = {str(row.month): "; ".join(row.changes[:LISTED_CHANGES]) or row.state for row in planned.months}
    return {
        "made_from": _made_from(planned),
        "lines": [f"{row.month} {row.action}: {changes[str(row.month)]}" for row in planned.months],
    }


def diff_backfill(context: dict[str, Any]) -> dict[str, Any]:
    """The comparison of the run's range with what is published, as lines for a person and the address of its page."""
    from bangdan.backfill.diff import diff

    settings, (first, last) = runs.task_settings(context), _range(context)
    compared = permanent(lambda: diff(settings, first, last))
    lines = [
        f"{row.month}: not published yet"
        if row.is_new
        else f"{row.month}: {row.units_changed} units, {row.ranks_changed} ranks, {row.scores_changed} scores change"
        for row in compared.months
    ]
    return {"to_change": compared.to_change, "lines": lines, "page": f"scratch/backfill/{compared.pages['zh']}"}


def confirmation(planned: dict[str, Any], compared: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """The question of a run: its subject, and plan and comparison as its body."""
    first, last = _range(context)
    parts = [
        "计划 Plan",
        "\n".join(f"- {plain(text)}" for text in planned["lines"]),
        "对比 Comparison with what is published",
        "\n".join(f"- {text}" for text in compared["lines"]),
        f"[对比页 The page of the comparison]({address()}{cities.current().pages}/{compared['page']})",
        "批准即发布这些月份。Approving publishes these months.",
    ]
    return {
        "subject": f"回补 {first}..{last} 待确认 backfill waits for approval",
        "body": "\n\n".join(parts),
    }


def apply_backfill(planned: dict[str, Any], context: dict[str, Any]) -> list[dict[str, Any]]:
    """Publish the months that were confirmed, ascending; returns a row for each that has a release, for its event.

    Raises AirflowFailException where the range is made from other data by now, and where a gate refused a month; cleared,
    the task goes on with what is left.
    """
    from bangdan.backfill.apply import apply
    from bangdan.backfill.plan import plan
    from bangdan.publication import ledger

    settings, (first, last), params = runs.task_settings(context), _range(context), context["params"]
    _require_confirmed(planned["made_from"], _made_from(permanent(lambda: plan(settings, first, last))))
    day = params.get("published_on")

    def work() -> Applied:
        return apply(
            settings, first, last, reason=params.get("reason"), note=params.get("note"),
            published_on=date.fromisoformat(day) if day else None,
        )  # fmt: skip

    done = logged("apply", f"{first}..{last}", work)
    if done.refused:
        messages = [str(row.message) for row in done.months if row.result == "refused"]
        raise AirflowFailException("\n".join(messages))
    new = {row.month for row in done.months if row.result == "published"}
    releases = {month: ledger.latest(settings, Month.parse(month)) for month in planned["made_from"]}
    return [
        {
            "month": month,
            "release": release.name,
            "digest": release.manifest["data_digest"],
            "is_new": month in new,
            "is_pending": False,
        }
        for month, release in sorted(releases.items())
        if release
    ]


def announce(published: dict[str, Any], context: dict[str, Any]) -> None:
    """Emit the event of a month that a backfill has published."""
    assets.announce(published["month"], published, context)


def _range(context: dict[str, Any]) -> tuple[Month, Month]:
    return permanent(lambda: parse_range(context["params"]["months"]))


def _made_from(planned: Plan) -> dict[str, str]:
    """Of the months that would be published: what each is made from, as a hash."""
    return {str(row.month): row.figures_key for row in planned.months if row.month in planned.to_publish}


def _require_confirmed(confirmed: dict[str, str], now: dict[str, str]) -> None:
    """Months that are published meanwhile are none of `now`, so a task that is tried again goes on with the others."""
    changed = [month for month, key in now.items() if confirmed.get(month) != key]
    if changed:
        raise AirflowFailException(
            f"made from other data than what was confirmed: {', '.join(changed)}\n"
            "  remedy: clear `plan`, look at the new comparison and answer again"
        )

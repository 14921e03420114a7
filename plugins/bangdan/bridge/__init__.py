"""What Airflow calls: the pipeline's stages as task bodies, the month of a run, sign-off, mail. The only package that
imports both; what it needs of the pipeline it imports when a task runs, so that parsing the DAGs stays cheap.
"""

from __future__ import annotations

from bangdan.bridge.approval import APPROVE, Approval, ask_for_approval, question, sign_off, who_approves
from bangdan.bridge.assets import asset, description
from bangdan.bridge.backfills import PARAMS as BACKFILL_PARAMS
from bangdan.bridge.backfills import announce, apply_backfill, confirmation, diff_backfill, plan_backfill
from bangdan.bridge.cities import ONLY, PAGES, City, in_city, served_cities, working_for
from bangdan.bridge.notices import FAILED, MonthDue, late_alert, mail
from bangdan.bridge.runs import (
    PARAMS,
    is_catching_up,
    land,
    load,
    month_of,
    publish,
    schedule_from,
    stage,
    wait_for_exports,
)

__all__ = [
    "APPROVE", "BACKFILL_PARAMS", "FAILED", "ONLY", "PAGES", "PARAMS", "Approval", "City", "MonthDue", "announce", "apply_backfill",
    "ask_for_approval", "asset", "confirmation", "description", "diff_backfill", "in_city", "is_catching_up", "land", "late_alert", "load", "mail",
    "month_of", "plan_backfill", "publish", "question", "schedule_from", "served_cities", "sign_off", "stage", "wait_for_exports", "who_approves",
    "working_for",
]  # fmt: skip

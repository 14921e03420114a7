"""Sign-off of a candidate by its issuers, through Airflow's required actions."""

from __future__ import annotations

import functools
import re
from typing import Any

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException

from bangdan.bridge import cities
from bangdan.bridge.notices import ASKED, mail
from bangdan.bridge.tasks import log, logged, permanent
from bangdan.core import documents
from bangdan.core.formatting import one_line
from bangdan.core.months import Month
from bangdan.core.settings import Settings


def who_approves() -> str:
    """Who has to sign a candidate off before it is published (BANGDAN_APPROVAL): one, all, or nobody."""
    return Settings.load().approval


def ask_for_approval(month: str, context: dict[str, Any]) -> list[dict[str, Any]]:
    """A question for each issuer who still has to sign the candidate off, or one for any of them; empty = nobody."""
    from bangdan.pipeline import publishing

    settings, params = cities.settings(), context.get("params") or {}
    preview = logged("preview", month, lambda: publishing.preview(settings, Month.parse(month), params.get("reason")))
    if not preview.missing:
        return []
    users = _approvers(settings, preview.issuers)
    everybody = [] if settings.approval == "all" else [user for named in users.values() for user in named]
    asked = preview.missing if settings.approval == "all" else [""]
    lists = "\n".join(f"- {name}: {'; '.join(map(plain, rows))}" for name, rows in preview.top.items())
    return [
        {
            "issuer": issuer,
            "issuers": preview.issuers,
            "digest": preview.data_digest,
            "subject": f"榜单 {month} 待签发 sign-off · {plain(issuer) or '任一发布单位 any issuer'}",
            "body": f"数据 Data `{preview.data_digest[:16]}`\n\n{lists}\n\n"
            f"[候选榜单 The candidate]({address()}{cities.current().pages}/runs/{month}/candidate/index.html)\n\n"
            "签发只对这份数据有效；数据有变须重签。Signing off holds for these data only.",
            "assigned_users": [{"id": user, "name": user} for user in users.get(issuer, everybody)] or None,
        }
        for issuer in asked
    ]


def question(asked: dict[str, Any]) -> dict[str, Any]:
    """The arguments of Airflow's approval operator."""
    return {key: asked[key] for key in ("subject", "body", "assigned_users")}


def sign_off(month: str, asked: list[dict[str, Any]], answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Record the approvals, bound to the digest that was shown; data that have changed since need new ones."""
    from bangdan.pipeline import publishing

    settings, given = cities.settings(), 0
    for issue, answer in zip(asked, answers, strict=True):
        by = (answer.get("responded_by_user") or {}).get("name") or "?"
        issuer = issue["issuer"] or _issuer_of(by, issue["issuers"], settings)
        approve = functools.partial(publishing.approve, settings, Month.parse(month), issuer, by, issue["digest"])
        given = permanent(approve).approvals
        log.info("sign_off", month=month, issuer=one_line(issuer), digest=issue["digest"][:16], by=one_line(by))
    return {"approvals": given}


def _approvers(settings: Settings, issuers: list[str]) -> dict[str, list[str]]:
    """Airflow users who may sign for an issuer, by its name; an issuer that is not named is open to all who may answer."""
    try:
        approvers = documents.parse(settings.approvers or "{}")
        if any(int(position) < 1 for position in approvers):  # an index from the end would name another issuer
            raise IndexError
        return {issuers[int(position) - 1]: [str(user) for user in users] for position, users in approvers.items()}
    except (ValueError, IndexError, AttributeError, TypeError):
        raise AirflowFailException(
            f'BANGDAN_APPROVERS is {settings.approvers!r}\n  remedy: write it as {{"1": ["user"], "2": ["user"]}}, by '
            f"the position of the issuer; there are {len(issuers)}"
        ) from None


def _issuer_of(user: str, issuers: list[str], settings: Settings) -> str:
    """The issuer that a user signs for where any one may; the first where no list says so."""
    named = [issuer for issuer, users in _approvers(settings, issuers).items() if user in users]
    return (named or issuers)[0]


def plain(text: str) -> str:
    """A name from data for a question and the subject of its mail: one line, no Markdown, no template."""
    return re.sub(r"[{}<>\[\]()|*_`#\\!]", " ", one_line(text))


def address() -> str:
    """Where Airflow's pages are, without a slash at the end."""
    from airflow.sdk.configuration import conf

    return conf.get("api", "base_url", fallback="").rstrip("/")


# A question has no end of its own.
APPROVE: dict[str, Any] = {"fail_on_reject": True, "execution_timeout": None, "notifiers": mail(ASKED)}


class Approval(ApprovalOperator):
    """Airflow's approval operator, whose rejection is final. It may be tried again otherwise: an answer that comes
    within seconds of the question can reach Airflow before its executor has seen the task park, and is lost.
    """

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        try:
            return super().execute_complete(context, event)
        except HITLRejectException:
            by = (event.get("responded_by_user") or {}).get("name")
            raise AirflowFailException(
                f"{by} rejected the candidate: {self.subject}\n  remedy: fix what is wrong, then clear `ask`, or the "
                "run from the stage that has to be done again"
            ) from None

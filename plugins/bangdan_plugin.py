"""The Airflow plugin: a page of months behind Airflow's login, with releases, reports of the gates and candidates."""

from __future__ import annotations

from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from bangdan import bridge
from bangdan.core.settings import Settings
from bangdan.operations import overview

# An app of a plugin answers without login unless it requires one: whoever may read the DAG may read these pages. FastAPI's own
# pages about the app would not require it, so there are none.
pages = FastAPI(
    title="bangdan",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[Depends(requires_access_dag(method="GET", param_dag_id="ranking_monthly"))],
)
HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


@pages.get("/")
def months() -> HTMLResponse:
    return HTMLResponse(overview.page(Settings.load()), headers=HEADERS)


@pages.get("/{folder}/{path:path}")
def file(folder: str, path: str) -> FileResponse:
    served = overview.served(Settings.load(), folder, path)
    if served is None:
        raise HTTPException(404)
    return FileResponse(served, headers=HEADERS)


@pages.exception_handler(401)
def to_login(request: Request, error: HTTPException) -> Response:
    """A person gets a page with the address to log in at; a program gets JSON."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": error.detail}, 401)
    return HTMLResponse(overview.login_page(conf.get("api", "base_url", fallback="/").rstrip("/")), 401)


class BangdanPlugin(AirflowPlugin):
    name = "bangdan"
    fastapi_apps = [{"app": pages, "url_prefix": bridge.PAGES, "name": "bangdan"}]  # noqa: RUF012 - Airflow's shape
    external_views = [  # noqa: RUF012
        {"name": "榜单", "href": f"{conf.get('api', 'base_url', fallback='').rstrip('/')}{bridge.PAGES}/",
         "destination": "nav", "url_route": "bangdan"}
    ]  # fmt: skip
    deadline_references = [bridge.MonthDue]  # noqa: RUF012

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

ADDRESS = conf.get("api", "base_url", fallback="").rstrip("/")
HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


def pages_of(city: bridge.City) -> FastAPI:
    """The pages of a city. An app of a plugin answers without login unless it requires one: whoever may read the city's DAG
    may read these pages. FastAPI's own pages about the app would not require it, so there are none.
    """
    login = Depends(requires_access_dag(method="GET", param_dag_id=city.dag_id))
    app = FastAPI(title="bangdan", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[login])

    @app.get("/")
    @app.get("/en")
    def months(request: Request) -> HTMLResponse:
        language = "en" if request.url.path.endswith("/en") else "zh"
        runs_at = f"{ADDRESS}/dags/{city.dag_id}/runs/"
        return HTMLResponse(overview.page(Settings.load(city.folder), language, runs_at), headers=HEADERS)

    @app.get("/{folder}/{path:path}")
    def file(folder: str, path: str) -> FileResponse:
        served = overview.served(Settings.load(city.folder), folder, path)
        if served is None:
            raise HTTPException(404)
        return FileResponse(served, headers=HEADERS)

    @app.exception_handler(401)
    def to_login(request: Request, error: HTTPException) -> Response:
        """A person gets a page with the address to log in at; a program gets JSON."""
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"detail": error.detail}, 401)
        return HTMLResponse(overview.login_page(conf.get("api", "base_url", fallback="/").rstrip("/")), 401)

    return app


CITIES = bridge.served_cities()
APPS = {city: pages_of(city) for city in CITIES}


class BangdanPlugin(AirflowPlugin):
    name = "bangdan"
    fastapi_apps = [  # noqa: RUF012 - Airflow's shape
        {"app": app, "url_prefix": city.pages, "name": f"bangdan {city.name}".strip()} for city, app in APPS.items()
    ]
    external_views = [  # noqa: RUF012
        {
            "name": f"榜单 {city.name}".strip(),
            "href": f"{ADDRESS}{city.pages}/",
            "destination": "nav",
            "url_route": f"bangdan-{city.name}".rstrip("-"),
        }
        for city in CITIES
    ]
    deadline_references = [bridge.MonthDue]  # noqa: RUF012

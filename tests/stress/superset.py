"""Apache Superset as its users run it: an environment of its own, a server on this machine, asked by HTTP and by browser.

Here: starting and asking it. Not here: what of our files is shown (the tests).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, Response

from tests.stress.environments import environment
from tests.support.browser import browsing

# As in docs/connect/superset.md.
PACKAGES = (
    "apache-superset>=6.1,<7",
    "duckdb-engine>=0.17",
    "duckdb>=1.1,<2",
    "rich",
    "cachetools",
    "flask-caching<2.4",
)
NAME, PASSWORD = "admin", "for tests only"
CONFIGURATION = """
SECRET_KEY = "a key for tests that is long enough for Superset"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""
# How many pixels of a chart's canvas have the color of bars.
COLORED = """() => {
    const canvas = document.querySelector("canvas");
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let colored = 0;
    for (let at = 0; at < pixels.length; at += 4)
        if (pixels[at + 3] > 200 && Math.max(pixels[at], pixels[at + 1], pixels[at + 2])
                - Math.min(pixels[at], pixels[at + 1], pixels[at + 2]) > 60) colored++;
    return colored;
}"""


class Superset:
    """A running server, signed in."""

    def __init__(self, url: str, environ: dict[str, str]) -> None:
        self.url, self._environ, self._session = url, environ, requests.Session()
        token = self.post("/api/v1/security/login", username=NAME, password=PASSWORD, provider="db", refresh=True)
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._answer(self._session.post(f"{self.url}{path}", json=body, timeout=120))

    def get(self, path: str) -> dict[str, Any]:
        return self._answer(self._session.get(f"{self.url}{path}", timeout=120))

    @staticmethod
    def _answer(response: requests.Response) -> dict[str, Any]:
        assert response.ok, f"{response.url}: {response.status_code} {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    def register(self, name: str, file: Path) -> int:
        """Add a database by its file, as in docs/connect/superset.md; return its number."""
        extra = json.dumps({"engine_params": {"connect_args": {"read_only": True}}})
        return int(self.post("/api/v1/database/", database_name=name, sqlalchemy_uri=f"duckdb:///{file}", extra=extra)["id"])

    def tables(self, database: int, schema: str) -> list[str]:
        found = self.get(f"/api/v1/database/{database}/tables/?q=(schema_name:{schema})")
        return [row["value"] for row in found["result"]]

    def dataset(self, database: int, schema: str, table: str) -> int:
        return int(self.post("/api/v1/dataset/", database=database, schema=schema, table_name=table)["id"])

    def data(self, dataset: int, query: dict[str, Any]) -> list[dict[str, Any]]:
        """What a chart of this query would show."""
        source = {"id": dataset, "type": "table"}
        answer = self.post("/api/v1/chart/data", datasource=source, queries=[query], result_format="json", result_type="full")
        return self._rows(answer)

    def bar_chart(self, name: str, dataset: int, query: dict[str, Any]) -> int:
        """A saved bar chart of this query; its number."""
        filters = [
            {"expressionType": "SIMPLE", "clause": "WHERE", "subject": f["col"], "operator": f["op"], "comparator": f["val"]}
            for f in query["filters"]
        ]
        kind = "echarts_timeseries_bar"
        params = {
            "viz_type": kind, "datasource": f"{dataset}__table", "x_axis": query["columns"][0], "xAxisForceCategorical": True,
            "metrics": query["metrics"], "groupby": [], "adhoc_filters": filters, "row_limit": 100, "show_value": True,
        }  # fmt: skip
        chart = self.post(
            "/api/v1/chart/",
            slice_name=name,
            viz_type=kind,
            datasource_id=dataset,
            datasource_type="table",
            params=json.dumps(params),
        )
        return int(chart["id"])

    def look(self, chart: int, picture: Path) -> int:
        """Open the chart in Chromium and take a picture; how many pixels of its canvas are colored."""
        with self._browsing() as page:
            page.goto(f"{self.url}/explore/?slice_id={chart}")
            page.wait_for_selector("canvas", timeout=240000)
            page.wait_for_timeout(4000)
            page.screenshot(path=picture)
            return int(page.evaluate(COLORED))

    def run(self, commands: str, folder: Path) -> None:
        """Run lines of a shell as a reader of the page would, where `superset` is on the path."""
        result = subprocess.run(
            ["bash", "-euc", commands], env=self._environ, cwd=folder, capture_output=True, text=True, timeout=900, check=False
        )
        assert result.returncode == 0, result.stderr[-3000:]

    def dashboard(self, slug: str, charts: int, picture: Path) -> dict[int, list[dict[str, Any]]]:
        """Open a dashboard in Chromium and take a picture; the rows that the server gave to each of its charts."""
        rows_by_chart: dict[int, list[dict[str, Any]]] = {}

        def take(response: Response) -> None:
            if "/api/v1/chart/data" in response.url and response.ok:
                chart = response.request.post_data_json["form_data"].get("slice_id")
                if chart is not None:  # else it fills a filter's list
                    rows_by_chart[chart] = self._rows(response.json())

        with self._browsing() as page:
            page.set_viewport_size({"width": 1500, "height": 2300})  # Superset asks for charts in view only
            page.on("response", take)
            page.goto(f"{self.url}/superset/dashboard/{slug}/")
            ends = time.monotonic() + 240
            while len(rows_by_chart) < charts and time.monotonic() < ends:
                page.wait_for_timeout(500)
            page.wait_for_timeout(5000)  # charts are drawn
            page.screenshot(path=picture)
        return rows_by_chart

    @contextmanager
    def _browsing(self) -> Iterator[Page]:
        """A page of a browser that is signed in."""
        with browsing() as page:
            page.set_viewport_size({"width": 1400, "height": 900})
            page.goto(f"{self.url}/login/")
            page.fill("#username", NAME)
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda address: "login" not in address, timeout=120000)
            yield page

    @staticmethod
    def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = answer["result"][0]["data"]
        return rows


@contextmanager
def superset(folder: Path) -> Iterator[Superset]:
    """Install, set up and start one below this folder; ended afterwards."""
    programs = environment(folder / "environment", *PACKAGES)
    (folder / "superset_config.py").write_text(CONFIGURATION.format(folder=folder))
    own = {"SUPERSET_CONFIG_PATH": str(folder / "superset_config.py"), "SUPERSET_HOME": str(folder), "FLASK_APP": "superset"}
    environ = os.environ | own | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    command = str(programs / "superset")
    person = ["--username", NAME, "--firstname", "A", "--lastname", "B", "--email", "a@b.example", "--password", PASSWORD]
    for arguments in (["db", "upgrade"], ["fab", "create-admin", *person], ["init"]):
        result = subprocess.run(
            [command, *arguments], env=environ, cwd=folder, capture_output=True, text=True, timeout=900, check=False
        )
        assert result.returncode == 0, result.stderr[-3000:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [command, "run", "-p", str(port), "--with-threads"], env=environ, cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", server)
            yield Superset(f"http://127.0.0.1:{port}", environ)
        finally:
            server.terminate()
            server.wait(timeout=60)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 300
    while time.monotonic() < ends:
        assert server.poll() is None, "Superset ended; its folder holds server.log"
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(1)
    raise AssertionError("Superset does not answer; its folder holds server.log")

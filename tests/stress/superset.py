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

from tests.stress.environments import environment, run
from tests.support.browser import chromium

# As docs/connect/superset.md says, and a driver for the browser.
PACKAGES = (
    "apache-superset>=6.1,<7",
    "duckdb-engine>=0.17",
    "duckdb>=1.1,<2",
    "rich",
    "cachetools",
    "flask-caching<2.4",
    "playwright",
)
NAME, PASSWORD = "admin", "for tests only"
CONFIGURATION = """
SECRET_KEY = "a key for tests that is long enough for Superset"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""
# Signs in, opens the chart, waits for its canvas, and says how many of its pixels have the color of bars.
BROWSER = """
import sys
from playwright.sync_api import sync_playwright
url, chart, picture, name, password, program = sys.argv[1:]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=program, args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{url}/login/")
    page.fill("#username", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address, timeout=120000)
    page.goto(f"{url}/explore/?slice_id={chart}")
    page.wait_for_selector("canvas", timeout=240000)
    page.wait_for_timeout(4000)
    print(page.evaluate('''() => {
        const canvas = document.querySelector("canvas");
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let colored = 0;
        for (let at = 0; at < pixels.length; at += 4)
            if (pixels[at + 3] > 200 && Math.max(pixels[at], pixels[at + 1], pixels[at + 2])
                    - Math.min(pixels[at], pixels[at + 1], pixels[at + 2]) > 60) colored++;
        return colored;
    }'''))
    page.screenshot(path=picture)
    browser.close()
"""


class Superset:
    """A running server, signed in."""

    def __init__(self, url: str, programs: Path) -> None:
        self.url, self._programs, self._session = url, programs, requests.Session()
        token = self.post("/api/v1/security/login", username=NAME, password=PASSWORD, provider="db", refresh=True)
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def post(self, path: str, **said: Any) -> dict[str, Any]:
        return self._answer(self._session.post(f"{self.url}{path}", json=said, timeout=120))

    def get(self, path: str) -> dict[str, Any]:
        return self._answer(self._session.get(f"{self.url}{path}", timeout=120))

    @staticmethod
    def _answer(response: requests.Response) -> dict[str, Any]:
        assert response.ok, f"{response.url}: {response.status_code} {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    def register(self, name: str, file: Path) -> int:
        """A database by its file, as docs/connect/superset.md says; its number."""
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
        said = self.post("/api/v1/chart/data", datasource=source, queries=[query], result_format="json", result_type="full")
        rows: list[dict[str, Any]] = said["result"][0]["data"]
        return rows

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
        made = self.post(
            "/api/v1/chart/",
            slice_name=name,
            viz_type=kind,
            datasource_id=dataset,
            datasource_type="table",
            params=json.dumps(params),
        )
        return int(made["id"])

    def look(self, chart: int, picture: Path) -> int:
        """Open the chart in Chromium and take a picture; how many pixels of its canvas are colored."""
        said = run(
            [self._programs / "python", "-c", BROWSER, self.url, str(chart), str(picture), NAME, PASSWORD, chromium()],
            picture.parent,
        )
        return int(said)


@contextmanager
def superset(folder: Path) -> Iterator[Superset]:
    """Install, set up and start one below this folder; ended afterwards."""
    programs = environment(folder / "environment", *PACKAGES)
    (folder / "superset_config.py").write_text(CONFIGURATION.format(folder=folder))
    own = {"SUPERSET_CONFIG_PATH": str(folder / "superset_config.py"), "SUPERSET_HOME": str(folder), "FLASK_APP": "superset"}
    command = str(programs / "superset")
    person = ["--username", NAME, "--firstname", "A", "--lastname", "B", "--email", "a@b.example", "--password", PASSWORD]
    for arguments in (["db", "upgrade"], ["fab", "create-admin", *person], ["init"]):
        done = subprocess.run(
            [command, *arguments], env=os.environ | own, cwd=folder, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [command, "run", "-p", str(port), "--with-threads"], env=os.environ | own, cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", server)
            yield Superset(f"http://127.0.0.1:{port}", programs)
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

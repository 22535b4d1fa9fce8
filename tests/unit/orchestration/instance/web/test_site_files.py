"""The UI's server also has the documentation and the scorecard of its home, and keeps their scripts from acting as the user."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message

from orchestration.instance.web.ui_access import UiAccess
from orchestration.instance.web.webserver import DOCS, SCORECARD, with_sites
from warehouse.paths import Home


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Browser:
    """Requests pages of the UI's server."""

    server: ASGIApp

    def get(self, path: str, **headers: str) -> Answer:
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.sleep(10)  # the browser sends nothing more
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        names = {"host": "localhost:3000", "x-levelground-token": "a-token"} | headers
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "scheme": "http",
            "server": ("localhost", 3000),
            "headers": [(name.encode(), value.encode()) for name, value in names.items()],
        }
        asyncio.run(self.server(scope, receive, send))
        received: dict[str, list[str]] = {}
        for name, value in sent[0]["headers"]:
            received.setdefault(name.decode(), []).append(value.decode())
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return Answer(sent[0]["status"], {name: "; ".join(values) for name, values in received.items()}, text)


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    home = Home(tmp_path)
    for folder, text in ((home.docs, "the documentation"), (home.published_scorecard, "the scorecard")):
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(text)
    (tmp_path / "home.json").write_text("secret")
    application = with_sites(PlainTextResponse("Dagster"), home)
    return Browser(UiAccess(application, "a-token"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{DOCS}/index.html", "the documentation"),
        (f"{DOCS}/", "the documentation"),
        (f"{SCORECARD}/index.html", "the scorecard"),
        ("/assets", "Dagster"),
    ],
)
def test_links_open_pages_and_all_other_addresses_are_dagsters(browser: Browser, path: str, text: str) -> None:
    answer = browser.get(path)
    assert (answer.status, answer.text) == (200, text)


def test_scripts_of_a_page_can_neither_send_requests_nor_open_the_ui(browser: Browser) -> None:
    policy = browser.get(f"{DOCS}/index.html").headers["content-security-policy"]
    assert all(f"{name} 'none'" in policy for name in ("connect-src", "frame-src", "worker-src", "frame-ancestors"))
    assert "form-action 'self'" in policy, "the search of the documentation is a form; the UI refuses forms as mutations"
    sandbox = policy.partition("sandbox ")[2].partition(";")[0].split()
    assert not {"allow-popups", "allow-modals", "allow-top-navigation"} & set(sandbox)
    assert "sandbox" not in browser.get("/assets").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["missing.html", "../home.json", "..%2fhome.json", "%2e%2e/home.json"])
def test_nothing_outside_the_folder_is_served(browser: Browser, path: str) -> None:
    assert "secret" not in browser.get(f"{DOCS}/{path}").text


def test_pages_need_a_token_as_all_data_of_the_ui(browser: Browser) -> None:
    assert browser.get(f"{DOCS}/index.html", **{"x-levelground-token": "wrong"}).status == 403


def test_another_site_cannot_read_the_pages(browser: Browser) -> None:
    assert browser.get(f"{DOCS}/index.html", origin="http://evil.example").status == 403
    assert browser.get(f"{DOCS}/index.html", host="evil.example").status == 403

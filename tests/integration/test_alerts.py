"""Alerts to a mail server and a webhook on this machine: one message per change, with a remedy and without secrets."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.contract_terms import agreement_terms
from orchestration.alerts import notify_run_ended, notify_run_not_started
from orchestration.runs.clock import utc_now
from orchestration.runs.record import BLOCKED, FAILED, FRESH, HELD_BACK, RELEASED, STALE, UNCHANGED, RunRecord, new_status
from orchestration.settings import Settings
from tests.conftest import CommandLine, free_port

SOURCE, OTHER = "ucc__service_requests", "mmc__court_cases"
PASSWORD, TOKEN = "correct-horse", "battery-staple"


class Mailbox:
    """A mail server that requires a password, and the mails that it received: subject and text."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.logins: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        self.mails.append((str(mail["subject"]), body.get_content()))
        return "250 taken"

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.password.decode())
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A mailbox and its address for LEVELGROUND_ALERTS."""
    box = Mailbox()
    port = free_port()
    server = Controller(box, "127.0.0.1", port, authenticator=box.login, auth_require_tls=False, auth_required=True)
    server.start()
    try:
        address = f"mailto://night:{PASSWORD}@127.0.0.1:{port}?from=levelground@city.example&to=team@city.example"
        yield box, f"{address}&mode=insecure&format=text"
    finally:
        server.stop()


class Webhook:
    """A webhook, as of a chat or pager, and the messages that it received."""

    def __init__(self, server: HTTPServer) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.answer = 200
        server.expect_request(f"/hooks/{TOKEN}", method="POST").respond_with_handler(self._take)
        self.address = f"json://127.0.0.1:{server.port}/hooks/{TOKEN}"

    def _take(self, request: Request) -> Response:
        if self.answer == 200:
            self.bodies.append(json.loads(request.get_data()))
        return Response(status=self.answer)


@pytest.fixture
def webhook(httpserver: HTTPServer) -> Webhook:
    return Webhook(httpserver)


def settings_with(home: Path, *addresses: str) -> Settings:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(home), "LEVELGROUND_ALERTS": " ".join(addresses)})
    settings.home.ensure()
    return settings


def receipt(number: int, outcome: str, message: str | None = None, **verdicts: tuple[str, str]) -> RunRecord:
    """A finished run, with the result and reason of some sources."""
    run = RunRecord(
        run_id=f"run-{number}",
        trigger="schedule",
        started_at=utc_now().isoformat(),
        city="sampleton",
        deliveries="sample",
        as_of="2025-12-01T00:00:00",
    )
    run.fingerprint = "f"
    registry = load_registry()
    for source in (SOURCE, OTHER):
        verdict, reason = verdicts.get(source, (FRESH, None))
        status = new_status(registry[source], run.run_id)
        run.sources[source] = status.model_copy(update={"verdict": verdict, "reason": reason, "load_id": "0123456789abcdef"})
    run.end(outcome, utc_now(), message)
    return run


def test_each_channel_is_notified_once_of_a_problem_and_once_of_its_end(
    tmp_path: Path, mailbox: tuple[Mailbox, str], webhook: Webhook
) -> None:
    box, address = mailbox
    settings = settings_with(tmp_path, address, webhook.address)
    held_back = {SOURCE: (HELD_BACK, "expected column CREATIONDATE is missing")}

    notify_run_ended(settings, receipt(1, RELEASED))
    assert not box.mails, "an ordinary night sends nothing"

    notify_run_ended(settings, receipt(2, BLOCKED, "marts.fct_payments: 3 rows without an amount", **held_back))
    notify_run_ended(settings, receipt(3, BLOCKED, "marts.fct_payments: 4 rows without an amount", **held_back))
    ((subject, text),) = box.mails
    assert subject == f"Levelground sampleton: release blocked, {SOURCE} held back"
    assert "3 rows without an amount" in text
    assert "The last release stays public. `levelground status` names what failed" in text
    assert f"`levelground sources accept {SOURCE} --load 0123456789abcdef --reason TEXT`" in text
    assert "ucc-data@city.example" in text
    assert "run-2" in text
    assert box.logins == [PASSWORD]

    notify_run_ended(settings, receipt(4, RELEASED, **held_back))
    assert box.mails[-1][0] == "Levelground sampleton: the run resolved"
    assert SOURCE not in box.mails[-1][1], "it is still held back, which was sent before"

    notify_run_ended(settings, receipt(5, UNCHANGED, **{SOURCE: (STALE, "its data end at 2025-11-01")}))
    assert box.mails[-1][0] == f"Levelground sampleton: {SOURCE} stale"
    assert "Ask the steward (ucc-data@city.example) for the next delivery" in box.mails[-1][1]

    notify_run_ended(settings, receipt(6, RELEASED))
    assert box.mails[-1][0] == f"Levelground sampleton: {SOURCE} resolved"
    assert "RESOLVED" in box.mails[-1][1]
    assert len(box.mails) == 4
    assert [body["title"] for body in webhook.bodies] == [subject for subject, _ in box.mails]
    assert [body["type"] for body in webhook.bodies] == ["failure", "success", "failure", "success"]

    notify_run_ended(settings, receipt(7, FAILED, "the run broke off (build: a model of ours)"))
    assert box.mails[-1][0] == "Levelground sampleton: run failed"
    assert "it goes on from what was finished" in box.mails[-1][1]


def test_a_partial_run_does_not_resolve_a_blocked_release(tmp_path: Path, webhook: Webhook) -> None:
    settings = settings_with(tmp_path, webhook.address)
    notify_run_ended(settings, receipt(1, BLOCKED, "a gate"))
    partial = receipt(2, UNCHANGED)
    partial.fingerprint = None
    notify_run_ended(settings, partial)
    assert [body["title"] for body in webhook.bodies] == ["Levelground sampleton: release blocked"]


def test_a_failing_channel_is_tried_again_and_does_not_affect_others(
    tmp_path: Path, mailbox: tuple[Mailbox, str], webhook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    box, address = mailbox
    wrong_password = address.replace(PASSWORD, TOKEN)
    settings = settings_with(tmp_path, wrong_password, webhook.address, "nonsense", "nosuch://x:y@z")
    webhook.answer = 500
    notify_run_ended(settings, receipt(1, FAILED, "out of memory"))
    assert not box.mails
    assert not webhook.bodies
    log = (settings.home.logs / "alerts.log").read_text()
    assert "out of memory" in log
    named = [record.args for record in caplog.records if record.name == "levelground.alerts"]
    assert named == [
        ("1 mailto",),
        ("2 json",),
        ("3 of unknown kind",),
        ("4 nosuch",),
    ]

    webhook.answer = 200
    notify_run_ended(settings, receipt(2, FAILED, "out of memory again"))
    assert [body["title"] for body in webhook.bodies] == ["Levelground sampleton: run failed"]
    assert (settings.home.logs / "alerts.log").read_text() == log, "the log was notified before"

    own = "".join(record.getMessage() for record in caplog.records if not record.name.startswith(("mail", "werkzeug")))
    output = own + log + (settings.home.root / "alerts.json").read_text()
    for secret in (PASSWORD, TOKEN, "city.example?", str(address), "127.0.0.1"):
        assert secret not in output


def test_a_run_that_cannot_start_sends_an_alert(tmp_path: Path, webhook: Webhook) -> None:
    settings = settings_with(tmp_path, webhook.address)
    notify_run_not_started(settings, "sampleton", "there is no folder /deliveries; name a folder", "run-1")
    assert webhook.bodies[0]["title"] == "Levelground sampleton: run did not start"
    assert "there is no folder /deliveries" in webhook.bodies[0]["message"]


def test_an_unreadable_alert_state_repeats_an_alert(tmp_path: Path, webhook: Webhook) -> None:
    settings = settings_with(tmp_path, webhook.address)
    notify_run_ended(settings, receipt(1, FAILED, "x"))
    (settings.home.root / "alerts.json").write_text('{"now": [{"subject"')
    notify_run_ended(settings, receipt(2, FAILED, "x"))
    assert len(webhook.bodies) == 2


def test_channels_can_be_tested(tmp_path: Path, mailbox: tuple[Mailbox, str], webhook: Webhook) -> None:
    box, address = mailbox
    both = {"LEVELGROUND_ALERTS": f"{address} {webhook.address}"}
    levelground = CommandLine(tmp_path)
    result = levelground("alerts", "test", env=both)
    assert result.returncode == 0, result.stderr
    assert [subject for subject, _ in box.mails] == [webhook.bodies[0]["title"]] == ["Levelground sampleton: test"]
    webhook.answer = 404
    result = levelground("alerts", "test", env=both)
    assert result.returncode == 1
    assert "2 json" in result.stdout
    assert TOKEN not in result.stdout + result.stderr
    assert PASSWORD not in result.stdout + result.stderr
    assert os.environ.get("LEVELGROUND_ALERTS") is None


def test_names_in_reasons_are_literal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A department chooses the names of its files: none begins a line of the log, or is a link where a channel reads Markdown."""
    sent: list[str] = []
    monkeypatch.setattr("apprise.Apprise.notify", lambda _self, body, *_args, **_options: bool(sent.append(body)) or True)
    hostile = "it has no rows\n\nRESOLVED: all is resolved\x1b[2J [here](http://evil.example) <!channel>"
    environment = {
        "LEVELGROUND_HOME": str(tmp_path / "home"),
        "LEVELGROUND_ALERTS": "discord://1234567890/token?format=markdown json://127.0.0.1:9/alerts",
    }
    settings = Settings.from_environment(environment)
    settings.home.ensure()
    notify_run_not_started(settings, "milwaukee", hostile, None)
    markdown, text = sent
    assert r"\[here\](http://evil.example) \<\!channel\>" in markdown
    assert "[here](http://evil.example) <!channel>" in text
    for written in (markdown, text, (settings.home.logs / "alerts.log").read_text()):
        assert "\x1b" not in written
        assert not [line for line in written.splitlines() if line.startswith("RESOLVED")]


def test_an_agreement_that_ends_is_notified_and_resolved_by_its_renewal(tmp_path: Path, webhook: Webhook) -> None:
    """A source that is stale keeps that alert next to the one of its agreement."""
    settings = settings_with(tmp_path / "home", webhook.address)
    contract = load_registry()[SOURCE]
    agreement = contract.agreement.model_copy(update={"valid_until": dt.date(2026, 1, 15)})
    dated = contract.model_copy(update={"agreement": agreement})

    def night(number: int, as_of: dt.datetime, terms: Contract) -> None:
        record = receipt(number, UNCHANGED, **{SOURCE: (STALE, "its data end")})
        warned = agreement_terms(terms, as_of)
        record.agreements = (warned,) if warned.reason else ()
        notify_run_ended(settings, record)

    for number, day in enumerate((1, 2), 1):
        night(number, dt.datetime(2025, 12, day), dated)
    (first,) = webhook.bodies
    assert f"{SOURCE} is stale" in first["message"]
    assert f"agreement of {SOURCE} is about to end" in first["message"]
    assert "ends in 45 days, on 2026-01-15" in first["message"]
    night(3, dt.datetime(2026, 1, 16), dated)
    assert f"agreement of {SOURCE} is at its end" in webhook.bodies[1]["message"]
    assert f"levelground sources remove {SOURCE}" in webhook.bodies[1]["message"]
    night(4, dt.datetime(2026, 1, 17), contract)
    assert "RESOLVED: agreement of" in webhook.bodies[2]["message"]

"""The site of a home: written, kept when a build fails, rebuilt by a rollback, reported by alerts, the CLI and Dagster."""

from __future__ import annotations

import shutil
import urllib.request
from http.server import ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from orchestration.alerts.conditions import NOT_WRITTEN, SCORECARD, Condition, conditions_after_run
from orchestration.alerts.notify import compose_message
from orchestration.defs import assets as asset
from orchestration.pipeline import publish_scorecard as publishing
from orchestration.pipeline.publish_scorecard import check_scorecard, publish_scorecard, refresh_scorecard
from orchestration.runs.clock import utc_now
from orchestration.runs.record import BLOCKED, RELEASED, UNCHANGED
from orchestration.scorecard import ScorecardError, folders
from orchestration.scorecard.words.texts import texts_by_language
from orchestration.settings import ConfigurationError, Settings
from tests.conftest import called
from tests.support.run_records import run_record
from tests.support.scorecard_release import planted, write_public_file

PROBLEM = "en/index.html could not be written: TextMissing: the text page.home is missing"


def settings_of(folder: Path, **variables: str) -> Settings:
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(folder / "home")} | variables)
    settings.home.ensure()
    return settings


def release(settings: Settings, **changes: Any) -> None:
    write_public_file(settings.home.published_public, planted() | changes)


def run_of(settings: Settings) -> Any:
    """What a step needs of an open run."""
    from orchestration.runs.context import RunContext, RunOptions  # noqa: PLC0415
    from orchestration.runs.record import RunStore  # noqa: PLC0415

    nothing: Any = SimpleNamespace()
    record = run_record()
    record.end(RELEASED, utc_now())
    return RunContext(settings, RunOptions(), nothing, record, RunStore(settings.home.runs), nothing, utc_now())


def test_a_run_writes_the_site_once_per_release(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en")
    assert publish_scorecard(settings) is None, "nothing is published yet"
    release(settings)
    run = run_of(settings)
    site = refresh_scorecard(run)
    assert site is not None
    assert site.index == settings.home.published / "scorecard" / "index.html"
    assert site.index.is_file()
    assert sorted(path.name for path in site.index.parent.iterdir()) == [
        "downloads",
        "en",
        "index.html",
        "made_from.json",
        "report.pdf",
        "streets",
        "style.css",
    ]
    assert refresh_scorecard(run) is None, "it is of this release already"
    assert run.record.scorecard_problem is None
    assert run.record.seconds["scorecard"] > 0


def candidate_of(settings: Settings, tables: Any) -> Any:
    """A candidate release with a public file, and its manifest, as far as the site needs them."""
    folder = settings.home.releases / ".candidate-run"
    folder.mkdir(parents=True)
    public_file = write_public_file(folder / "public.duckdb", tables)
    return SimpleNamespace(folder=folder, public_path=public_file), SimpleNamespace(release_id="20251201T000000Z-00000001")


def test_the_site_is_checked_before_the_swap_and_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en")
    run = run_of(settings)
    candidate, manifest = candidate_of(settings, planted())
    gate = check_scorecard(run, candidate, manifest)
    assert gate is not None
    assert "page_is_not_checked" in {finding.expectation for finding in gate.findings if finding.success}
    assert not settings.home.published_scorecard.exists(), "nothing is published before the swap"
    shutil.copy(candidate.public_path, settings.home.published_public)
    monkeypatch.setattr(publishing, "write_site", None)
    site = refresh_scorecard(run)
    assert site is not None
    assert run.record.scorecard_problem is None
    assert site.index == settings.home.published_scorecard / "index.html"
    assert site.index.is_file()
    assert [path.name for path in settings.home.releases.iterdir()] == [candidate.folder.name], "the rendered site has moved"


def test_a_checked_site_of_another_file_is_not_published(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en")
    run = run_of(settings)
    candidate, manifest = candidate_of(settings, planted())
    check_scorecard(run, candidate, manifest)
    release(settings, goals=[])
    site = refresh_scorecard(run)
    assert site is not None
    assert "Halve it" not in (site.index.parent / "en" / "goals.html").read_text(encoding="utf-8")
    assert [path.name for path in settings.home.releases.iterdir()] == [candidate.folder.name]


def test_a_site_that_cannot_be_rendered_is_a_warning_before_the_swap(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en")
    tables = planted()
    tables["measures"][0]["policy_area"] = "no_such_area"
    gate = check_scorecard(run_of(settings), *candidate_of(settings, tables))
    assert gate is not None
    assert gate.passed
    assert "policy_area.no_such_area" in gate.warnings[0].message


def test_nothing_is_rendered_where_the_city_wants_no_site(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="none")
    assert check_scorecard(run_of(settings), *candidate_of(settings, planted())) is None


def test_a_site_that_cannot_be_written_is_recorded_and_the_run_stays_released(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en")
    release(settings)
    assert publish_scorecard(settings) is not None
    before = (settings.home.published_scorecard / "made_from.json").read_text()
    tables = planted()
    tables["measures"][0]["policy_area"] = "no_such_area"
    write_public_file(settings.home.published_public, tables)
    run = run_of(settings)
    assert refresh_scorecard(run) is None
    assert "en/index.html could not be written" in run.record.scorecard_problem
    assert (run.record.outcome, run.record.exit_code, run.failure) == (RELEASED, 0, None)
    assert (settings.home.published_scorecard / "made_from.json").read_text() == before


def test_a_language_without_texts_is_recorded_too(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="fr")
    release(settings)
    run = run_of(settings)
    assert refresh_scorecard(run) is None
    assert run.record.scorecard_problem == "the release has no texts in fr; its languages are en, es, hmn"
    assert run.failure is None


def test_no_site_is_written_where_the_city_wants_none(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="none")
    release(settings)
    assert publish_scorecard(settings, only_if_needed=True) is None
    assert not settings.home.published_scorecard.exists()


@pytest.mark.parametrize(("text", "languages"), [("", None), ("all", None), ("none", ()), ("en,es", ("en", "es"))])
def test_languages_of_the_settings(text: str, languages: tuple[str, ...] | None) -> None:
    assert Settings.from_environment({"LEVELGROUND_SCORECARD": text}).scorecard_languages == languages


@pytest.mark.parametrize("text", ["English", "en,none", "../en"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="LEVELGROUND_SCORECARD is no list of languages"):
        Settings.from_environment({"LEVELGROUND_SCORECARD": text})


def test_an_alert_names_the_page_and_the_cause_until_a_site_is_written() -> None:
    failed, blocked, fixed = (run_record(name) for name in ("failed", "blocked", "fixed"))
    failed.scorecard_problem = PROBLEM
    for record, outcome in ((failed, RELEASED), (blocked, BLOCKED), (fixed, UNCHANGED)):
        record.end(outcome, utc_now())
    active = conditions_after_run(failed, {})
    assert active == {SCORECARD: Condition(SCORECARD, NOT_WRITTEN, PROBLEM, "failed")}
    assert SCORECARD in conditions_after_run(blocked, active), "a blocked run has not looked at the site"
    assert conditions_after_run(fixed, active) == {}
    message = compose_message(Settings.from_environment({}), "sampleton", list(active.values()), [], {})
    assert message.title == "Levelground sampleton: scorecard not written"
    assert PROBLEM in message.body
    assert "`levelground scorecard`" in message.body


def test_the_command_writes_the_published_release_or_another_folder(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    environment = {"LEVELGROUND_HOME": str(settings.home.root)}
    empty = called(["levelground", "scorecard"], environment)
    assert (empty.returncode, "nothing is published yet" in empty.stderr) == (2, True)
    release(settings)
    result = called(["levelground", "scorecard", "--language", "en", "--language", "es"], environment)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == str(settings.home.published_scorecard / "index.html")
    assert "es: " in result.stdout
    assert not (settings.home.published_scorecard / "hmn").exists()
    refused = called(["levelground", "scorecard", "--language", "fr"], environment)
    assert (refused.returncode, "no texts in fr" in refused.stderr) == (2, True)
    without = called(["levelground", "scorecard", "--release", "20251201T000000Z-00000001"], environment)
    assert (without.returncode, "no release" in without.stderr) == (2, True)


def test_the_asset_links_the_site_and_fails_its_check_without_failing_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en", LEVELGROUND_SCORECARD_URL="https://city.example/scorecard")
    release(settings)

    class Run(dg.ConfigurableResource[Any]):
        @property
        def context(self) -> Any:
            return run

    def materialized() -> dg.ExecuteInProcessResult:
        return dg.materialize([asset.scorecard_asset()], resources={"run": Run()}, raise_on_error=False)

    run = run_of(settings)
    result = materialized()
    [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["scorecard"] == dg.MetadataValue.url("https://city.example/scorecard/index.html")
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]

    def fail(_run: object) -> None:
        run.record.scorecard_problem = PROBLEM

    monkeypatch.setattr(asset, "refresh_scorecard", fail)
    failed = materialized()
    assert failed.success
    assert [(check.passed, check.metadata["problem"].value) for check in failed.get_asset_check_evaluations()] == [
        (False, PROBLEM)
    ]


def test_the_site_is_served_on_this_machine_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").write_text("<p>planted</p>")
    servers: list[ThreadingHTTPServer] = []

    class Recorded(ThreadingHTTPServer):
        def server_activate(self) -> None:
            super().server_activate()
            servers.append(self)

    monkeypatch.setattr(folders, "ThreadingHTTPServer", Recorded)
    addresses: Queue[str] = Queue()
    serving = Thread(target=folders.serve, args=(tmp_path, 0, addresses.put), daemon=True)
    serving.start()
    address = addresses.get(timeout=30)
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.read() == b"<p>planted</p>"
    servers[0].shutdown()
    serving.join(timeout=30)
    assert not serving.is_alive()


def test_an_error_of_a_page_has_its_name() -> None:
    assert str(ScorecardError("en/goals.html", KeyError("unit"))) == "en/goals.html could not be written: KeyError: 'unit'"


def test_a_text_with_unknown_words_in_braces_is_named_with_its_file() -> None:
    rows = [("page.x", "en", "The {figure}.", "none"), ("page.x", "es", "La {figura}.", "none")]
    with pytest.raises(LookupError, match=r"«La \{figura\}\.» has 'figura' in braces: correct texts_es\.csv, then run again"):
        texts_by_language(rows, ["es"])["es"]("page.x", figure="1")

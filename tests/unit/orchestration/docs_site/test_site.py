"""The documentation of a home has no dead link, replaces the old pages at once, and needs no release."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from ingest.contract.registry import SOURCES, Registry, read_contract
from orchestration.docs_site import site, write_docs
from orchestration.docs_site.guides import read_guides
from orchestration.docs_site.site import dbt_page
from orchestration.settings import Settings
from orchestration.transform import dbt_runner
from tests.conftest import ROOT
from tests.support.run_records import run_record, source_status
from tests.unit.expectations.engine.test_data_docs import BAD, GOOD, GateResult

DBT = "<!doctype html><html><head><title>dbt</title></head></html>"
OUTWARD = re.compile(r"""(?:src|href)=["']?(?:[a-z]+:)?//""")


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Two small contracts of the repository, read once."""
    return Registry([read_contract(SOURCES / f"{name}.yml") for name in ("ucc__service_requests", "mmc__court_cases")])


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry) -> Settings:
    monkeypatch.setattr(dbt_runner, "documentation", lambda *_: (DBT, {}))
    monkeypatch.setattr(site, "home_registry", lambda _settings: registry)
    monkeypatch.setattr(site, "DOCS", tmp_path / "docs")  # a hundred guides per test; test_guides.py has their rules
    return Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")})


def dead_links(folder: Path) -> list[str]:
    pages = [page for page in folder.rglob("*.html") if page.parent.name != "dbt"]
    links = [(page, target) for page in pages for target in re.findall(r'href="([^"#]+)', page.read_text(encoding="utf-8"))]
    return [f"{page.relative_to(folder)} -> {target}" for page, target in links if not (page.parent / target).is_file()]


def test_docs_without_a_release_list_contracts_and_have_no_dead_link(settings: Settings) -> None:
    index = write_docs(settings)
    assert index == settings.home.docs / "index.html"
    assert "Nothing is released yet" in index.read_text(encoding="utf-8")
    page = (settings.home.docs / "sources" / "ucc__service_requests.html").read_text(encoding="utf-8")
    assert "caller_text" in page
    assert "direct identifier, not kept" in page
    assert dead_links(settings.home.docs) == []
    assert not [page for page in settings.home.docs.rglob("*.html") if OUTWARD.search(page.read_text(encoding="utf-8"))]


def test_the_gates_that_hold_after_a_run_without_changes_have_pages(settings: Settings) -> None:
    settings.home.ensure()
    last = run_record(sources={"ucc__service_requests": source_status("held_back")})
    last.outcome, last.gates = "released", [GateResult("delivery", "ucc__service_requests", (BAD, GOOD))]
    later = run_record("later", number=1, sources=last.sources)
    later.outcome = "unchanged"
    for record in (last, later):
        (settings.home.runs / f"{record.run_id}.json").write_text(record.model_dump_json())
    write_docs(settings)
    assert "<strong>Gates</strong> 1 gate results" in (settings.home.docs / "index.html").read_text(encoding="utf-8")
    assert "held back" in (settings.home.docs / "sources" / "index.html").read_text(encoding="utf-8")
    assert "unmapped labels" in (settings.home.docs / "gates" / "delivery" / "ucc__service_requests.html").read_text(
        encoding="utf-8"
    )
    assert dead_links(settings.home.docs) == []


def test_a_home_without_a_dbt_project_gets_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of an earlier version has none, and a backup may leave out links."""
    project = settings.home.dbt_project

    def documentation(*_: object) -> tuple[str, dict[str, str]]:
        assert (project / "dbt_project.yml").is_file()
        assert (project / "generated" / "_sources.yml").is_file()
        return DBT, {}

    monkeypatch.setattr(dbt_runner, "documentation", documentation)
    write_docs(settings)


def test_files_and_folders_are_readable_by_the_group(settings: Settings) -> None:
    write_docs(settings)
    modes = {path.stat().st_mode & 0o777 for path in settings.home.docs.rglob("*") if path.is_file()}
    assert modes == {0o640}
    assert {path.stat().st_mode & 0o777 for path in (settings.home.docs, settings.home.docs / "dbt")} == {0o750}
    assert (settings.home.root / ".docs.lock").stat().st_mode & 0o777 == 0o600, "another account could hold the lock"


def test_a_failed_write_leaves_only_the_old_pages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_docs(settings)
    mark = settings.home.docs / "mark"
    mark.write_text("x")

    def broken(*_: object) -> str:
        raise dbt_runner.DbtError("no")

    monkeypatch.setattr(dbt_runner, "documentation", broken)
    with pytest.raises(dbt_runner.DbtError):
        write_docs(settings)
    assert mark.is_file()
    assert not list(settings.home.root.glob(".docs-*"))


def test_a_failed_exchange_restores_the_old_pages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_docs(settings)
    mark = settings.home.docs / "mark"
    mark.write_text("x")
    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if self.name.startswith(site.NEXT):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OSError, match="No space left"):
        write_docs(settings)
    assert mark.is_file()


def test_leftovers_of_a_killed_writer_are_removed(settings: Settings) -> None:
    write_docs(settings)
    settings.home.docs.rename(settings.home.root / site.BEFORE)
    (settings.home.root / f"{site.NEXT}x").mkdir()
    write_docs(settings)
    assert (settings.home.docs / "index.html").is_file()
    assert not list(settings.home.root.glob(".docs-*"))


def test_dbts_page_runs_only_its_own_scripts() -> None:
    page = dbt_page(
        f"{DBT}<script defer>f(MANIFEST)</script>", {"MANIFEST": '{"a": "</script><script>x()</script>\\u2028& MANIFEST"}'}
    )
    script = r'f({"a": "\u003c/script\u003e\u003cscript\u003ex()\u003c/script\u003e\u2028\u0026 MANIFEST"})'
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert page.startswith('<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'')
    assert f"script-src 'sha256-{allowed}'; style-src" in page
    assert page.endswith(f"<script defer>{script}</script>")


@pytest.mark.parametrize(("page", "missing"), [("<html>", "no <head>"), (f"{DBT} MANIFEST", "no place for CATALOG")])
def test_another_page_of_dbt_is_refused(page: str, missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        dbt_page(page, {"CATALOG": "{}"} if "CATALOG" in missing else {})


def test_pages_that_answer_an_office_are_a_group_of_the_contents() -> None:
    groups = dict(site.contents([], read_guides(ROOT / "docs", {})))
    assert ("Change a threshold", "guides/how-to/change-a-threshold.html") in groups["How to"] and len(groups["How to"]) >= 6
    assert ("Excel", "guides/connect/excel.html") in groups["Connect a program"]

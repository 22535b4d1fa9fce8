"""An urgent revision names the figures that are wrong: a year of a source, as the current release has them."""

from __future__ import annotations

from pathlib import Path

from orchestration.runs.decisions.corrections import read_urgent_revisions
from orchestration.settings import Settings
from tests.conftest import called
from tests.support.scorecard_home import release_planted
from tests.support.scorecard_release import planted
from warehouse.releases import read_manifest


def test_the_command_writes_which_figures_are_wrong(tmp_path: Path) -> None:
    environment = {"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_SCORECARD": "en"}
    settings = Settings.from_environment(environment)
    settings.home.ensure()

    def urgent(*words: str) -> tuple[int, str]:
        ended = called(["levelground", "corrections", "urgent", *words, "--year", "2025"], environment)
        return ended.returncode, " ".join((ended.stdout + ended.stderr).split())

    assert "nothing is published yet" in urgent("ucc__service_requests", "--why", "x")[1]
    release = release_planted(settings.home, planted(), 7)
    for words, answer in (
        (("ucc__requests", "--why", "x"), "Did you mean ucc__service_requests"),
        (("ucc__service_requests", "--why", " "), "--why is one line"),
    ):
        code, said = urgent(*words)
        assert (code, answer in said) == (2, True), said
    assert read_urgent_revisions(settings.home) == ()
    code, said = urgent("ucc__service_requests", "--why", "A file was read twice.")
    assert code == 0, said
    (one,) = read_urgent_revisions(settings.home)
    assert (one.source, one.year, one.why) == ("ucc__service_requests", 2025, "A file was read twice.")
    made = read_manifest(settings.home, release).created_at
    assert one.until == made.replace(tzinfo=None), "figures of later releases are not meant"

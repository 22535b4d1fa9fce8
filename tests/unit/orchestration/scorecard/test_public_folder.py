"""`public/` follows the published release and its site, whatever becomes of either."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.pipeline.publish_scorecard import publish_scorecard, refresh_scorecard
from orchestration.scorecard import ScorecardError
from orchestration.settings import Settings
from tests.support.scorecard_release import planted
from tests.unit.orchestration.scorecard.test_publishing import release, run_of, settings_of
from warehouse.paths import PUBLIC_FILE


def served(settings: Settings) -> dict[str, bytes]:
    root = settings.home.public
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def published(settings: Settings) -> dict[str, bytes]:
    """What everyone may read of `published/`."""
    root = settings.home.published
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_it_has_the_public_file_and_the_site_and_nothing_of_analysts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en")
    release(settings)
    assert publish_scorecard(settings) is not None
    expected = published(settings)
    assert "scorecard/en/index.html" in expected
    settings.home.published_analyst.write_bytes(b"records")
    assert publish_scorecard(settings, only_if_needed=True) is None
    assert served(settings) == expected


def test_a_city_without_a_site_still_serves_its_file(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="none")
    release(settings)
    publish_scorecard(settings, only_if_needed=True)
    assert served(settings) == published(settings)
    assert list(served(settings)) == [PUBLIC_FILE]


def test_a_file_that_was_replaced_is_served_although_its_site_cannot_be_written(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="en")
    release(settings)
    publish_scorecard(settings)
    tables = planted()
    tables["measures"][0]["policy_area"] = "no_such_area"
    settings.home.published_public.unlink()
    release(settings, **tables)
    with pytest.raises(ScorecardError):
        publish_scorecard(settings)
    assert served(settings) == published(settings)


def test_what_is_gone_and_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="none")
    release(settings)
    (settings.home.public / "scorecard" / "2025Q2").mkdir(parents=True)
    (settings.home.public / ".next-scorecard").mkdir()
    (settings.home.public / f".next-{PUBLIC_FILE}").write_text("half")
    publish_scorecard(settings, only_if_needed=True)
    assert sorted(path.name for path in settings.home.public.iterdir()) == ["exports", PUBLIC_FILE]


def test_a_link_leads_to_a_folder_outside_the_home(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="none")
    release(settings)
    outside = tmp_path / "srv"
    outside.mkdir(mode=0o755)
    settings.home.public.symlink_to(outside)
    publish_scorecard(settings, only_if_needed=True)
    assert settings.home.public.is_symlink()
    assert sorted(path.name for path in outside.iterdir()) == ["exports", PUBLIC_FILE]
    assert (outside / PUBLIC_FILE).stat().st_mode & 0o7777 == 0o644


def test_a_run_whose_public_folder_cannot_be_written_is_released_and_says_so(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEVELGROUND_SCORECARD="none")
    release(settings)
    settings.home.public.symlink_to(tmp_path / "not mounted")
    run = run_of(settings)
    assert refresh_scorecard(run) is None
    assert run.record.exit_code == 0
    assert run.record.scorecard_problem is not None
    assert os.fspath(settings.home.public) in run.record.scorecard_problem

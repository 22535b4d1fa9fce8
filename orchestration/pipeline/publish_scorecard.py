"""Write the scorecard of the published release into `published/scorecard/` of a home.

A site that cannot be written stays the earlier one. The run records why, and an alert names the page and the cause.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.runs.context import RunContext
from orchestration.runs.progress import current_reporter
from orchestration.scorecard import Site, is_current, write_site
from orchestration.settings import Settings
from warehouse.lock import private_lock


def publish_scorecard(settings: Settings, languages: Sequence[str] = (), *, only_if_needed: bool = False) -> Site | None:
    """Write the site of the published release; ScorecardError if a page cannot be written.

    `languages`: instead of those of LEVELGROUND_SCORECARD. None without a release, or, with `only_if_needed`, if the site is of
    this release already or LEVELGROUND_SCORECARD is `none`.
    """
    home = settings.home
    if not home.published_public.is_file() or (only_if_needed and settings.scorecard_languages == ()):
        return None
    asked = (languages or settings.scorecard_languages or (), settings.scorecard_url or "")
    with private_lock(home.root / ".scorecard.lock"):
        if only_if_needed and is_current(home.published_scorecard, home.published_public, *asked):
            return None
        return write_site(home.published_public, home.published_scorecard, *asked)


def refresh_scorecard(run: RunContext) -> Site | None:
    """Write the site if it is not of the published release, and record why it could not be written."""
    current_reporter().stage("writing the scorecard")
    try:
        with run.timed("scorecard"):
            return publish_scorecard(run.settings, only_if_needed=True)
    except Exception as error:  # noqa: BLE001 - the release is published, whatever the site meets
        run.failure = None
        run.record.scorecard_problem = str(error)
    finally:
        run.save()
    return None

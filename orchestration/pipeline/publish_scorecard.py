"""Write the scorecard of the published release into `published/scorecard/` of a home, and the editions of pinned releases.

Afterwards `public/` is a copy of what the public may read.

A site that cannot be written stays the earlier one. The run records why, and an alert names the page and the cause.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from expectations.published.pages import SUBJECT, gate_pages
from expectations.results import ExpectationResult, GateResult
from orchestration.runs.context import RunContext
from orchestration.runs.delivery_location import home_city
from orchestration.runs.progress import current_reporter
from orchestration.scorecard import (
    Contact,
    Earlier,
    Edition,
    Site,
    editions,
    is_current,
    may_be_replaced,
    put_in_place,
    refresh_public,
    render_ahead,
    write_edition,
    write_internal_site,
    write_site,
)
from orchestration.scorecard.edition_notices import leave_notice, mark_corrected
from orchestration.scorecard.editions import find_edition, mark_superseded, remove_edition
from orchestration.scorecard.folders import before_of, repair
from orchestration.scorecard.release_data.changes import Cause
from orchestration.settings import ConfigurationError, Settings
from warehouse.lock import private_lock
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, Home
from warehouse.releases import Candidate, Manifest, causes_by_measure, current, read_manifest, verify

LOCK = ".scorecard.lock"  # of the sites of a home
# The kinds of causes that readers see, the most specific first; see `warehouse.releases.comparison.change_attribution`.
_METHOD, _SOFTWARE = ("contract", "seed", "model"), ("code", "version")


def publish_scorecard(
    settings: Settings, languages: Sequence[str] = (), *, only_if_needed: bool = False, rendered: Site | None = None
) -> Site | None:
    """Write the site of the published release; ScorecardError if a page cannot be written.

    `languages`: instead of those of LEVELGROUND_SCORECARD. None without a release, or, with `only_if_needed`, if the site is of
    this release already or LEVELGROUND_SCORECARD is `none`. `rendered`: the site that `check_scorecard` has checked.
    """
    if not settings.home.published_public.is_file():
        return None
    with _public_site(settings.home):
        if only_if_needed and settings.scorecard_languages == ():
            return None
        return _write_published(settings, languages, only_if_needed, rendered)


def publish_edition(settings: Settings, release_id: str, label: str, languages: Sequence[str] = ()) -> Site:
    """Write the edition of a verified release, mark older editions as superseded, and list it on the site.

    One that is written again keeps its languages, so that cited addresses stay.
    ScorecardError if a page cannot be written, EditionError if another edition has its folder.
    """
    home = settings.home
    with _public_site(home) as site:
        earlier = _with_causes(home, read_manifest(home, release_id), earlier_edition(home, release_id))
        file, chosen = home.release(release_id) / PUBLIC_FILE, _languages(settings, languages)
        kept = [code for each in editions(site) if each.release_id == release_id for code in each.languages if chosen]
        chosen = tuple(dict.fromkeys((*kept, *chosen)))
        edition = write_edition(file, site, label, chosen, contact_of(settings), earlier)
        _list_editions(settings)
        return edition


def withdraw_edition(settings: Settings, edition: Edition) -> None:
    """Remove an edition from the site, and leave a page that says so; its release stays pinned."""
    with _public_site(settings.home) as site:
        repair(site)
        remove_edition(site, found := find_edition(site, edition.label), before_of(site, edition.folder))
        _list_editions(settings)
        if settings.home.published_public.is_file():
            leave_notice(site, found, settings.home.published_public, dt.datetime.now(dt.UTC).date())


@contextmanager
def _public_site(home: Home) -> Iterator[Path]:
    """The site, which no other process changes meanwhile; what has changed is in `public/` afterwards."""
    with private_lock(home.root / LOCK):
        try:
            yield home.published_scorecard
        finally:
            mark_corrected(home.published_scorecard, home.published_public)
            refresh_public(home)


def write_internal_scorecard(settings: Settings, folder: Path | None = None, languages: Sequence[str] = ()) -> Site:
    """Write the site for staff about the published release, never into `published/`.

    ConfigurationError for a folder that the public may read: one of `published/`, or one that has another site.
    """
    home = settings.home
    chosen = folder.absolute() if folder else home.internal_scorecard
    place, published = chosen.resolve(), home.published.resolve()
    if place.is_relative_to(published) or published.is_relative_to(place):
        raise ConfigurationError(f"the internal scorecard is not for publication: {chosen} is in published/ or contains it")
    if not may_be_replaced(place, is_internal=True):
        raise ConfigurationError(f"{chosen} has files that are no internal scorecard; name a new or an empty folder")
    release = current(home)
    if release is None:
        raise ConfigurationError("nothing is published yet; run `levelground run`")
    verify(home, release.release_id)
    # both files of one release: those in published/ are swapped one after the other
    files, chosen_languages = home.release(release.release_id), _languages(settings, languages)
    with private_lock(home.root / LOCK):
        return write_internal_site(files / PUBLIC_FILE, files / ANALYST_FILE, place, chosen_languages, contact_of(settings))


def _languages(settings: Settings, wanted: Sequence[str]) -> Sequence[str]:
    return wanted or settings.scorecard_languages or ()


def _list_editions(settings: Settings) -> None:
    """Bring older editions and the site, which lists them, up to date."""
    mark_superseded(settings.home.published_scorecard)
    if settings.home.published_public.is_file():
        _write_published(settings, (), only_if_needed=True)


def _write_published(
    settings: Settings, languages: Sequence[str], only_if_needed: bool, rendered: Site | None = None
) -> Site | None:
    home = settings.home
    repair(home.published_scorecard)
    chosen, contact = _languages(settings, languages), contact_of(settings)
    published = current(home)
    earlier = earlier_edition(home, published.release_id) if published else None
    if only_if_needed and is_current(home.published_scorecard, home.published_public, chosen, contact, earlier):
        return None
    if rendered and put_in_place(rendered, home.published_scorecard, home.published_public, chosen, contact, earlier):
        return replace(rendered, index=home.published_scorecard / rendered.index.name)
    if published:
        earlier = _with_causes(home, read_manifest(home, published.release_id), earlier)
    return write_site(home.published_public, home.published_scorecard, chosen, contact, earlier)


def contact_of(settings: Settings) -> Contact:
    """Return the addresses and the office of the site: `site` of city.yml, but LEVELGROUND_SCORECARD_URL comes first."""
    site = home_city(settings).site
    council = {district: (one.member, one.phone) for district, one in site.council.items()}
    address = settings.scorecard_url or site.address or ""
    return Contact(**site.model_dump(exclude={"address", "council"}), address=address.rstrip("/"), council=council)


def earlier_edition(home: Home, release_id: str) -> Earlier | None:
    """Return the newest edition of a release before this one, if the release is still in the home."""
    for edition in editions(home.published_scorecard):
        public_file = home.release(edition.release_id) / PUBLIC_FILE
        if edition.release_id < release_id and public_file.is_file():
            return Earlier(edition.label, edition.release_id, public_file)
    return None


def _with_causes(home: Home, manifest: Manifest, earlier: Earlier | None) -> Earlier | None:
    """Add what changed between the inputs of both releases, in words of the site, without ids of loads and names of models."""
    if earlier is None:
        return None
    found = {}
    for measure, causes in causes_by_measure(read_manifest(home, earlier.release_id), manifest).items():
        kinds = {cause.kind for cause in causes}
        sources = tuple(sorted(cause.name for cause in causes if cause.kind == "load"))
        named = [Cause("records", sources)] if sources else []
        named += [Cause("method")] if kinds.intersection(_METHOD) else []
        if not named:
            named = [Cause("software")] if kinds.intersection(_SOFTWARE) else [Cause("calendar")] if kinds else []
        found[measure] = tuple(named)
    return Earlier(earlier.label, earlier.release_id, earlier.public_file, found)


def check_scorecard(run: RunContext, candidate: Candidate, manifest: Manifest) -> GateResult | None:
    """Render the site of a candidate, and check each sentence and mark of it; None without a site.

    A site that cannot be rendered is no false sentence: the release is published, and the earlier site stays.
    """
    settings, folder = run.settings, candidate.folder.with_name(f"{candidate.folder.name}-scorecard")
    shutil.rmtree(folder, ignore_errors=True)
    if settings.scorecard_languages == ():
        return None
    current_reporter().stage("check", "checking the sentences of the scorecard")
    try:
        earlier = _with_causes(settings.home, manifest, earlier_edition(settings.home, manifest.release_id))
        site, languages = settings.home.published_scorecard, _languages(settings, ())
        run.rendered = render_ahead(candidate.public_path, folder, site, languages, contact_of(settings), earlier)
    except Exception as error:  # noqa: BLE001 - `refresh_scorecard` records it once the release is published
        shutil.rmtree(folder, ignore_errors=True)
        note = ExpectationResult("rendered", None, "warning", False, None, None, f"the site could not be rendered: {error}")
        return GateResult("build", SUBJECT, (note,))
    return gate_pages(candidate.public_path, folder)


def discard_rendered(run: RunContext) -> None:
    """Delete the site that was rendered for the gate, unless it has been put in place."""
    if run.rendered is not None:
        shutil.rmtree(run.rendered.index.parent, ignore_errors=True)
        run.rendered = None


def refresh_scorecard(run: RunContext) -> Site | None:
    """Write the site if it is not of the published release, and record why it could not be written."""
    current_reporter().stage("scorecard", "writing the scorecard")
    try:
        with run.timed("scorecard"):
            return publish_scorecard(run.settings, only_if_needed=True, rendered=run.rendered)
    except Exception as error:  # noqa: BLE001 - the release is published, whatever the site meets
        run.failure = None
        run.record.scorecard_problem = str(error)
    finally:
        discard_rendered(run)
        run.save()
    return None

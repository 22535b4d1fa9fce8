"""Write the site of the next release for editors, without publishing it: a whole run on a copy of the home.

The pages of one measure need no run: they have the figures of the published release and the words of the seeds as they are now.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from expectations.published.pages import gate_pages
from orchestration.pipeline import stages
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.pipeline.publish_scorecard import contact_of, earlier_edition
from orchestration.runs.context import RunOptions
from orchestration.runs.delivery_location import DeliveryLocation, read_delivery_location
from orchestration.runs.progress import current_reporter, log_built_nodes
from orchestration.runs.record import RELEASED, UNCHANGED
from orchestration.runs.reports import standing_findings
from orchestration.scorecard import write_site
from orchestration.scorecard.draft import PageChange, compare_sites, with_texts, write_changes
from orchestration.settings import ConfigurationError, Settings
from orchestration.translations.texts import texts_of_seeds
from orchestration.trial.home_copy import clear, copy_home, empty_copy, settings_of_copy
from warehouse.paths import Home
from warehouse.printable import did_you_mean
from warehouse.releases import PublicDifferences, compare_public, current, known_releases

DRAFT = "scorecard_draft"  # in the folder of a trial, which the next trial and a removal of records delete


@dataclass
class Draft:
    """The site of the next release. `problems`: the findings that would block it, or sentences that their rows contradict.

    `figures`: the public figures that differ; None if only words differ.
    """

    index: Path | None = None
    changes: list[PageChange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    figures: PublicDifferences | None = None


def write_draft(settings: Settings, languages: Sequence[str] = (), measure: str | None = None) -> Draft:
    """Write the draft into the folder of a trial, with the list of pages that differ. `measure`: its pages alone, in seconds.

    `ConfigurationError` without a release, `LockHeld` while a run or another trial is active.
    """
    home, location = settings.home, read_delivery_location(settings)
    if not home.published_public.is_file():
        raise ConfigurationError("nothing is published yet; run `levelground run`")
    chosen = languages or settings.scorecard_languages or ()
    only: tuple[str, ...] = ()
    with empty_copy(home.tried.absolute(), home) as copy:
        try:
            if measure is None:
                problems = _run(settings, copy, location)
                public_file = copy.published_public
            else:
                problems, public_file = [], copy.root / home.published_public.name
                only = _pages_of(measure, home.published_scorecard)
                with_texts(home.published_public, public_file, texts_of_seeds(location.city.layers))
            if problems:
                return Draft(problems=problems)
            current_reporter().stage("scorecard", "writing the draft")
            folder = copy.root / DRAFT
            released = current(copy if measure is None else home)
            earlier = earlier_edition(home, released.release_id) if released else None
            write_site(public_file, folder, chosen, contact_of(settings), earlier, only)
            changes = compare_sites(folder, home.published_scorecard, only)
            found = gate_pages(public_file, folder).findings
            false = [finding.message for finding in found if not finding.success]
            before = current(home)
            figures = None
            if before and released and {before.release_id, released.release_id} <= {*known_releases(copy)}:
                figures = compare_public(copy, before.release_id, released.release_id)
            return Draft(write_changes(folder, home.published_scorecard, changes, figures), changes, false, figures)
        finally:
            clear(copy, (DRAFT,))


def _run(settings: Settings, copy: Home, location: DeliveryLocation) -> list[str]:
    """Run the next night on a copy; what would block it."""
    current_reporter().stage("start", "copying what a run reads from the home")
    if not copy_home(settings.home, copy):
        raise ConfigurationError("nothing is published yet; run `levelground run`")
    with open_run(settings_of_copy(settings, copy), RunOptions("try", location.name), str(uuid.uuid4()), location) as run:
        for contract in location.registry:
            current_reporter().stage("ingest", contract.source)
            ingest_source(run, contract)
        stages.release(run, log_built_nodes(lambda _text: None))
    if run.record.outcome in (RELEASED, UNCHANGED):
        return []
    found = [finding.sentence for finding in standing_findings([run.record]) if finding.result.severity == "critical"]
    return found or [run.record.message or "the run failed"]


def _pages_of(measure: str, site: Path) -> tuple[str, ...]:
    """The pages of a measure, in each language."""
    found = sorted(path.relative_to(site).as_posix() for path in site.glob(f"*/measures/{measure}.html"))
    if not found:
        known = {path.stem for path in site.glob("*/measures/*.html")}
        raise ConfigurationError(f"the site has no measure {measure!r}. {did_you_mean(measure, known)}")
    return tuple(found)

"""Provide `levelground scorecard`: write the public site of a release, an edition of a pinned one, or the site for staff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.display import out, print_error
from orchestration.cli.options import Yes, examples
from orchestration.cli.run.progress import Progress
from orchestration.cli.safeguards import confirm
from orchestration.pipeline.publish_scorecard import (
    contact_of,
    publish_edition,
    publish_scorecard,
    withdraw_edition,
    write_internal_scorecard,
)
from orchestration.runs.process.exit_codes import EXIT_BLOCKED
from orchestration.runs.progress import report_progress_to
from orchestration.scorecard import Site, may_be_replaced, write_site
from orchestration.scorecard.editions import count_pages, find_edition
from orchestration.scorecard.folders import serve as serve_folder
from orchestration.settings import ConfigurationError, Settings
from orchestration.trial.draft_site import write_draft
from warehouse.paths import PUBLIC_FILE
from warehouse.releases import find, pins, verify

app = typer.Typer()
MOST_LISTED = 20


@app.callback(
    invoke_without_command=True,
    epilog=examples("levelground scorecard --serve", "levelground scorecard --release 2025Q3 --out site"),
)
def scorecard(
    context: typer.Context,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Write into this folder instead of published/scorecard/.")
    ] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language; can be given several times.")] = None,
    release: Annotated[
        str | None,
        typer.Option(
            help="An id or a label from `releases list`. A labelled release gets an edition, published/scorecard/LABEL/; "
            "others need --out."
        ),
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Show the site on localhost until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(help="The port of --serve.")] = 8000,
    draft: Annotated[
        bool,
        typer.Option(
            "--draft", help="Write the site of the next release from a run on a copy, and what it would change per page."
        ),
    ] = False,
    measure: Annotated[
        str | None,
        typer.Option(help="With --draft: only the page of this measure, with the texts of the seeds as they are now; no run."),
    ] = None,
    internal: Annotated[
        bool,
        typer.Option(
            "--internal",
            help="Write the site for staff from the analyst file into internal_scorecard/ of the home, or into --out. "
            "Not for publication.",
        ),
    ] = False,
) -> None:
    """Write the scorecard of a release as one static folder, in every language of its texts.

    Every run that releases writes it into published/scorecard/. Copy the folder to any web server, or open its index.html.
    An edition is permanent: later sites and rollbacks keep it, and `levelground scorecard withdraw LABEL` removes it.
    """
    if context.invoked_subcommand is not None:
        return
    settings = Settings.from_environment()
    if internal and (release is not None or serve):
        raise ConfigurationError(
            "--internal is of the published release only, and --serve would show it to every user of this machine: "
            "leave out --release and --serve, and open its index.html"
        )
    languages = tuple(language or ())
    if measure and not draft:
        raise ConfigurationError("--measure is of a draft: add --draft")
    if draft:
        if internal or out_folder or release or serve:
            raise ConfigurationError("--draft goes with --measure and --language only: it is in try/scorecard_draft/ of the home")
        _print_draft(settings, languages, measure)
        return
    if internal:
        site = write_internal_scorecard(settings, out_folder, languages)
    else:
        site = _write(settings, out_folder, languages, release)
    out.print(f"{site.pages} pages, {site.bytes / 1e6:.1f} MB, of release {site.release_id}")
    for code, number in site.untranslated.items():
        out.print(f"{code}: {number} texts have no translation and appear in English")
    out.print(str(site.index))
    if serve:
        serve_folder(site.index.parent, port, lambda address: out.print(f"{address} (Ctrl-C ends it)"))


@app.command(epilog=examples("levelground scorecard withdraw 2025Q3"))
def withdraw(label: Annotated[str, typer.Argument(help="The label of the edition, such as 2026Q3.")], yes: Yes = False) -> None:
    """Remove an edition from published/scorecard/. Its release stays pinned: `scorecard --release LABEL` writes it again.

    Exit code 0: removed. 2: not confirmed, or no such edition.
    """
    settings = Settings.from_environment()
    site = settings.home.published_scorecard
    edition = find_edition(site, label)
    pages = count_pages(site, edition)
    out.print(f"{site / edition.folder}: {pages} pages, of release {edition.release_id}")
    confirm("Remove this edition?", yes=yes)
    withdraw_edition(settings, edition)
    out.print("removed; a page at its address says so; copies of the site on web servers are not touched")


def _print_draft(settings: Settings, languages: tuple[str, ...], measure: str | None) -> None:
    progress = Progress(title="levelground scorecard --draft")
    with progress, report_progress_to(progress):
        made = write_draft(settings, languages, measure)
    for change in made.changes[:MOST_LISTED]:
        out.print(f"{change.change} {change.path}")
    if made.index:
        more = f", {len(made.changes) - MOST_LISTED} not listed here" if len(made.changes) > MOST_LISTED else ""
        if made.figures:
            out.print(f"public figures: {made.figures.counts}")
        out.print(f"{len(made.changes)} pages differ from the published site{more}")
        out.print(str(made.index))
    for problem in made.problems:
        print_error(problem, EXIT_BLOCKED)
    if made.problems:
        raise typer.Exit(EXIT_BLOCKED)


def _write(settings: Settings, folder: Path | None, languages: tuple[str, ...], release: str | None) -> Site:
    home = settings.home
    if folder is None and release is None:
        home.ensure()
        site = publish_scorecard(settings, languages=languages)
        if site is None:
            raise ConfigurationError("nothing is published yet; run `levelground run`")
        return site
    release_id = find(home, release or "current")
    if folder is None:
        label = pins(home).get(release_id)
        if not label:
            raise ConfigurationError(
                f"release {release_id} has no label, so it gets no edition: `levelground releases pin {release_id} --label TEXT` "
                "pins it and writes one; or add --out FOLDER"
            )
        verify(home, release_id)
        return publish_edition(settings, release_id, label, languages)
    verify(home, release_id)
    if not may_be_replaced(folder):
        raise ConfigurationError(
            f"{folder} has files that are no scorecard, which would be deleted; name a new or an empty folder"
        )
    chosen = languages or settings.scorecard_languages or ()
    return write_site(home.release(release_id) / PUBLIC_FILE, folder.absolute(), chosen, contact_of(settings))

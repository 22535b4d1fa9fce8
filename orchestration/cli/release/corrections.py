"""Provide `levelground corrections`: say what was wrong in an edition, and list what was said."""

from __future__ import annotations

import datetime as dt
import getpass
from typing import Annotated

import typer

from orchestration.cli.display import out, print_rows
from orchestration.cli.options import AsJson, examples
from orchestration.cli.release.reader import open_release
from orchestration.cli.safeguards import locked
from orchestration.runs.decisions import MOST_CHARACTERS, Correction, Severity, UrgentRevision, add_statement, read_corrections
from orchestration.runs.delivery_location import home_registry
from orchestration.scorecard import editions
from orchestration.settings import ConfigurationError, Settings
from warehouse.releases import current, pins, read_manifest

app = typer.Typer(no_args_is_help=True, help="Say what was wrong in an edition of the scorecard, and list what was said.")
EXAMPLE = (
    "levelground corrections add --edition 2026Q3 --measure foreclosures_per_1000_parcels --severity substantial "
    '--text "The rate of district 5 was 6.15, not 5.16."'
)


@app.command(epilog=examples(EXAMPLE))
def add(
    edition: Annotated[str, typer.Option(help="The label of the edition, such as 2026Q3.")],
    measure: Annotated[str, typer.Option(help="A measure of `measures list`.")],
    text: Annotated[str, typer.Option(help="What was wrong, and what is right, in words for residents.")],
    severity: Annotated[
        Severity, typer.Option(help="minor: what the figure says stays; substantial: a reader would conclude something else.")
    ],
    why: Annotated[str | None, typer.Option(help="Why it was wrong.")] = None,
) -> None:
    """Write the office's words, with today's date, onto an edition, the page of the measure and the page of corrections.

    The next run publishes them. A correction stays; add another if it was wrong. Name no person in it.
    Exit code 0: written. 2: no such edition or measure, or no such severity.
    """
    home = Settings.from_environment().home
    labels = {label.casefold(): (label, release_id) for release_id, label in pins(home).items() if label}
    if edition.strip().casefold() not in labels:
        known = ", ".join(sorted(label for label, _ in labels.values())) or "none"
        raise ConfigurationError(
            f"no edition {edition!r}; known: {known}. `levelground releases pin RELEASE --label {edition}` makes one"
        )
    open_release(home, public=True).measure(measure)
    what, reason = text.strip(), (why or "").strip() or None
    if not _is_one_line(what) or not (reason is None or _is_one_line(reason)):
        raise ConfigurationError(f"--text and --why are one line of at most {MOST_CHARACTERS} characters")
    label, release_id = labels[edition.strip().casefold()]
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with locked(home):
        add_statement(
            home,
            Correction(
                edition=label, release_id=release_id, measure_id=measure, what=what, why=reason, severity=severity,
                said_by=getpass.getuser(), at=now,
            ),
        )  # fmt: skip
    pages, where = f"the page of {measure} and the page of corrections", f"the edition {label}"
    if label in {each.label for each in editions(home.published_scorecard)}:
        out.print(f"written; `levelground run` publishes it on {where}, {pages}")
    else:
        why = f"{where} is not on the site, and `levelground scorecard --release {label}` writes it with the correction"
        out.print(f"written; `levelground run` publishes it on {pages} only: {why}")


@app.command(epilog=examples('levelground corrections urgent fpc__police_stops --year 2026 --why "A file was read twice."'))
def urgent(
    source: Annotated[str, typer.Argument(help="The source whose figures of persons are wrong.")],
    year: Annotated[int, typer.Option(help="The year of the figures.", min=1900, max=2200)],
    why: Annotated[str, typer.Option(help="Why they cannot wait for the quarterly revision.")],
) -> None:
    """Let the next run replace wrong figures of persons before the quarter turns.

    Deliver the right records first. The run replaces the figures of the source and year only if each count that a reader may have
    is unchanged, or differs by at least the threshold; `levelground run` says so if they stay. Say with `corrections add` what
    was wrong. Exit code 0: written. 2: no such source, or nothing is published.
    """
    settings = Settings.from_environment()
    home, published = settings.home, current(settings.home)
    source = home_registry(settings)[source].source
    if published is None:
        raise ConfigurationError("nothing is published yet, so nothing waits for a quarter; run `levelground run`")
    if not _is_one_line(why := why.strip()):
        raise ConfigurationError(f"--why is one line of at most {MOST_CHARACTERS} characters")
    manifest = read_manifest(home, published.release_id)
    until = manifest.as_of or manifest.created_at.replace(tzinfo=None)  # of a version that recorded no clock
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with locked(home):
        add_statement(home, UrgentRevision(source=source, year=year, until=until, why=why, said_by=getpass.getuser(), at=now))
    out.print(f"written; `levelground run` replaces the figures of {source} in {year} where that discloses no small difference")


def _is_one_line(text: str) -> bool:
    return 0 < len(text) <= MOST_CHARACTERS and text.isprintable()


@app.command("list", epilog=examples("levelground corrections list"))
def list_(as_json: AsJson = False) -> None:
    """List what the office has said, the newest first."""
    found = [each.model_dump(mode="json") for each in reversed(read_corrections(Settings.from_environment().home))]
    if not found and not as_json:
        out.print("no corrections; `levelground corrections add` writes one")
    else:
        print_rows(found, ("at", "edition", "measure_id", "severity", "what"), json=as_json)

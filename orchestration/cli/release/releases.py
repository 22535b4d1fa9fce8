"""Provide `levelground releases`: list releases, publish an earlier one, keep one for ever, compare two, list their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from expectations.disclosure.classification import classification
from orchestration.cli.display import out, print_error, print_json, print_rows, short_time
from orchestration.cli.options import AsJson, AudienceName, ReleaseName, examples
from orchestration.cli.release import differences
from orchestration.cli.safeguards import locked
from orchestration.pipeline.publish_scorecard import publish_edition, publish_scorecard
from orchestration.runs.process.exit_codes import EXIT_BAD_ARGUMENTS, EXIT_INCOMPLETE
from orchestration.scorecard import EditionError, ScorecardError, UnknownLanguage, editions
from orchestration.settings import ConfigurationError, Settings
from warehouse.audiences.names import FIGURES, PUBLIC, TEAM
from warehouse.connection import open_from_disk
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, Home
from warehouse.releases import (
    VIEW_SCHEMAS,
    Manifest,
    compare,
    compare_public,
    find,
    known_releases,
    list_releases,
    pins,
    read_manifest,
)
from warehouse.releases import pin as keep
from warehouse.releases import rollback as roll_back
from warehouse.releases.history import CURRENT
from warehouse.sql import columns_of

_FIGURE = "no row of a person, household, address or single record"
_RECORD = "a record of a source whose contract names this audience"
_JOINED = "no row of a record; records join it"
_OWN = "the data team reads everything"


_COLUMN = ("file", "table", "column", "audience", "reason")


def released_columns(home: Home, release_id: str) -> Iterator[tuple[str, str, str, str, str]]:
    """The columns of all files: of audiences as planned, of the analyst file and the public one as they are.

    Each has its file, empty for one that an audience does not get, its table, its name, the audience and the reason.
    """
    manifest = read_manifest(home, release_id)
    yield from _of_audiences(manifest)
    for name, audience in ((ANALYST_FILE, TEAM), (PUBLIC_FILE, PUBLIC)):
        with open_from_disk(home.release(release_id) / name, "released") as con:
            for (schema, table), columns in columns_of(con, "released").items():
                where = f"{schema}.{table}"
                for column in columns if schema not in VIEW_SCHEMAS else ():
                    reason = _of_public(table, column) if audience == PUBLIC else manifest.team_only.get(where, _OWN)
                    yield name, where, column, audience, reason


def _of_audiences(manifest: Manifest) -> Iterator[tuple[str, str, str, str, str]]:
    for name, plan in manifest.audiences.items():
        for where, planned in plan.tables.items():
            whole = _FIGURE if plan.audience == FIGURES else _JOINED if planned.sources is None else _RECORD
            kept = {column: as_name for column, as_name, _ in planned.kept()}
            for column, shown in planned.columns.items():
                reason = whole if shown.is_whole else shown.value
                yield "" if shown.is_left_out else name, where, kept.get(column, column), plan.audience, reason


def _of_public(table: str, column: str) -> str:
    kind, reason = classification().get(table, {}).get(column, ("", ""))
    return f"{kind}: {reason}" if reason else kind


LISTED = {
    "release_id": "release", "current": "current", "label": "kept as", "created_at": "created (UTC)",
    "data_as_of": "data as of", "code_version": "code", "content_hash": "content",
}  # fmt: skip
app = typer.Typer(no_args_is_help=True, help="List, roll back, keep and compare releases, and list who reads which column.")


@app.command("list")
def list_(json: AsJson = False) -> None:
    """List all stored releases, newest first."""
    facts = ("created_at", "data_as_of", "code_version", "content_hash")
    rows = [
        {"release_id": each.release_id, "current": each.is_current, "pinned": each.pin is not None, "label": each.pin or None}
        | {name: str(getattr(each.manifest, name)) if each.manifest else None for name in facts}
        for each in list_releases(Settings.from_environment().home)
    ]
    for each in () if json else rows:
        each |= {"current": "*" if each["current"] else "", "label": (each["label"] or "pinned") if each["pinned"] else ""}
        each |= {name: short_time(each[name]) for name in ("created_at", "data_as_of")}
        each["content_hash"] = str(each["content_hash"])[:12]
    print_rows(rows, LISTED, json=json, spare=("content", "code", "created (UTC)"))


@app.command(epilog=examples("levelground releases rollback 20251201T060000Z-1a2b3c4d"))
def rollback(release: ReleaseName) -> None:
    """Publish an earlier release again, unchanged, and write its scorecard."""
    settings = Settings.from_environment()
    home = settings.home
    with locked(home):
        published = roll_back(home, find(home, release))
        out.print(f"{published.release_id} is published; the next run with new data makes a new release")
        try:
            publish_scorecard(settings, only_if_needed=True)
        except (ScorecardError, OSError) as error:
            problem = f"published/scorecard/ still shows the release before: {error}"
            raise typer.Exit(print_error(problem, EXIT_INCOMPLETE)) from None


@app.command(epilog=examples("levelground releases pin current --label 2025Q3"))
def pin(
    release: Annotated[str, typer.Argument(help="An id, or `current` for the published release.")],
    label: Annotated[str, typer.Option(help="A name to cite it by, like 2025Q3; it can never be given to another release.")] = "",
) -> None:
    """Keep a release and its label for ever, and write its edition of the scorecard: no later run deletes either."""
    settings = Settings.from_environment()
    home = settings.home
    with locked(home):
        release_id = find(home, release)
        try:
            keep(home, release_id, label)
        except ValueError as error:
            raise typer.Exit(print_error(error, EXIT_BAD_ARGUMENTS)) from None
        kept_as = pins(home)[release_id]
        out.print(f"{release_id} was verified and is kept for ever{f' as {kept_as}' if kept_as else ''}")
        if kept_as and settings.scorecard_languages != ():
            _write_edition(settings, release_id, kept_as)


@app.command("columns", epilog=examples("levelground releases columns --audience health"))
def columns(
    release: Annotated[str, typer.Argument(help="An id or a label; by default the published release.")] = "current",
    audience: AudienceName = None,
    json: AsJson = False,
) -> None:
    """List every column of every released file, with the audience that reads it, and why."""
    home = Settings.from_environment().home
    rows = (dict(zip(_COLUMN, row, strict=True)) for row in released_columns(home, find(home, release)))
    shown = [row for row in rows if audience in (None, row["audience"])]
    print_rows(shown, _COLUMN, json=json, spare=["file", "audience"])


def _write_edition(settings: Settings, release_id: str, label: str) -> None:
    """Write the edition of a pinned release, unless it exists."""
    remedy = f"`levelground scorecard --release {release_id}` writes it again"
    if any((one.label, one.release_id) == (label, release_id) for one in editions(settings.home.published_scorecard)):
        out.print(f"its edition exists; {remedy}")
        return
    try:
        edition = publish_edition(settings, release_id, label)
    except (ScorecardError, EditionError, UnknownLanguage, OSError) as error:
        raise typer.Exit(print_error(f"its edition was not written: {error}. {remedy}", EXIT_INCOMPLETE)) from None
    out.print(f"edition: {edition.index}")


@app.command(epilog=examples("levelground releases diff 2025Q2 2025Q3", "levelground releases diff --public"))
def diff(
    before: Annotated[str | None, typer.Argument(help="An id or a label; by default the release before the other one.")] = None,
    after: Annotated[str, typer.Argument(help="An id or a label; by default the published release.")] = CURRENT,
    public: Annotated[
        bool, typer.Option("--public", help="Public figures that appear, change and vanish, by measure, with reasons.")
    ] = False,
    measure: Annotated[str | None, typer.Option(help="With --public: list the figures of this measure.")] = None,
    json: AsJson = False,
) -> None:
    """Compare two releases, and list which loads, seeds, models or versions explain the differences."""
    home = Settings.from_environment().home
    if measure and not public:
        raise ConfigurationError("--measure lists public figures: add --public")
    later = find(home, after)
    earlier = find(home, before) if before else _before(home, later)
    if public:
        published = compare_public(home, earlier, later, measure)
        if json:
            print_json(differences.public_data(published))
        else:
            differences.show_public(published, measure)
        return
    found = compare(home, earlier, later)
    if json:
        print_json(differences.as_data(found))
    else:
        differences.show(found)


def _before(home: Home, release_id: str) -> str:
    """The release before this one."""
    earlier = [known for known in known_releases(home) if known < release_id]
    if not earlier:
        raise ConfigurationError(f"{release_id} is the first release of this home; the next run with new data makes another")
    return earlier[-1]

"""Provide `levelground lake`: verify and prune the parts of facts outside the home."""

from __future__ import annotations

import typer

from orchestration.cli.display import out, print_error
from orchestration.cli.safeguards import locked
from orchestration.runs.process.exit_codes import EXIT_UNEXPECTED
from orchestration.settings import Settings
from warehouse.lake_files.object_store import StoreUnusable
from warehouse.releases import ReleaseCorrupt, damaged_parts, known_releases, read_manifest, remove_unneeded

app = typer.Typer(no_args_is_help=True, help="Verify and prune the parts of facts in the lake (LEVELGROUND_LAKE).")


@app.command()
def verify() -> None:
    """Compare every part of every kept release with its SHA-256. Exit codes: 0 all are as sealed, 1 one is damaged or missing."""
    home = Settings.from_environment().home
    parts = {release_id: read_manifest(home, release_id).all_parts for release_id in known_releases(home)}
    newest = {why: release_id for release_id, sealed in parts.items() for _, why in damaged_parts(sealed, reread=True)}
    if newest:
        problems = "; ".join(f"release {release_id}: {why}" for why, release_id in newest.items())
        remedy = "restore them from a backup; else `levelground run --full-refresh` builds those of the current facts again"
        raise typer.Exit(print_error(f"{problems}; {remedy}", EXIT_UNEXPECTED))
    out.print(f"{sum(map(len, parts.values()))} parts are as they were sealed")


@app.command()
def prune() -> None:
    """Delete the files of the lake that no kept release lists: parts of deleted releases and failed runs."""
    home = Settings.from_environment().home
    with locked(home):
        try:
            deleted = remove_unneeded(home)
        except (ReleaseCorrupt, StoreUnusable) as error:
            raise typer.Exit(print_error(f"{error}; nothing more was deleted", EXIT_UNEXPECTED)) from None
    out.print(f"deleted {len(deleted)} files; every part of a kept release stays")

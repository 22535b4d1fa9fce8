"""Provide `levelground lake`: verify, merge, list and prune the parts of facts outside the home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import duckdb
import typer

from ingest.erasure import complete
from orchestration.cli.display import out, print_error, table
from orchestration.runs.exit_codes import EXIT_BAD_ARGUMENTS, EXIT_UNEXPECTED
from orchestration.settings import Settings
from warehouse.connection import WarehouseError
from warehouse.lock import RunLock
from warehouse.object_store import StoreUnusable
from warehouse.releases import (
    Merge,
    NoParts,
    NoRoom,
    ReleaseCorrupt,
    UnknownRelease,
    find,
    find_damaged_part,
    known_releases,
    plan_compaction,
    read_manifest,
    recover,
    remove_unneeded,
    write_catalog,
)
from warehouse.releases import (
    compact as write_merged,
)
from warehouse.sql import without_values

app = typer.Typer(no_args_is_help=True, help="Verify, merge, list and prune the parts of facts in the lake (LEVELGROUND_LAKE).")


@app.command()
def verify() -> None:
    """Compare every part of every kept release with its SHA-256. Exit codes: 0 all are as sealed, 1 one is damaged or missing."""
    home = Settings.from_environment().home
    problems, checked = [], 0
    try:
        for release_id in known_releases(home):
            manifest = read_manifest(home, release_id)
            checked += len(manifest.all_parts)
            if (why := find_damaged_part(manifest, reread=True)) is not None:
                problems.append(f"release {release_id}: {why}")
    except StoreUnusable as error:
        raise typer.Exit(print_error(error, EXIT_UNEXPECTED)) from None
    if problems:
        remedy = "restore the part from a backup; `levelground run --full-refresh` builds the current facts again"
        raise typer.Exit(print_error(f"{'; '.join(problems)}; {remedy}", EXIT_UNEXPECTED))
    out.print(f"{checked} parts are as they were sealed", markup=False)


@app.command()
def compact(
    rows: Annotated[
        int | None, typer.Option(min=1, help="Rows of a merged part at most. Default: LEVELGROUND_PART_ROWS.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be merged, and write nothing.")] = False,
) -> None:
    """Merge small parts of the current release that no longer change; the next release reads them, and has the same rows.

    A part is merged if an earlier kept release lists it too. Kept releases keep their parts. Exit code 1: a part is missing or
    damaged, or the disk has no room; nothing of the current release is changed.
    """
    settings = Settings.from_environment()
    home = settings.home
    home.ensure()
    with RunLock(home, "cli"):
        complete(home)
        recover(home)
        try:
            merges = plan_compaction(home, rows or settings.part_rows)
            if not dry_run:
                write_merged(home, merges, memory_limit=settings.memory_limit, threads=settings.threads)
        except (NoRoom, ReleaseCorrupt, StoreUnusable) as error:
            raise typer.Exit(print_error(error, EXIT_UNEXPECTED)) from None
    _print(merges, dry_run)


@app.command()
def prune() -> None:
    """Delete the files of the lake that no kept release lists: parts of deleted releases and failed runs."""
    home = Settings.from_environment().home
    home.ensure()
    with RunLock(home, "cli"):
        complete(home)
        recover(home)
        try:
            deleted = remove_unneeded(home, keep_compacted=True)
        except (ReleaseCorrupt, StoreUnusable) as error:
            raise typer.Exit(print_error(f"{error}; nothing more was deleted", EXIT_UNEXPECTED)) from None
    out.print(f"deleted {len(deleted)} files; every part of a kept release stays", markup=False)


@app.command()
def catalog(
    file: Annotated[Path, typer.Argument(help="The new file, such as 2025Q4.ducklake.")],
    release: Annotated[str, typer.Option(help="Id or label of a release.")] = "current",
) -> None:
    """Write a DuckLake catalog of the facts of a release: DuckLake clients read its parts, and no later release changes it.

    It needs levelground[ducklake], and lasts as long as the release: pin one that readers cite. It contains the least and the
    greatest value of each column: delete it when records are removed, and write it again.
    """
    home = Settings.from_environment().home
    try:
        release_id = find(home, release)
        facts = write_catalog(home, release_id, file.expanduser().absolute())
    except UnknownRelease as error:
        raise typer.Exit(print_error(error, EXIT_BAD_ARGUMENTS)) from None
    except ModuleNotFoundError:
        raise typer.Exit(print_error("a catalog needs DuckLake: install levelground[ducklake]", EXIT_UNEXPECTED)) from None
    except (NoParts, ReleaseCorrupt, StoreUnusable, WarehouseError, OSError, duckdb.Error) as error:
        message = without_values(error) if isinstance(error, duckdb.Error) else error
        raise typer.Exit(print_error(message, EXIT_UNEXPECTED)) from None
    out.print(f"{file} has {facts} facts of release {release_id}; attach it as 'ducklake:{file}' (read_only)", markup=False)


def _print(merges: list[Merge], dry_run: bool) -> None:
    if not merges:
        out.print("nothing to merge: no two neighbouring parts that an earlier kept release lists too fit into one", markup=False)
        return
    rows = [(m.view.partition(".")[2], len(m.parts), f"{m.rows:,}", f"{m.size / 1e6:,.1f} MB") for m in merges]
    out.print(
        table(None, ("fact", "parts merged into one", "rows", "size"), rows, right=("parts merged into one", "rows", "size"))
    )
    done = "would be merged (--dry-run: nothing was written)" if dry_run else "merged; the next release reads them"
    out.print(f"{sum(len(merge.parts) for merge in merges)} parts into {len(merges)}: {done}", markup=False)

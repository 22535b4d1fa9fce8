"""`levelground releases`: which there are, which is out, and going back to one."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer

from orchestration.cli.display import out, table
from orchestration.settings import Settings
from warehouse.lock import RunLock
from warehouse.releases import list_releases, recover
from warehouse.releases import rollback as roll_back

app = typer.Typer(no_args_is_help=True, help="Releases: list them, go back to one.")


@app.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """All releases that are kept, newest first."""
    found = list_releases(Settings.from_environment().home)
    rows = []
    for release in found:
        manifest = release.manifest
        data = {
            "release_id": release.release_id,
            "current": release.is_current,
            "pinned": release.pin is not None,
            "label": release.pin or None,
        }
        facts = ("created_at", "data_as_of", "code_version", "content_hash")
        rows.append(data | {name: str(getattr(manifest, name)) if manifest else None for name in facts})
    if json:
        print(jsonlib.dumps(rows, indent=1))
        return
    columns = ("release", "current", "created (UTC)", "data as of", "code", "content")
    shown = [
        (
            r["release_id"],
            "*" if r["current"] else "",
            r["created_at"],
            r["data_as_of"],
            r["code_version"],
            str(r["content_hash"])[:12],
        )
        for r in rows
    ]
    out.print(table(None, columns, shown))


@app.command()
def rollback(release_id: Annotated[str, typer.Argument(help="An id that `releases list` names.", show_default=False)]) -> None:
    """Publish an earlier release again, exactly as it was."""
    home = Settings.from_environment().home
    home.ensure()
    with RunLock(home, "cli"):
        recover(home)
        published = roll_back(home, release_id)
    out.print(f"published is {published.release_id}; the next run that finds something new releases again", markup=False)

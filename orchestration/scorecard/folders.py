"""Replace an old folder by a written one with two renames, and complete what a kill interrupts."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.scorecard.editions import carry_over

NEXT, BEFORE = ".scorecard-next-", ".scorecard-before"
_OF_EDITION = f"{BEFORE}-"  # and the name of the folder of the edition


def before_of(site: Path, edition: str | None = None) -> Path:
    """Return where the old folder of the site, or of one of its editions, is until the new one is in place."""
    return site.with_name(BEFORE if edition is None else f"{_OF_EDITION}{edition}")


def replace_folder(folder: Path, building: Path, before: Path) -> None:
    """Rename `folder` to `before` and `building` to `folder`, which takes over the editions; then delete the old one."""
    if folder.exists():
        folder.rename(before)
    try:
        building.rename(folder)
    except OSError:
        if before.exists():
            before.rename(folder)
        raise
    if before.exists():
        carry_over(before, folder)
    shutil.rmtree(before, ignore_errors=True)


def repair(site: Path) -> None:
    """Delete what a killed build left; put back an old folder if the kill was between two renames."""
    before = before_of(site)
    if before.exists():
        if site.exists():
            carry_over(before, site)
        else:
            before.rename(site)
    of_editions = sorted(site.parent.glob(f"{_OF_EDITION}*"))
    for edition in of_editions:
        folder = site / edition.name.removeprefix(_OF_EDITION)
        if site.exists() and not folder.exists():
            edition.rename(folder)
    for leftover in [before, *of_editions, *site.parent.glob(f"{NEXT}*")]:
        shutil.rmtree(leftover, ignore_errors=True)

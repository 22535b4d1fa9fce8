"""Keep editions: permanent sites of pinned releases, each in a folder of its label below the folder of the site.

`edition.json` in such a folder describes it. Search engines list the newest edition only: older ones are marked `noindex`.
See `site` for writing one, and `orchestration.pipeline.publish_scorecard` for the editions of a home.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ABOUT = "edition.json"
WITHDRAWN = "withdrawn.json"  # in the folder of an edition that was withdrawn, next to the page that says so
INDEXED, NOT_INDEXED = (f'<meta name="robots" content="{word}">' for word in ("index", "noindex"))
# Names that the site itself uses, or that a language may use.
_TAKEN = re.compile(r"[a-z]{2,3}|downloads|streets|index\.html|style\.css|[a-z_]+\.json", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class EditionError(ValueError):
    """An edition that cannot be written or found; the message contains the next command."""


@dataclass(frozen=True)
class Edition:
    """An edition of the site. `folder`: its name below the site; `released_on`: the day of its release."""

    label: str
    release_id: str
    folder: str
    released_on: str
    languages: tuple[str, ...]
    is_superseded: bool = False

    @property
    def day(self) -> dt.date:
        """The day of its release."""
        return dt.date.fromisoformat(self.released_on)


def folder_name(label: str) -> str:
    """Return the name of the folder of a label: letters, digits, dots and hyphens, and no name of the site itself."""
    name = _UNSAFE.sub("-", label).strip("-.") or "edition"
    return f"edition-{name}" if _TAKEN.fullmatch(name) else name


def editions(site: Path) -> list[Edition]:
    """Return the editions of a site, the newest release first."""
    found = [edition for path in site.glob(f"*/{ABOUT}") if (edition := _read(path)) is not None]
    return sorted(found, key=lambda edition: edition.release_id, reverse=True)


def find_edition(site: Path, label: str) -> Edition:
    """Return the edition with this label; EditionError names the others."""
    listed = editions(site)
    for edition in listed:
        if edition.label.casefold() == label.strip().casefold():
            return edition
    known = ", ".join(edition.label for edition in listed) or "none"
    raise EditionError(f"no edition {label!r}; known: {known}")


def check_free(site: Path, label: str, release_id: str) -> None:
    """Raise EditionError if the folder of the label belongs to another edition."""
    name = folder_name(label)
    for edition in editions(site):
        if edition.folder.casefold() == name.casefold() and (edition.label, edition.release_id) != (label, release_id):
            raise EditionError(
                f"the edition {edition.label!r} of release {edition.release_id} has the folder {name!r}; "
                f"`levelground scorecard withdraw {edition.label}` removes it"
            )


def describe(folder: Path, edition: Edition) -> None:
    """Write `edition.json`."""
    about = folder / ABOUT
    about.write_text(json.dumps(asdict(edition), indent=1) + "\n", encoding="utf-8")
    about.chmod((folder / "index.html").stat().st_mode)


def carry_over(before: Path, after: Path) -> None:
    """Move the editions of a site, also one with a damaged description, into the folder that replaces it; notices as well."""
    for about in sorted((*before.glob(f"*/{ABOUT}"), *before.glob(f"*/{WITHDRAWN}"))):
        if not (after / about.parent.name).exists():
            about.parent.rename(after / about.parent.name)


def mark_superseded(site: Path) -> None:
    """Mark all editions but the newest `noindex`, and the newest `index`. A kill leaves what the next call completes."""
    for number, edition in enumerate(editions(site)):
        is_superseded = number > 0
        if edition.is_superseded == is_superseded:
            continue
        old, new = (INDEXED, NOT_INDEXED) if is_superseded else (NOT_INDEXED, INDEXED)
        for page in (site / edition.folder).rglob("*.html"):
            text = page.read_text(encoding="utf-8")
            if old in text:
                rewrite(page, text.replace(old, new))
        describe(site / edition.folder, replace(edition, is_superseded=is_superseded))


def rewrite(page: Path, text: str) -> None:
    """Replace the text of a page at once, and keep its mode."""
    following = page.with_name(f".{page.name}.next")
    following.write_text(text, encoding="utf-8")
    following.chmod(page.stat().st_mode)
    following.replace(page)


def remove_edition(site: Path, edition: Edition, away: Path) -> None:
    """Delete an edition: it is renamed to `away` first, so that readers never meet a part of it."""
    shutil.rmtree(away, ignore_errors=True)
    (site / edition.folder).rename(away)
    shutil.rmtree(away)


def count_pages(site: Path, edition: Edition) -> int:
    """Return the number of its pages."""
    return sum(1 for _ in (site / edition.folder).rglob("*.html"))


def _read(path: Path) -> Edition | None:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        edition = Edition(**about | {"languages": tuple(about["languages"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return edition if edition.folder == path.parent.name and not edition.folder.startswith(".") else None

"""Write the site of a release: every page, download and report, and put the folder in place at once. See `render` for pages.

The same public file gives the same bytes. A page that cannot be rendered ends the build: `ScorecardError` names it and the cause.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from orchestration.scorecard.contact import Contact
from orchestration.scorecard.editions import Edition, check_free, describe, editions, folder_name
from orchestration.scorecard.folders import NEXT, before_of, repair, replace_folder, save, set_modes
from orchestration.scorecard.pages.render import (
    TEMPLATES,
    ScorecardError,
    Surroundings,
    originals,
    rendered_pages,
    rendered_report,
    rendered_start,
    rendered_streets,
)
from orchestration.scorecard.pages.report import REPORT
from orchestration.scorecard.reach.cards import FOLDER as CARDS
from orchestration.scorecard.reach.cards import write_cards
from orchestration.scorecard.reach.catalogue import catalogue
from orchestration.scorecard.reach.downloads import write_downloads
from orchestration.scorecard.release_data.changes import Changes, Earlier, find_changes
from orchestration.scorecard.release_data.open_release import ReleaseFiles
from orchestration.scorecard.release_data.read_release import ReleaseData, read_release
from orchestration.scorecard.words.texts import ORIGINAL, Texts, texts_by_language, with_installed_texts
from warehouse.fingerprint import chunks_sha256, file_sha256

STYLE = "style.css"
INDEX = "index.html"
MADE_FROM = "made_from.json"
CODE = (".py", ".jinja", ".html", ".css", ".typ", ".atom")  # files that decide the bytes of a site
SITEMAP, CATALOGUE = "sitemap.xml", "data.json"
FOLDER_MODE, FILE_MODE = 0o750, 0o640
INTERNAL_FOLDER_MODE, INTERNAL_FILE_MODE = 0o700, 0o600


class UnknownLanguage(ValueError):
    """A language that the release has no texts in."""

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(f"the release has no texts in {', '.join(unknown)}; its languages are {', '.join(known)}")


@dataclass(frozen=True)
class Site:
    """What was written."""

    index: Path
    release_id: str
    pages: int
    bytes: int
    untranslated: dict[str, int]  # texts shown in English, by language
    released_on: str = ""  # the day of the release


def write_site(
    public_file: Path,
    folder: Path,
    languages: Sequence[str] = (),
    contact: Contact | str = "",
    earlier: Earlier | None = None,
    only: Sequence[str] = (),
) -> Site:
    """Write the site into `folder`, under a temporary name next to it until it is complete; the old folder stays until then.

    `languages`: some of the release, else all. `contact`: the office, or the address where the folder is served. `earlier`: the
    edition that the release is compared with. `only`: these pages of a draft, and nothing else. Editions in the folder stay.
    """
    around = Surroundings(languages, Contact.of(contact), tuple(editions(folder)), earlier, site=folder, only=frozenset(only))
    return _write_folder(public_file, folder, folder, around)


def render_ahead(
    public_file: Path,
    folder: Path,
    site: Path,
    languages: Sequence[str] = (),
    contact: Contact | str = "",
    earlier: Earlier | None = None,
) -> Site:
    """Write into the new `folder` the site that will be in `site` once the release is published; see `put_in_place`."""
    folder.mkdir(mode=FOLDER_MODE)
    around = Surroundings(languages, Contact.of(contact), tuple(editions(site)), earlier, site=site)
    return _write_complete(public_file, folder, around)


def put_in_place(
    rendered: Site, site: Path, public_file: Path, languages: Sequence[str], contact: Contact | str, earlier: Earlier | None
) -> bool:
    """Move a rendered site to its place; False if it is not what `write_site` would write now."""
    folder = rendered.index.parent
    if not is_current(folder, public_file, languages, contact, earlier, site):
        return False
    repair(site)
    replace_folder(site, folder, before_of(site))
    return True


def write_edition(
    public_file: Path,
    folder: Path,
    label: str,
    languages: Sequence[str] = (),
    contact: Contact | str = "",
    earlier: Earlier | None = None,
) -> Site:
    """Write the edition of a release into the folder of its label in the site `folder`. EditionError if that is taken.

    Call `editions.mark_superseded` and `write_site` afterwards: older editions and the list of editions change.
    """
    name = folder_name(label)
    around = Surroundings(languages, Contact.of(contact).below(name), earlier=earlier, label=label)
    return _write_folder(public_file, folder, folder / name, around)


def write_internal_site(
    public_file: Path, analyst_file: Path, folder: Path, languages: Sequence[str] = (), contact: Contact | str = ""
) -> Site:
    """Write the site for staff, with the figures of the analyst file, into a folder that its owner alone may read."""
    around = Surroundings(languages, Contact.of(contact), analyst_file=analyst_file)
    return _write_folder(public_file, folder, folder, around)


def may_be_replaced(folder: Path, *, is_internal: bool = False) -> bool:
    """Whether writing a site would delete nothing but such a site: the folder is new or empty, or has one."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return True
    try:
        made_from = json.loads((folder / MADE_FROM).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not is_internal or "analyst_file" in made_from


def _write_folder(public_file: Path, site: Path, folder: Path, around: Surroundings) -> Site:
    site.parent.mkdir(parents=True, exist_ok=True)
    repair(site)
    with TemporaryDirectory(prefix=NEXT, dir=site.parent, ignore_cleanup_errors=True) as name:
        building = Path(name)
        written = _write_complete(public_file, building, around)
        if around.label is None:
            replace_folder(folder, building, before_of(site))
        else:
            languages = tuple(sorted(path.parent.name for path in building.glob(f"*/{INDEX}")))
            about = Edition(around.label, written.release_id, folder.name, written.released_on, languages)
            check_free(site, about.label, about.release_id)
            describe(building, about)
            site.mkdir(mode=FOLDER_MODE, exist_ok=True)
            replace_folder(folder, building, before_of(site, folder.name))
    return replace(written, index=folder / INDEX)


def _write_complete(public_file: Path, folder: Path, around: Surroundings) -> Site:
    written = _write(public_file, folder, around)
    save(folder / MADE_FROM, _made_from(public_file, around))
    modes = (INTERNAL_FOLDER_MODE, INTERNAL_FILE_MODE) if around.is_internal else (FOLDER_MODE, FILE_MODE)
    set_modes(folder, *modes)
    return written


def is_current(
    folder: Path,
    public_file: Path,
    languages: Sequence[str] = (),
    contact: Contact | str = "",
    earlier: Earlier | None = None,
    site: Path | None = None,
) -> bool:
    """Whether the folder is the site that `write_site` would write. `site`: the folder with its editions, if another."""
    around = Surroundings(languages, Contact.of(contact), tuple(editions(site or folder)), earlier)
    try:
        return (folder / MADE_FROM).read_text(encoding="utf-8") == _made_from(public_file, around)
    except OSError:
        return False


def _made_from(public_file: Path, around: Surroundings) -> str:
    """Everything that decides the bytes of the site."""
    code = sorted(path for path in TEMPLATES.parent.rglob("*") if path.suffix in CODE)
    made_from = {
        "public_file": file_sha256(public_file),
        "code": chunks_sha256(path.read_bytes() for path in code),
        "languages": list(around.languages),
        "contact": asdict(around.contact),
        "label": around.label,
        "compared_with": around.earlier and [around.earlier.label, around.earlier.release_id],
        "editions": [[edition.label, edition.release_id] for edition in around.editions],
    }
    if around.analyst_file is not None:
        made_from["analyst_file"] = file_sha256(around.analyst_file)
    return json.dumps(made_from, indent=1) + "\n"


def text_pages(public_file: Path) -> dict[str, list[str]]:
    """The pages of the site in English that contain each text, by text_id, the first of the site first."""
    data = read_release(ReleaseFiles(public_file))
    texts = texts_by_language(with_installed_texts(data.texts, data.languages), [ORIGINAL])
    found: dict[str, list[str]] = {}
    for page, *_ in rendered_pages(data, texts[ORIGINAL], texts, Surroundings(), None):
        for text_id in texts[ORIGINAL].used:
            found.setdefault(text_id, []).append(page.path)
    return found


def _write(public_file: Path, folder: Path, around: Surroundings) -> Site:
    files = ReleaseFiles(public_file, around.analyst_file)
    try:
        data = read_release(files)
        changes = find_changes(public_file, around.earlier) if around.earlier else None
    except Exception as error:
        raise ScorecardError("the scorecard", error) from error
    if unknown := sorted(set(around.languages) - set(data.languages)):
        raise UnknownLanguage(unknown, data.languages)
    known = with_installed_texts(data.texts, data.languages)
    chosen = texts_by_language(known, around.languages or data.languages, data.written)
    untranslated: dict[str, int] = {}
    for language, texts in chosen.items():
        missing: set[str] = set()
        cards: dict[str, dict[str, Any]] = {}
        for page, html, card in rendered_pages(data, texts, chosen, around, changes):
            save(folder / language / page.path, html)
            missing |= texts.untranslated
            cards |= [card] if card else []
        if cards:
            write_cards(folder / language / CARDS, cards, around.site and around.site / language / CARDS)
        if language != ORIGINAL:
            untranslated[language] = len(missing)
    if not around.only:
        _write_rest(data, folder, chosen, around, changes)
    save(folder / INDEX, rendered_start(data.city, chosen, around))
    save(folder / STYLE, (TEMPLATES / STYLE).read_text(encoding="utf-8"))
    answered = [] if around.only else [measure.measure_id for measure in data.measures.values() if measure.is_answered]
    named = [places.geography_type for places in data.places]
    write_downloads(files, folder / "downloads", answered, named, [texts for texts in chosen.values() if texts.files])
    about = data.about
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    pages = sum(path.suffix == ".html" for path in sizes)
    released_on = about["created_at"].date().isoformat()
    return Site(folder / INDEX, about["release_id"], pages, sum(sizes.values()), untranslated, released_on)


def _write_rest(data: ReleaseData, folder: Path, chosen: dict[str, Texts], around: Surroundings, changes: Changes | None) -> None:
    """Write what is no page of one language: the index of streets, reports, and lists for machines."""
    for path, html in rendered_streets(data, chosen, around):
        save(folder / path, html)
    if around.is_internal:
        return
    contact, is_answered = around.contact, any(measure.is_answered for measure in data.measures.values())
    if contact.address and around.label is None:
        save(folder / SITEMAP, sitemap(folder, contact, data.about["created_at"].date()))
        if contact.email and is_answered:
            save(folder / CATALOGUE, catalogue(data, originals(chosen), contact))
    reports = {language: rendered_report(data, texts, changes, around.label) for language, texts in chosen.items()}
    for language, report in reports.items():
        save(folder / language / REPORT, report)
    save(folder / REPORT, reports[originals(chosen).language])  # the address to cite, in English if it has it


def sitemap(folder: Path, contact: Contact, on: dt.date) -> str:
    """Return the list of pages for search engines (sitemaps.org, 0.9): each at its address, with the day of the release."""
    pages = [INDEX, *sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html") if "embed" not in path.parts)]
    urls = "".join(f"<url><loc>{escape(contact.base + quote(page))}</loc><lastmod>{on}</lastmod></url>\n" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{urls}</urlset>\n"

"""Write the site of a release: every page, download and report, and put the folder in place at once. See `render` for pages.

The same public file gives the same bytes. A page that cannot be rendered ends the build: `ScorecardError` names it and the cause.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from orchestration.scorecard.contact import Contact
from orchestration.scorecard.editions import Edition, check_free, describe, editions, folder_name
from orchestration.scorecard.folders import NEXT, before_of, repair, replace_folder
from orchestration.scorecard.pages.render import (
    TEMPLATES,
    ScorecardError,
    Surroundings,
    description,
    originals,
    rendered_pages,
    rendered_report,
    rendered_start,
    rendered_streets,
)
from orchestration.scorecard.pages.report import REPORT
from orchestration.scorecard.reach.cards import FOLDER as CARDS
from orchestration.scorecard.reach.cards import card_of, write_cards
from orchestration.scorecard.reach.catalogue import catalogue
from orchestration.scorecard.reach.downloads import write_downloads
from orchestration.scorecard.release_data.changes import Earlier, find_changes
from orchestration.scorecard.release_data.open_release import ReleaseFiles
from orchestration.scorecard.release_data.read_release import read_release
from orchestration.scorecard.words.texts import ORIGINAL, texts_by_language, with_installed_texts
from warehouse.fingerprint import chunks_sha256, file_sha256

STYLE = "style.css"
INDEX = "index.html"
MADE_FROM = "made_from.json"
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
    around = Surroundings(tuple(editions(folder)), earlier, only=frozenset(only), site=folder)
    return _write_folder(public_file, folder, folder, languages, contact, around)


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
    around = Surroundings(tuple(editions(site)), earlier, site=site)
    return replace(_write_complete(public_file, folder, languages, contact, around), index=folder / INDEX)


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
    contact = Contact.of(contact).below(name)
    return _write_folder(public_file, folder, folder / name, languages, contact, Surroundings(label=label, earlier=earlier))


def write_internal_site(
    public_file: Path, analyst_file: Path, folder: Path, languages: Sequence[str] = (), contact: Contact | str = ""
) -> Site:
    """Write the site for staff, with the figures of the analyst file, into a folder that its owner alone may read."""
    return _write_folder(public_file, folder, folder, languages, contact, Surroundings(analyst_file=analyst_file))


def may_be_replaced(folder: Path, *, is_internal: bool = False) -> bool:
    """Whether writing a site would delete nothing but such a site: the folder is new or empty, or has one."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return True
    try:
        made_from = json.loads((folder / MADE_FROM).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not is_internal or "analyst_file" in made_from


def _write_folder(
    public_file: Path, site: Path, folder: Path, languages: Sequence[str], contact: Contact | str, around: Surroundings
) -> Site:
    site.parent.mkdir(parents=True, exist_ok=True)
    repair(site)
    building = Path(tempfile.mkdtemp(prefix=NEXT, dir=site.parent))
    try:
        written = _write_complete(public_file, building, languages, contact, around)
        if around.label is None:
            replace_folder(folder, building, before_of(site))
        else:
            about = _about_edition(around.label, folder.name, building, written)
            check_free(site, about.label, about.release_id)
            describe(building, about)
            site.mkdir(mode=FOLDER_MODE, exist_ok=True)
            replace_folder(folder, building, before_of(site, folder.name))
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return replace(written, index=folder / INDEX)


def _write_complete(
    public_file: Path, folder: Path, languages: Sequence[str], contact: Contact | str, around: Surroundings
) -> Site:
    written = _write(public_file, folder, languages, Contact.of(contact), around)
    _save(folder / MADE_FROM, _made_from(public_file, languages, contact, around))
    (folder / MADE_FROM).chmod(_modes(around)[1])
    return written


def _about_edition(label: str, name: str, building: Path, written: Site) -> Edition:
    languages = tuple(sorted(path.parent.name for path in building.glob(f"*/{INDEX}")))
    return Edition(label, written.release_id, name, written.released_on, languages)


def is_current(
    folder: Path,
    public_file: Path,
    languages: Sequence[str] = (),
    contact: Contact | str = "",
    earlier: Earlier | None = None,
    site: Path | None = None,
) -> bool:
    """Whether the folder is the site that `write_site` would write. `site`: the folder with its editions, if another."""
    around = Surroundings(tuple(editions(site or folder)), earlier)
    try:
        return (folder / MADE_FROM).read_text(encoding="utf-8") == _made_from(public_file, languages, contact, around)
    except OSError:
        return False


def _made_from(public_file: Path, languages: Sequence[str], contact: Contact | str, around: Surroundings) -> str:
    """Everything that decides the bytes of the site."""
    code = sorted(path for path in TEMPLATES.parent.rglob("*") if path.suffix in (".py", ".html", ".css", ".typ", ".atom"))
    made_from = {
        "public_file": file_sha256(public_file),
        "code": chunks_sha256(path.read_bytes() for path in code),
        "languages": list(languages),
        "contact": asdict(Contact.of(contact)),
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
    for page, _ in rendered_pages(data, texts[ORIGINAL], texts, Contact(), Surroundings(), None):
        for text_id in texts[ORIGINAL].used:
            found.setdefault(text_id, []).append(page.path)
    return found


def _write(public_file: Path, folder: Path, languages: Sequence[str], contact: Contact, around: Surroundings) -> Site:
    files = ReleaseFiles(public_file, around.analyst_file)
    try:
        data = read_release(files)
        changes = find_changes(public_file, around.earlier) if around.earlier else None
    except Exception as error:
        raise ScorecardError("the scorecard", error) from error
    unknown = sorted(set(languages) - set(data.languages))
    if unknown:
        raise UnknownLanguage(unknown, data.languages)
    known = with_installed_texts(data.texts, data.languages)
    chosen = texts_by_language(known, languages or data.languages, data.written)
    sizes: list[int] = []
    untranslated: dict[str, int] = {}
    for language, texts in chosen.items():
        missing: set[str] = set()
        cards: dict[str, dict[str, Any]] = {}
        for page, html in rendered_pages(data, texts, chosen, contact, around, changes):
            sizes.append(_save(folder / language / page.path, html))
            missing |= texts.untranslated
            if contact.address and not around.is_internal:
                card = card_of(page, description(page, texts), data.city, texts)
                cards |= {card[0]: card[1]} if card else {}
        if cards:
            sizes += write_cards(folder / language / CARDS, cards, around.site and around.site / language / CARDS)
        if language != ORIGINAL:
            untranslated[language] = len(missing)
    if not around.only:
        sizes += [_save(folder / path, html) for path, html in rendered_streets(data, chosen, around)]
    if contact.address and around.label is None and not around.is_internal and not around.only:
        sizes.append(_save(folder / SITEMAP, sitemap(folder, contact, data.about["created_at"].date())))
    if not around.is_internal and not around.only:
        reports = {language: rendered_report(data, texts, changes, around.label) for language, texts in chosen.items()}
        sizes += [_save(folder / language / REPORT, report) for language, report in reports.items()]
        sizes.append(_save(folder / REPORT, reports[originals(chosen).language]))  # the address to cite, in English if it has it
    sizes += [
        _save(folder / INDEX, rendered_start(data, chosen, around)),
        _save(folder / STYLE, (TEMPLATES / STYLE).read_text(encoding="utf-8")),
    ]
    answered = [] if around.only else [measure.measure_id for measure in data.measures.values() if measure.is_answered]
    named = [places.geography_type for places in data.places]
    sizes += write_downloads(files, folder / "downloads", answered, named, [texts for texts in chosen.values() if texts.files])
    if contact.address and contact.email and answered and around.label is None and not around.is_internal:
        sizes.append(_save(folder / CATALOGUE, catalogue(data, originals(chosen), contact)))
    folder_mode, file_mode = _modes(around)
    for path in (folder, *folder.rglob("*")):
        path.chmod(folder_mode if path.is_dir() else file_mode)
    written = sum(1 for _ in folder.rglob("*.html"))
    about = data.about
    return Site(folder / INDEX, about["release_id"], written, sum(sizes), untranslated, about["created_at"].date().isoformat())


def sitemap(folder: Path, contact: Contact, on: dt.date) -> str:
    """Return the list of pages for search engines (sitemaps.org, 0.9): each at its address, with the day of the release."""
    pages = [INDEX, *sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html") if "embed" not in path.parts)]
    urls = "".join(f"<url><loc>{escape(contact.base + quote(page))}</loc><lastmod>{on}</lastmod></url>\n" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{urls}</urlset>\n"


def _modes(around: Surroundings) -> tuple[int, int]:
    """Return the modes of folders and files."""
    return (INTERNAL_FOLDER_MODE, INTERNAL_FILE_MODE) if around.is_internal else (FOLDER_MODE, FILE_MODE)


def _save(path: Path, text: str | bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode("utf-8") if isinstance(text, str) else text
    path.write_bytes(content)
    return len(content)

"""Write the site of a release: render every page, check what may not happen, and put the folder in place at once.

The same public file gives the same bytes. A page that cannot be rendered ends the build: `ScorecardError` names it and the cause.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from orchestration.scorecard.changes import Changes, Earlier, find_changes
from orchestration.scorecard.downloads import write_downloads
from orchestration.scorecard.editions import INDEXED, NOT_INDEXED, Edition, check_free, describe, editions, folder_name
from orchestration.scorecard.figures import Count, Figure
from orchestration.scorecard.folders import NEXT, before_of, repair, replace_folder
from orchestration.scorecard.measure_page import Chart
from orchestration.scorecard.open_release import ReleaseFiles
from orchestration.scorecard.page_list import Page, pages
from orchestration.scorecard.read_release import ReleaseData, read_release
from orchestration.scorecard.report import REPORT, notice, write_report
from orchestration.scorecard.streets import FOLDER, street_contents
from orchestration.scorecard.texts import ORIGINAL, Joined, Name, Texts, day, texts_by_language, with_installed_texts
from warehouse.fingerprint import chunks_sha256, file_sha256

TEMPLATES = Path(__file__).with_name("templates")
STYLE = "style.css"
INDEX = "index.html"
MADE_FROM = "made_from.json"
NOTICE = Markup("<!-- notice -->")
FOLDER_MODE, FILE_MODE = 0o750, 0o640
INTERNAL_FOLDER_MODE, INTERNAL_FILE_MODE = 0o700, 0o600
FOR_PUBLICATION = ("embed.html", "corrections.html", "editions.html")  # templates of pages that an internal site does not have


class ScorecardError(Exception):
    """A page could not be written; the message names it and the cause."""

    def __init__(self, page: str, cause: Exception | str) -> None:
        detail = cause if isinstance(cause, str) else f"{type(cause).__name__}: {cause}"
        super().__init__(f"{page} could not be written: {detail}")
        self.page = page


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
    public_file: Path, folder: Path, languages: Sequence[str] = (), address: str = "", earlier: Earlier | None = None
) -> Site:
    """Write the site into `folder`, under a temporary name next to it until it is complete; the old folder stays until then.

    `languages`: some of the release, else all. `address`: where the folder is served, for citations and embeds. `earlier`: the
    edition that the release is compared with. Editions in the folder stay.
    """
    kept = editions(folder)
    return _write_folder(public_file, folder, folder, languages, address, Surroundings(tuple(kept), earlier))


def write_edition(
    public_file: Path, folder: Path, label: str, languages: Sequence[str] = (), address: str = "", earlier: Earlier | None = None
) -> Site:
    """Write the edition of a release into the folder of its label in the site `folder`. EditionError if that is taken.

    Call `editions.mark_superseded` and `write_site` afterwards: older editions and the list of editions change.
    """
    name = folder_name(label)
    address = f"{address.rstrip('/')}/{name}" if address else ""
    return _write_folder(public_file, folder, folder / name, languages, address, Surroundings(label=label, earlier=earlier))


def write_internal_site(public_file: Path, analyst_file: Path, folder: Path, languages: Sequence[str] = ()) -> Site:
    """Write the site for staff, with the figures of the analyst file, into a folder that its owner alone may read."""
    return _write_folder(public_file, folder, folder, languages, "", Surroundings(analyst_file=analyst_file))


def may_be_replaced(folder: Path, *, is_internal: bool = False) -> bool:
    """Whether writing a site would delete nothing but such a site: the folder is new or empty, or has one."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return True
    try:
        made_from = json.loads((folder / MADE_FROM).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not is_internal or "analyst_file" in made_from


@dataclass(frozen=True)
class Surroundings:
    """What the pages show that is not in the public file. `label`: of the edition, None for the site of the newest release.

    `analyst_file`: of an internal site, whose pages show its figures.
    """

    editions: tuple[Edition, ...] = ()
    earlier: Earlier | None = None
    label: str | None = None
    analyst_file: Path | None = None

    @property
    def is_internal(self) -> bool:
        """Whether the site is for staff only."""
        return self.analyst_file is not None

    @property
    def modes(self) -> tuple[int, int]:
        """The modes of its folders and files."""
        return (INTERNAL_FOLDER_MODE, INTERNAL_FILE_MODE) if self.is_internal else (FOLDER_MODE, FILE_MODE)


def _write_folder(
    public_file: Path, site: Path, folder: Path, languages: Sequence[str], address: str, around: Surroundings
) -> Site:
    site.parent.mkdir(parents=True, exist_ok=True)
    repair(site)
    building = Path(tempfile.mkdtemp(prefix=NEXT, dir=site.parent))
    try:
        written = _write(public_file, building, languages, f"{address.rstrip('/')}/" if address else "", around)
        _save(building / MADE_FROM, _made_from(public_file, languages, address, around))
        (building / MADE_FROM).chmod(around.modes[1])
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


def _about_edition(label: str, name: str, building: Path, written: Site) -> Edition:
    languages = tuple(sorted(path.parent.name for path in building.glob(f"*/{INDEX}")))
    return Edition(label, written.release_id, name, written.released_on, languages)


def is_current(
    folder: Path, public_file: Path, languages: Sequence[str] = (), address: str = "", earlier: Earlier | None = None
) -> bool:
    """Whether the folder is the site that `write_site` would write."""
    around = Surroundings(tuple(editions(folder)), earlier)
    try:
        return (folder / MADE_FROM).read_text(encoding="utf-8") == _made_from(public_file, languages, address, around)
    except OSError:
        return False


def _made_from(public_file: Path, languages: Sequence[str], address: str, around: Surroundings) -> str:
    """Everything that decides the bytes of the site."""
    code = sorted(path for path in TEMPLATES.parent.rglob("*") if path.suffix in (".py", ".html", ".css", ".typ"))
    made_from = {
        "public_file": file_sha256(public_file),
        "code": chunks_sha256(path.read_bytes() for path in code),
        "languages": list(languages),
        "address": address,
        "label": around.label,
        "compared_with": around.earlier and [around.earlier.label, around.earlier.release_id],
        "editions": [[edition.label, edition.release_id] for edition in around.editions],
    }
    if around.analyst_file is not None:
        made_from["analyst_file"] = file_sha256(around.analyst_file)
    return json.dumps(made_from, indent=1) + "\n"


def _write(public_file: Path, folder: Path, languages: Sequence[str], address: str, around: Surroundings) -> Site:
    files = ReleaseFiles(public_file, around.analyst_file)
    try:
        data = read_release(files)
        changes = find_changes(public_file, around.earlier) if around.earlier else None
    except Exception as error:
        raise ScorecardError("the scorecard", error) from error
    unknown = sorted(set(languages) - set(data.languages))
    if unknown:
        raise UnknownLanguage(unknown, data.languages)
    chosen = texts_by_language(with_installed_texts(data.texts, data.languages), languages or data.languages)
    environment = _environment()
    sizes: list[int] = []
    untranslated: dict[str, int] = {}
    for language, texts in chosen.items():
        missing: set[str] = set()
        for page, html in _rendered(environment, data, texts, chosen, address, around, changes):
            sizes.append(_save(folder / language / page.path, html))
            missing |= texts.untranslated
        if language != ORIGINAL:
            untranslated[language] = len(missing)
    sizes += [_save(folder / path, html) for path, html in _rendered_streets(environment, data, chosen, around)]
    start = environment.get_template("start.html").render(
        city=data.city,
        languages=chosen,
        own_names=_own_names(chosen),
        title=_originals(chosen).plain("page.title"),
        robots=_robots(around),
        is_internal=around.is_internal,
    )
    if not around.is_internal:
        reports = {language: _report(data, texts, changes, around.label) for language, texts in chosen.items()}
        sizes += [_save(folder / language / REPORT, report) for language, report in reports.items()]
        sizes.append(_save(folder / REPORT, reports[_originals(chosen).language]))  # the address to cite, in English if it has it
    sizes += [_save(folder / INDEX, start), _save(folder / STYLE, (TEMPLATES / STYLE).read_text(encoding="utf-8"))]
    sizes += write_downloads(files, folder / "downloads", [m.measure_id for m in data.measures.values() if m.is_answered])
    folder_mode, file_mode = around.modes
    for path in (folder, *folder.rglob("*")):
        path.chmod(folder_mode if path.is_dir() else file_mode)
    written = sum(1 for _ in folder.rglob("*.html"))
    about = data.about
    return Site(folder / INDEX, about["release_id"], written, sum(sizes), untranslated, about["created_at"].date().isoformat())


def _rendered(
    environment: Environment,
    data: ReleaseData,
    texts: Texts,
    languages: dict[str, Texts],
    address: str,
    around: Surroundings,
    changes: Changes | None,
) -> Iterator[tuple[Page, str]]:
    """Yield every page of one language with its HTML."""
    shared: dict[str, Any] = {
        "t": texts,
        "city": data.city,
        "about": data.about,
        "languages": languages,
        "own_names": _own_names(languages),
        "address": address,
        "day": lambda date: day(date).in_language(texts),
        "count": Count,
        "figure": Figure,
        "joined": lambda parts: Joined(tuple(parts)),
        "put": lambda part: part.in_language(texts),
        "name": Name,
        "english": texts.marked_english,
        "district_words": district_words,
        "edition": around.label,
        "robots": _robots(around),
        "editions": around.editions,
        "is_internal": around.is_internal,
    }
    path = "the list of pages"
    try:
        listed = pages(data, texts, changes, around.label is not None)
        texts.start_page()
        for page in listed:
            if around.is_internal and page.template in FOR_PUBLICATION:
                continue
            path = f"{texts.language}/{page.path}"
            template = environment.get_template(page.template)
            content = {**shared, **page.content, "page": page}
            body = template.render(**content, notice=NOTICE)
            yield page, body.replace(NOTICE, _notice(texts))  # what the page has used decides on its notice
            texts.start_page()
    except (ScorecardError, OSError):
        raise
    except TemplateError as error:
        raise ScorecardError(path, error) from error
    except Exception as error:
        raise ScorecardError(path, error) from error


def _report(data: ReleaseData, texts: Texts, changes: Changes | None, label: str | None) -> bytes:
    try:
        return write_report(data, texts, changes, label)
    except Exception as error:
        raise ScorecardError(f"{texts.language}/{REPORT}", error) from error


def _robots(around: Surroundings) -> Markup:
    """Return what search engines read: an edition is listed until a newer one supersedes it, an internal site never."""
    if around.is_internal:
        return Markup(NOT_INDEXED)  # noqa: S704 - a constant
    return Markup(INDEXED) if around.label is not None else Markup()  # noqa: S704 - a constant


def _rendered_streets(
    environment: Environment, data: ReleaseData, languages: dict[str, Texts], around: Surroundings
) -> Iterator[tuple[str, str]]:
    """Yield the pages of the index of streets, which all languages share, with their HTML."""
    shared: dict[str, Any] = {
        "city": data.city,
        "languages": languages,
        "own_names": _own_names(languages),
        "robots": _robots(around),
    }
    shared |= {"is_internal": around.is_internal}
    for page, content in street_contents(data, languages):
        path = f"{FOLDER}/{page.file}"
        for texts in languages.values():
            texts.start_page()
        try:
            html = environment.get_template("streets.html").render(**shared, **content, notice=NOTICE)
        except Exception as error:
            raise ScorecardError(path, error) from error
        notices = [(texts.tag, _notice(texts)) for texts in languages.values()]
        marked = [Markup('<div lang="{}">{}</div>').format(tag, notice) for tag, notice in notices if notice]
        yield path, html.replace(NOTICE, Markup("\n").join(marked))


def _notice(texts: Texts) -> Markup:
    """Return the banner of a page with texts that no speaker has reviewed, or that are in English."""
    sentences = notice(texts)
    return Markup('<p class="translated">{}</p>').format(Markup(" ").join(sentences)) if sentences else Markup()


def district_words(chart: Chart) -> dict[str, str]:
    """Return how each district of a map is filled: by its comparison with the city, never by its figure."""
    words = {}
    for line in chart.rows:
        if line.is_total:
            continue
        words[line.row.geoid] = (line.row.compared_with_city or "compared-not") if line.row.is_shown else "no-figure"
    return words


@cache
def _environment() -> Environment:
    """Return the templates, compiled once per process."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _own_names(languages: dict[str, Texts]) -> dict[str, str]:
    return {language: texts.plain("page.own_name") for language, texts in languages.items()}


def _originals(languages: dict[str, Texts]) -> Texts:
    return languages.get(ORIGINAL) or next(iter(languages.values()))


def _save(path: Path, text: str | bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode("utf-8") if isinstance(text, str) else text
    path.write_bytes(content)
    return len(content)

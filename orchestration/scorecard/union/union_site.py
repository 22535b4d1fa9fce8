"""Write the site of many cities: pages in each language, and one on which readers choose; put it in place at once."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from orchestration.scorecard.folders import NEXT, before_of, repair, replace_folder
from orchestration.scorecard.pages.page_list import Page
from orchestration.scorecard.pages.render import TEMPLATES, ScorecardError, description, environment, notice_of, originals
from orchestration.scorecard.site import FILE_MODE, FOLDER_MODE, INDEX, MADE_FROM, STYLE, Site
from orchestration.scorecard.union.read_union import Union, read_union
from orchestration.scorecard.union.union_pages import union_pages
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.texts import Joined, Name, Texts, day, texts_by_language, with_installed_texts
from warehouse.fingerprint import file_sha256

NOTICE = Markup("<!-- notice -->")


def write_union_site(file: Path, folder: Path) -> Site:
    """Write the site about the united file into `folder`; an old site there stays until the new one is complete."""
    union = read_union(file)
    languages = texts_by_language(with_installed_texts(union.texts, union.languages), union.languages, union.languages)
    folder.parent.mkdir(parents=True, exist_ok=True)
    repair(folder)
    building = Path(tempfile.mkdtemp(prefix=NEXT, dir=folder.parent))
    try:
        sizes = [_save(building / path, html) for path, html in _pages(union, languages)]
        pages = len(sizes)
        made_from = {"united_file": file_sha256(file)}
        sizes += [_save(building / STYLE, (TEMPLATES / STYLE).read_text(encoding="utf-8"))]
        sizes += [_save(building / MADE_FROM, json.dumps(made_from) + "\n")]
        for path in (building, *building.rglob("*")):
            path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
        replace_folder(folder, building, before_of(folder))
    finally:
        shutil.rmtree(building, ignore_errors=True)
    missing = {language: len(texts.untranslated) for language, texts in languages.items() if texts.untranslated}
    return Site(folder / INDEX, "", pages, sum(sizes), missing)


def _pages(union: Union, languages: dict[str, Texts]) -> Iterator[tuple[str, str]]:
    own_names = {language: texts.own_name for language, texts in languages.items()}
    first = originals(languages)
    number = Count(len(union.cities))
    for language, texts in languages.items():
        shared = {
            "t": texts,
            "city": texts.plain("page.count_cities", count=number),
            "languages": languages,
            "own_names": own_names,
            "robots": Markup(),
            "is_internal": False,
            "edition": None,
            "main_pages": [("index.html", "home")],
            "cities": union.cities,
            "updated": day(max(city.released_on for city in union.cities.values())),
            "count": Count,
            "day": day,
            "name": Name,
            "joined": lambda parts: Joined(tuple(parts)),
            "put": lambda part, texts=texts: part.in_language(texts),
            "notice": NOTICE,
        }
        page: Page | None = None
        try:
            texts.start_page()
            for page in union_pages(union, texts):
                template = environment().get_template(page.template)
                html = template.render(**shared, **page.content, page=page, description=description(page, texts))
                yield f"{language}/{page.path}", html.replace(NOTICE, notice_of(texts))
                texts.start_page()
        except Exception as error:
            raise ScorecardError(f"{language}/{page.path if page else INDEX}", error) from error
    start = environment().get_template("start.html")
    yield (
        INDEX,
        start.render(
            city=first.plain("page.count_cities", count=number), languages=languages, own_names=own_names,
            title=first.plain("page.title"), robots=Markup(), is_internal=False,
        ),
    )  # fmt: skip


def _save(path: Path, text: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(text.encode("utf-8"))

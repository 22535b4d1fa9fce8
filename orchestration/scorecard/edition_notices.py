"""Write corrections and revisions onto the pages of editions, which never change otherwise, and the page of a withdrawn one.

The page of a measure has the office's words, and its figures that are others now, as the edition printed them and as they are.
The first page of a language says how many there are. Both are tables of the current release: `published.corrections` and
`published.as_reported_editions`; see `orchestration.runs.decisions`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from orchestration.scorecard.editions import WITHDRAWN, Edition, editions, rewrite
from orchestration.scorecard.pages.render import environment, rendered_withdrawn
from orchestration.scorecard.release_data.open_release import Record, ReleaseFiles, grouped, open_release, read_texts, records
from orchestration.scorecard.release_data.read_release import read_printed
from orchestration.scorecard.words.change_texts import in_words, revised_figures
from orchestration.scorecard.words.texts import Texts, texts_by_language, with_installed_texts

# where the content of a page of any version begins
_CONTENT = '<main id="content" class="wide">\n'
_BEGIN, _END = "<!-- corrections -->\n", "<!-- end of corrections -->\n"
_NOTICE = re.compile(re.escape(_BEGIN) + ".*?" + re.escape(_END), re.DOTALL)


def mark_corrected(site: Path, public_file: Path) -> None:
    """Bring the notices of all editions of a site up to date. A kill leaves what the next call completes."""
    listed = editions(site)
    if not listed or not public_file.is_file():
        return
    with open_release(ReleaseFiles(public_file)) as con:
        corrections = records(con, "select * from corrections where said_by_office order by corrections.at, edition, what")
        printed = {edition.label: read_printed(con, edition.label) for edition in listed}
        rows = read_texts(con)
    for edition in listed:
        its = [row for row in corrections if row["edition"].casefold() == edition.label.casefold()]
        revised = printed.get(edition.label, {})
        texts = texts_by_language(with_installed_texts(rows, edition.languages), edition.languages) if its or revised else {}
        _mark(site / edition.folder, its, revised, texts)


def leave_notice(site: Path, edition: Edition, public_file: Path, on: dt.date) -> None:
    """Write a page at the address of a withdrawn edition, and of its first page in each language."""
    with open_release(ReleaseFiles(public_file)) as con:
        rows = read_texts(con)
    languages = [language for language in edition.languages if (site / language).is_dir()]
    texts = texts_by_language(with_installed_texts(rows, languages), languages)
    folder = site / edition.folder
    for place, root in [(folder, "../"), *((folder / language, "../../") for language in languages)]:
        place.mkdir(mode=site.stat().st_mode & 0o777)
        page = place / "index.html"
        page.write_text(rendered_withdrawn(edition.label, on, texts, root), encoding="utf-8")
        page.chmod((site / "index.html").stat().st_mode)
    about = folder / WITHDRAWN
    about.write_text(json.dumps({"label": edition.label, "withdrawn_on": on.isoformat()}) + "\n", encoding="utf-8")
    about.chmod((site / "index.html").stat().st_mode)


def _mark(
    folder: Path,
    corrections: Sequence[Record],
    revised: Mapping[str, tuple[int, Sequence[Record]]],
    languages: Mapping[str, Texts],
) -> None:
    """Write the notices of an edition: `revised` has the number of figures per measure, and some of them."""
    template, by_measure = environment().get_template("notice.html"), grouped(corrections, attrgetter("measure_id"))
    figures = sum(number for number, _ in revised.values())
    totals = [("sentence.edition_was_corrected", len(corrections)), ("sentence.edition_was_revised", figures)]
    for language, texts in languages.items():
        notices = {"index.html": template.render(t=texts, totals=totals, said=(), revised=None)}
        for code in dict.fromkeys((*by_measure, *revised)):
            said = [in_words(row, texts) for row in by_measure[code]]
            lines = revised_figures(revised[code][1], texts) if code in revised else []
            notice = template.render(t=texts, totals=(), said=said, revised=revised.get(code), lines=lines)
            notices[f"measures/{code}.html"] = notice
        for page, notice in notices.items():
            if (folder / language / page).is_file():  # the edition may be older than the measure
                _write(folder / language / page, notice)


def _write(page: Path, notice: str) -> None:
    text = page.read_text(encoding="utf-8")
    marked = _NOTICE.sub("", text).replace(_CONTENT, f"{_CONTENT}{_BEGIN}{notice}{_END}", 1)
    if marked != text:
        rewrite(page, marked)

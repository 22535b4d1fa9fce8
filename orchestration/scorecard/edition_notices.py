"""Write corrections and revisions onto the pages of editions, which never change otherwise, and the page of a withdrawn one.

The page of a measure has the office's words, and its figures that are others now, as the edition printed them and as they are.
The first page of a language says how many there are. Both are tables of the current release: `published.corrections` and
`published.as_reported_editions`; see `orchestration.runs.decisions.corrections`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.scorecard.editions import WITHDRAWN, Edition, editions
from orchestration.scorecard.pages.render import rendered_withdrawn
from orchestration.scorecard.release_data.first_reported import first_reported_lines, read_printed
from orchestration.scorecard.release_data.open_release import Record, ReleaseFiles, open_release, records
from orchestration.scorecard.words.change_texts import in_words
from orchestration.scorecard.words.figures import Count
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
        rows = con.execute("select text_id, language, text, review_status from texts").fetchall()
    for edition in listed:
        its = [row for row in corrections if row["edition"].casefold() == edition.label.casefold()]
        revised = printed.get(edition.label, {})
        texts = texts_by_language(with_installed_texts(rows, edition.languages), edition.languages) if its or revised else {}
        _mark(site / edition.folder, edition, (its, revised), texts)


def leave_notice(site: Path, edition: Edition, public_file: Path, on: dt.date) -> None:
    """Write a page at the address of a withdrawn edition, and of its first page in each language."""
    with open_release(ReleaseFiles(public_file)) as con:
        rows = con.execute("select text_id, language, text, review_status from texts").fetchall()
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


_Revised = Mapping[str, tuple[int, tuple[Record, ...]]]


def _mark(
    folder: Path, edition: Edition, since: tuple[Sequence[Mapping[str, Any]], _Revised], languages: Mapping[str, Texts]
) -> None:
    corrections, revised = since
    for language in edition.languages:
        words, notices = languages.get(language), dict[str, str]()
        if words is None:
            continue
        for row in corrections:
            page = f"measures/{row['measure_id']}.html"
            notices[page] = notices.get(page, "") + f'<p class="note">{in_words(row, words)}</p>\n'
        for code, (number, figures) in revised.items():
            page = f"measures/{code}.html"
            notices[page] = notices.get(page, "") + _revisions(number, figures, words)
        link = f'<a href="../../{language}/corrections.html">{words("page.corrections")}</a>'
        if corrections:
            text = words("sentence.edition_was_corrected", number=Count(len(corrections)))
            notices["index.html"] = f'<p class="note">{text} {link}</p>\n'
        if revised:
            text = words("sentence.edition_was_revised", number=Count(sum(number for number, _ in revised.values())))
            notices["index.html"] = notices.get("index.html", "") + f'<p class="note">{text} {link}</p>\n'
        for page, notice in notices.items():
            if (folder / language / page).is_file():  # the edition may be older than the measure
                _write(folder / language / page, notice)


def _revisions(number: int, figures: Sequence[Record], words: Texts) -> str:
    sentence = "sentence.edition_figure_revised"
    lines = "".join(
        f"<li>{words(sentence, period=line.period, group=line.group, before=line.first, now=line.now)}</li>\n"
        for line in first_reported_lines(figures, words)
    )
    text = words("sentence.edition_was_revised", number=Count(number))
    return f'<div class="note"><p>{text}</p>\n' + (f"<ul>\n{lines}</ul>\n" if lines else "") + "</div>\n"


def _write(page: Path, notice: str) -> None:
    text = page.read_text(encoding="utf-8")
    marked = _NOTICE.sub("", text).replace(_CONTENT, f"{_CONTENT}{_BEGIN}{notice}{_END}", 1)
    if marked != text:
        following = page.with_name(f".{page.name}.next")
        following.write_text(marked, encoding="utf-8")
        following.chmod(page.stat().st_mode)
        following.replace(page)

"""Write the texts of a language into a spreadsheet for translators, and read it back.

A sheet that does not fit is refused as a whole, with every row that is wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import fastexcel
import xlsxwriter

from orchestration.settings import ConfigurationError
from orchestration.translations.texts import (
    BETWEEN_REVIEWERS,
    SEEDS,
    STATUSES,
    Text,
    english_texts,
    languages,
    placeholders,
    read_texts,
    write_texts,
)
from warehouse.printable import first_names

HEADER = (
    "text_id", "english", "translation", "review_status", "reviewed_by", "second_reviewer", "reviewed_on",
    "priority", "pages", "for_example",
)  # fmt: skip
WIDTHS = (38, 70, 70, 14, 24, 24, 14, 8, 8, 36)
GLOSSARY = "glossary"  # the second sheet: names that recur in the texts
GLOSSARY_SUBJECTS = ("race_ethnicity", "policy_area", "unit", "status", "reliability", "geography_type")
FIRST = 120  # texts to translate before the others: those on most pages
_STATUSES = {"validate": "list", "source": list(STATUSES)}
_NAMED = 20  # wrong rows that a message names


class Use(NamedTuple):
    """On how many pages of the site a text is, and one of them."""

    pages: int
    for_example: str


def export_sheet(language: str, folder: Path, seeds: Path = SEEDS, uses: Mapping[str, Use] | None = None) -> Path:
    """Write all texts of a language, translated or not, and return the file. `uses`: by text_id; most pages come first."""
    translated, english, used = read_texts(language, seeds), english_texts(seeds, language), uses or {}
    ordered = sorted(english, key=lambda text_id: -used[text_id].pages if text_id in used else 0)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"levelground_texts_{language}.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, glossary = book.add_worksheet(language), book.add_worksheet(GLOSSARY)
        wrapped, fixed = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
        for number, text_id in enumerate(ordered, start=1):
            text, use = translated.get(text_id, Text(text_id, "")), used.get(text_id)
            first, _, second = text.reviewed_by.partition(BETWEEN_REVIEWERS)
            status = text.review_status if text.text else ""
            values = (text_id, english[text_id], text.text, status, first, second, text.reviewed_on)
            context = ("1" if number <= FIRST else "2", str(use.pages), use.for_example) if use else ("3", "", "") if used else ()
            for column, value in enumerate((*values, *context)):
                sheet.write_string(number, column, value)
        names = [text_id for text_id in english if text_id.partition(".")[0] in GLOSSARY_SUBJECTS]
        for number, text_id in enumerate(names, start=1):
            for column, value in enumerate((text_id, english[text_id], translated.get(text_id, Text(text_id, "")).text)):
                glossary.write_string(number, column, value)
        for each, columns in ((sheet, HEADER), (glossary, HEADER[:3])):
            for column, width in enumerate(WIDTHS[: len(columns)]):
                each.set_column(column, column, width, wrapped)
            each.freeze_panes(1, 2)
            each.write_row(0, 0, columns, fixed)
        sheet.data_validation(1, HEADER.index("review_status"), len(english), HEADER.index("review_status"), _STATUSES)
    return path


def import_sheet(path: Path, seeds: Path = SEEDS) -> tuple[str, int]:
    """Replace the texts of the sheet's language; return the language and the number of texts that changed."""
    language, rows = _read(path, seeds)
    english = english_texts(seeds, language)
    wrong = list(_wrong_rows(rows, english))
    if wrong:
        rows_named = first_names(wrong, _NAMED, "; ")
        raise ConfigurationError(f"{path} is not imported: {rows_named}. Correct these rows and import again")
    before = read_texts(language, seeds)
    after = {**before, **{row["text_id"]: _text(row, english[row["text_id"]]) for row in rows if row["translation"]}}
    for row in rows:
        if not row["translation"]:
            after.pop(row["text_id"], None)
    write_texts(language, after, seeds)
    return language, sum(before.get(text_id) != after.get(text_id) for text_id in {*before, *after})


def _read(path: Path, seeds: Path) -> tuple[str, list[dict[str, str]]]:
    try:
        book = fastexcel.read_excel(path)
        language = book.sheet_names[0]
        table = book.load_sheet(0, header_row=None, dtypes="string").to_arrow()
    except (fastexcel.FastExcelError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read as a spreadsheet: {error}") from error
    if language not in (known := languages(seeds)):
        raise ConfigurationError(f"{path}: the first sheet is {language!r}; name it after the language: {', '.join(known)}")
    cells = [[(value or "").strip() for value in row] for row in zip(*table.to_pydict().values(), strict=True)]
    if not cells or tuple(cells[0][: len(HEADER)]) != HEADER:
        raise ConfigurationError(f"{path}: the first row must be {', '.join(HEADER)}; export the sheet again")
    rows = [dict(zip(HEADER, row, strict=False)) for row in cells[1:] if any(row)]
    return language, rows


def _text(row: Mapping[str, str], english: str) -> Text:
    """A text with the outer spaces of the English one (a separator of a list ends in one), which a sheet does not show."""
    before, after = english[: len(english) - len(english.lstrip())], english[len(english.rstrip()) :]
    translation = row["translation"] and f"{before}{row['translation']}{after}"
    reviewers = BETWEEN_REVIEWERS.join(filter(None, (row["reviewed_by"], row["second_reviewer"])))
    return Text(row["text_id"], translation, row["review_status"] or "machine", reviewers, row["reviewed_on"][:10])


def _wrong_rows(rows: list[dict[str, str]], english: Mapping[str, str]) -> Iterator[str]:
    text_ids: set[str] = set()
    for row in rows:
        text_id, text = row["text_id"], row["translation"]
        if text_id not in english:
            yield f"{text_id or 'a row'}: no such text"
        elif text_id in text_ids:
            yield f"{text_id}: occurs twice"
        elif row["english"] != english[text_id].strip():
            yield f"{text_id}: the English text has changed since the export; export the sheet again"
        elif text:
            yield from _wrong_translation(row, english[text_id])
        text_ids.add(text_id)


def _wrong_translation(row: Mapping[str, str], english: str) -> Iterator[str]:
    text_id, text = row["text_id"], row["translation"]
    if (
        placeholders(text) != placeholders(english)
        or text.count("{") != english.count("{")
        or text.count("}") != english.count("}")
    ):
        wanted = ", ".join("{" + name + "}" for name in placeholders(english)) or "no words in braces"
        yield f"{text_id}: must contain {wanted} as in English, each as often"
    if not text.isprintable():
        yield f"{text_id}: contains a line break or a control character"
    status, by, on = row["review_status"] or "machine", row["reviewed_by"], row["reviewed_on"]
    second = row["second_reviewer"]
    if second and second.casefold() == by.casefold():
        yield f"{text_id}: second_reviewer is the first one; another person confirms a review"
    if status not in STATUSES:
        yield f"{text_id}: review_status is {status!r}, not one of {', '.join(STATUSES)}"
    elif (status == "reviewed") != bool(by and on) or (second and not by):
        yield f"{text_id}: reviewed names the reviewer and the day, and nothing else does"
    elif on and not _is_day(on[:10]):
        yield f"{text_id}: reviewed_on is {on!r}, not a day such as 2026-11-30"


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True

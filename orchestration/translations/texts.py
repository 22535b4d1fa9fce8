"""Read and write the texts of a language, seeds of the dbt project, and exchange them as spreadsheets with translators.

English is where a code is defined (`DEFINED`) or in `texts_en`. `dim_text` reads the same seeds in SQL.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import fastexcel
import xlsxwriter

from ingest.layers import ROWS, TEXTS, Layer, rows_of_seed, seed_rows
from orchestration.settings import SHARED_SEEDS, ConfigurationError
from warehouse.files import write_atomically
from warehouse.printable import did_you_mean, first_names

SEEDS = SHARED_SEEDS
ORIGINAL = "en"
STATUSES = ("machine", "reviewed")
COLUMNS = ("text_id", "text", "review_status", "reviewed_by", "reviewed_on")
Text = Mapping[str, str]  # a translated text and its review, by COLUMNS
UNTRANSLATED: Text = dict.fromkeys(COLUMNS, "")
# Subjects of texts whose English is where the code is defined: seed, column of the code, column of the English text.
DEFINED = (
    ("race_ethnicity", "race_ethnicity", "race_ethnicity_code", "label"),
    ("measure", "measure_registry", "measure_id", "name"),
    ("measure_question", "measure_registry", "measure_id", "question"),
    ("department", "departments", "department", "records"),
    ("goal", "goals", "goal_id", "title"),
)
STRATA = ("engagement_theme", "engagement_answer", "declined_reason")
BETWEEN_REVIEWERS = "; "
_TESTS = """\
version: 2

seeds:
  - name: texts_{code}
    description: "{label} texts, by the text_id of the English one. A missing row is shown in English."
    config:
      meta: {{key: [text_id]}}
      column_types: {{text_id: varchar, text: varchar, review_status: varchar, reviewed_by: varchar, reviewed_on: date}}
    data_tests:
      - valid_rows:
          name: texts_{code}__has_valid_rows
          arguments:
            keys: [[text_id]]
            never_empty: [text_id, text]
            words: {{review_status: [none, machine, reviewed]}}
"""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def languages(seeds: Path = SEEDS) -> dict[str, str]:
    """The languages that have a seed of texts, but English, with their names in English."""
    labels = _labels(seeds)
    files = [path for folder in (SEEDS, seeds, seeds / ROWS) for path in folder.glob(f"{TEXTS}*.csv")]
    codes = sorted({path.stem.removeprefix(TEXTS) for path in files} - {ORIGINAL})
    return {code: labels.get(code, code) for code in codes}


def add_language(code: str, seeds: Path = SEEDS) -> Path:
    """Begin the texts of a further language, and return their seed. `ConfigurationError` if it is unknown or begun."""
    known = _labels(seeds)
    if code not in known:
        raise ConfigurationError(
            f"languages.csv has no language {code!r}. {did_you_mean(code, known)}Add its row there (in a city's layer: to "
            f"seeds/{ROWS}/languages.csv), with its own name and direction; known: {', '.join(known)}"
        )
    if code in {ORIGINAL, *languages(seeds)}:
        raise ConfigurationError(f"there are texts in {known[code]} already; `levelground translations export --language {code}`")
    if not seeds.parent.is_dir():
        raise ConfigurationError(f"there is no folder {seeds.parent}; name the seeds of a city's layer: --seeds LAYER/seeds")
    seeds.mkdir(exist_ok=True)
    path = seeds / f"{TEXTS}{code}.csv"
    write_atomically(seeds / f"_{TEXTS}{code}.yml", _TESTS.format(code=code, label=known[code]))
    write_atomically(path, f"{','.join(COLUMNS)}\n")
    return path


def english_texts(seeds: Path = SEEDS, language: str | None = None) -> dict[str, str]:
    """The English text of each text_id, in the order of the seeds. Of a measure with several versions the newest counts.

    Of a city's layer those that it adds; for a `language` that only the layer has, all.
    """
    is_of_layer = language is not None and seeds != SEEDS and not _file(SEEDS, f"{TEXTS}{language}").is_file()
    found: dict[str, str] = english_texts() if is_of_layer else {}
    for subject, seed, code, text in DEFINED:
        found.update((f"{subject}.{row[code]}", row.get(text) or row["name"]) for row in _rows(_file(seeds, seed)))
    found.update(
        (f"{row['stratum_type']}.{row['stratum_code']}", row["label"])
        for row in _rows(_file(seeds, "strata"))
        if row["stratum_type"] in STRATA
    )
    found.update((row["text_id"], row["text"]) for row in _rows(_file(seeds, "texts_en")))
    return found


def texts_of_seeds(layers: Sequence[Layer]) -> Iterator[tuple[str, str, str, str]]:
    """Every text of the seeds as the layers leave them: text_id, language, text and review status, as in `dim_text`."""
    for subject, seed, code, text in DEFINED:
        for row in seed_rows(seed, SEEDS, layers):
            yield f"{subject}.{row[code]}", ORIGINAL, row[text] or row["name"], "none"
    own = {name for layer in layers for name in layer.seeds() if name.startswith(TEXTS)}
    for name in sorted(own | {path.stem for path in SEEDS.glob(f"{TEXTS}*.csv")}):
        for row in seed_rows(name, SEEDS, layers):
            yield row["text_id"], name.removeprefix(TEXTS), row["text"], row["review_status"]


def read_texts(language: str, seeds: Path = SEEDS) -> dict[str, Text]:
    """The translated texts of a language, with their reviews, by text_id."""
    return {row["text_id"]: row for row in _rows(_seed(language, seeds))}


def write_texts(language: str, texts: Mapping[str, Text], seeds: Path = SEEDS) -> None:
    """Replace the seed of a language, in the order of the English texts."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(texts[text_id] for text_id in english_texts(seeds, language) if text_id in texts)
    write_atomically(_seed(language, seeds), written.getvalue())


def placeholders(text: str) -> list[str]:
    """The words in braces, sorted: a translation has the same."""
    return sorted(_PLACEHOLDER.findall(text))


def coverage(language: str, seeds: Path = SEEDS) -> dict[str, int]:
    """Numbers of texts: all, translated, reviewed, and missing."""
    english, translated = english_texts(seeds, language), read_texts(language, seeds)
    present = [translated[text_id] for text_id in english if text_id in translated]
    reviewed = sum(text["review_status"] == "reviewed" for text in present)
    return {"texts": len(english), "translated": len(present), "reviewed": reviewed, "missing": len(english) - len(present)}


def _seed(language: str, seeds: Path) -> Path:
    if language not in (known := languages(seeds)):
        raise ConfigurationError(
            f"there are no translations into {language!r}; choose one of {', '.join(known)}, or begin one: "
            f"`levelground translations add {language}`"
        )
    return _file(seeds, f"{TEXTS}{language}")


def _labels(seeds: Path) -> dict[str, str]:
    """The languages that have a name, by code."""
    return {row["language_code"]: row["label"] for folder in (SEEDS, seeds) for row in _rows(_file(folder, "languages"))}


def _file(seeds: Path, name: str) -> Path:
    """The file of a seed: in a city's layer, the rows that it adds."""
    added = seeds / ROWS / f"{name}.csv"
    return added if added.is_file() else seeds / f"{name}.csv"


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a seed; none if the folder, which may be that of a city's layer, does not have it."""
    return rows_of_seed(path) if path.is_file() else []


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


def export_sheet(language: str, folder: Path, seeds: Path = SEEDS, pages: Mapping[str, Sequence[str]] | None = None) -> Path:
    """Write all texts of a language, translated or not, and return the file. `pages`: by text_id; texts of most come first."""
    translated, english, used = read_texts(language, seeds), english_texts(seeds, language), pages or {}
    ordered = sorted(english, key=lambda text_id: -len(used.get(text_id, ())))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"levelground_texts_{language}.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, glossary = book.add_worksheet(language), book.add_worksheet(GLOSSARY)
        wrapped, fixed = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
        for number, text_id in enumerate(ordered, start=1):
            text, on = translated.get(text_id, UNTRANSLATED), used.get(text_id)
            first, _, second = text["reviewed_by"].partition(BETWEEN_REVIEWERS)
            status = text["review_status"] if text["text"] else ""
            values = (text_id, english[text_id], text["text"], status, first, second, text["reviewed_on"])
            context = ("1" if number <= FIRST else "2", str(len(on)), on[0]) if on else ("3", "", "") if used else ()
            for column, value in enumerate((*values, *context)):
                sheet.write_string(number, column, value)
        names = [text_id for text_id in english if text_id.partition(".")[0] in GLOSSARY_SUBJECTS]
        for number, text_id in enumerate(names, start=1):
            for column, value in enumerate((text_id, english[text_id], translated.get(text_id, UNTRANSLATED)["text"])):
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
    after = before | {row["text_id"]: _text(row, english[row["text_id"]]) for row in rows}
    after = {text_id: text for text_id, text in after.items() if text["text"]}
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
    values = (row["text_id"], translation, row["review_status"] or "machine", reviewers, row["reviewed_on"][:10])
    return dict(zip(COLUMNS, values, strict=True))


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

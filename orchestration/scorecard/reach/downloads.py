"""Write figures as CSV, XLSX and JSON, per measure, so that share-alike data are in files of their own.

A language with a `locale` has CSV and XLSX of its own, in a folder of its code, with its headings and words. The CSV has the
decimal sign of the language without a territory, as spreadsheets expect it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from orchestration.scorecard.release_data.open_release import ReleaseFiles, council_district_type, open_release
from orchestration.scorecard.words.texts import Period, Texts
from warehouse.sql import queries

Rows = Sequence[Sequence[Any]]
# Places that the site shows or links to; smaller ones are in the exports of the release.
PLACES = ("city", "county", "state", "school_district", "police_district")  # and the districts that elect the council
COLUMNS = (
    "measure_id", "measure_version", "measure", "period_type", "period_start", "period_end", "period", "geography_type", "geoid",
    "place", "race_ethnicity_code", "group_name", "basis_text", "numerator", "denominator", "value", "unit", "ci_low", "ci_high",
    "bound_low", "bound_high", "known_race_pct", "publication_status", "status_text", "compared_with_city_text", "rate_ratio",
    "rate_ratio_ci_low", "rate_ratio_ci_high", "compared_with", "data_as_of", "numerator_low", "numerator_high", "gap", "gap_low",
    "gap_high", "gap_kind", "compared_with_reference", "compared_reason", "stratum_code",
)  # fmt: skip
DICTIONARY = "dictionary.csv"
# The columns of files in a language, each with the text of its heading; a code keeps its name, by which both files join.
HEADINGS = {
    "measure_id": "", "measure": "page.measure", "period_start": "column.period_start", "period_end": "column.period_end",
    "period": "page.period", "geography_type": "column.geography_type", "geoid": "", "place": "page.place",
    "race_ethnicity_code": "", "group_name": "page.group", "basis_text": "page.whose_race", "numerator": "page.counted",
    "numerator_low": "column.numerator_low", "numerator_high": "column.numerator_high", "denominator": "page.out_of",
    "value": "column.value", "unit": "page.unit", "ci_low": "column.ci_low", "ci_high": "column.ci_high",
    "bound_low": "column.bound_low", "bound_high": "column.bound_high", "known_race_pct": "column.known_race_pct",
    "status_text": "column.status_text", "caution": "page.use_with_care", "compared_with_city_text": "page.compared_with_city",
    "rate_ratio": "page.as_ratio", "rate_ratio_ci_low": "column.rate_ratio_ci_low",
    "rate_ratio_ci_high": "column.rate_ratio_ci_high", "gap": "page.gap", "gap_low": "column.gap_low",
    "gap_high": "column.gap_high", "compared_with": "page.group_compared_with", "stratum_code": "",
    "data_as_of": "page.newest_data", "is_hidden_in_public": "page.hidden_in_public", "source": "page.source",
    "attribution": "column.attribution", "licence": "page.licence", "release_id": "page.release",
}  # fmt: skip
# Columns whose cells are texts: the subjects of these; those of codes.
_WORDS = {
    "measure": ("measure",), "group_name": ("race_ethnicity", "reference_group"), "basis_text": ("basis", "whose_race"),
    "status_text": ("status",), "compared_with_city_text": ("city_comparison",),
    "compared_with": ("reference_group", "race_ethnicity"),
}  # fmt: skip
_CODES = ("unit", "geography_type", "caution")
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"))


def write_downloads(
    files: ReleaseFiles, folder: Path, measures: Sequence[str], named: Sequence[str] = (), languages: Iterable[Texts] = ()
) -> None:
    """Write three files for each measure, and `dictionary.csv`. `named`: kinds of places with pages.

    `languages`: those with files of their own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = COLUMNS if files.analyst is None else (*COLUMNS, "is_hidden_in_public")
    with open_release(files) as con:
        places = [*PLACES, council_district_type(con)]
        found = con.execute(_SQL.figures(columns), {"measures": list(measures), "places": places, "named": list(named)})
        header = [column[0] for column in found.description or ()]
        by_measure: dict[str, list[tuple[Any, ...]]] = {code: [] for code in measures}
        for row in found.fetchall():
            by_measure[row[0]].append(row)
        [(created,)] = con.execute("select created_at from release").fetchall()
        _write(folder / DICTIONARY, ("column", "description"), con.execute(_SQL.dictionary(header)).fetchall())
    for code, rows in by_measure.items():
        _write(folder / f"{code}.csv", header, rows)
        table = json.dumps({"columns": header, "rows": rows}, default=str, ensure_ascii=False)
        (folder / f"{code}.json").write_text(table + "\n", encoding="utf-8")
        _write_workbook(folder / f"{code}.xlsx", header, rows, created)
    for texts in languages if measures else ():
        own = folder / texts.files
        own.mkdir(parents=True, exist_ok=True)
        for code, rows in by_measure.items():
            headings, translated = _in_language(header, rows, texts)
            _write(own / f"{code}.csv", headings, translated, texts)
            _write_workbook(own / f"{code}.xlsx", headings, translated, created)


def _in_language(header: Sequence[str], rows: Rows, texts: Texts) -> tuple[list[str], Rows]:
    """The columns of `HEADINGS` that the file has, with the words of a language."""
    kept = [name for name in HEADINGS if name in header]
    ids = {
        name: {texts.originals[text_id]: text_id for text_id in texts.originals if text_id.partition(".")[0] in subjects}
        for name, subjects in _WORDS.items()
    }
    for name in _CODES:
        ids[name] = {text_id.partition(".")[2]: text_id for text_id in texts.originals if text_id.startswith(f"{name}.")}
    words = {name: {text: texts.plain(text_id) for text, text_id in known.items()} for name, known in ids.items()}
    found = []
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        period = Period(str(cells["period_type"]), cells["period_start"], cells["period_end"])
        cells["period"] = period(texts).striptags()
        found.append([words[name].get(cells[name], cells[name]) if name in words else cells[name] for name in kept])
    return [texts.plain(HEADINGS[name]) if HEADINGS[name] else name for name in kept], found


def _write_workbook(path: Path, header: Sequence[str], rows: Rows, created: dt.datetime) -> None:
    """Write a workbook with one sheet; `created` is the time of the release, so that equal figures give equal bytes."""
    import xlsxwriter  # noqa: PLC0415 - most commands write no workbook

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": created})
        sheet = book.add_worksheet("figures")
        for number, row in enumerate([header, *rows]):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(1, 0)


def _write(path: Path, header: Sequence[str], rows: Rows, texts: Texts | None = None) -> None:
    """Write a CSV. One in a language has its decimal sign, and begins with the mark by which Excel knows UTF-8."""
    text, decimal = io.StringIO(), "."
    if texts:
        from babel import Locale  # noqa: PLC0415 - most commands write no file
        from babel.numbers import get_decimal_symbol  # noqa: PLC0415

        decimal = get_decimal_symbol(Locale.parse(texts.locale).language)
        rows = [[repr(cell).replace(".", decimal) if isinstance(cell, float) else cell for cell in row] for row in rows]
    writer = csv.writer(text, lineterminator="\n", delimiter=";" if decimal == "," else ",")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig" if texts else "utf-8"))

"""Write figures as CSV, XLSX and JSON, per measure, so that share-alike data are in files of their own."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Sequence
from pathlib import Path

from orchestration.scorecard.release_data.open_release import FILE, ReleaseFiles, council_district_type, open_release

# Places that the site shows or links to; smaller ones are in the exports of the release.
PLACES = ("city", "county", "state", "school_district", "police_district")  # and the districts that elect the council
COLUMNS = (
    "measure_id", "measure_version", "measure", "period_type", "period_start", "period_end", "period", "geography_type",
    "geoid", "place", "race_ethnicity_code", "group_name", "basis_text", "numerator", "denominator", "value", "unit",
    "ci_low", "ci_high", "bound_low", "bound_high", "known_race_pct", "publication_status", "status_text",
    "compared_with_city_text", "rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high", "compared_with", "data_as_of",
)  # fmt: skip
DICTIONARY = "dictionary.csv"


def write_downloads(files: ReleaseFiles, folder: Path, measures: Sequence[str], named: Sequence[str] = ()) -> list[int]:
    """Write three files for each measure, and `dictionary.csv`; return their sizes. `named`: kinds of places with pages."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = COLUMNS if files.analyst is None else (*COLUMNS, "is_hidden_in_public")
    with open_release(files) as con:
        rows = con.execute(
            f"select {', '.join(f'figures.{column}' for column in columns)}, sources.title, "
            "measures.licence_attribution, measures.licence_id, "
            "(select release_id from release) "
            "from scorecard as figures inner join measures "
            "on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version "
            "left join sources on measures.source = sources.source "
            "where list_contains(?, figures.measure_id) and not figures.is_stand_in "
            "and (list_contains(?, figures.geography_type) or (list_contains(?, figures.geography_type) and figures.is_latest)) "
            "order by figures.measure_id, figures.geography_type, try_cast(figures.geoid as integer), figures.geoid, "
            "figures.period_type, figures.period_start, figures.group_order",
            [list(measures), [*PLACES, council_district_type(con)], list(named)],
        ).fetchall()
        [(created,)] = con.execute("select created_at from release").fetchall()
        described = con.execute(
            "select column_name, comment from duckdb_columns() where database_name = ? and table_name = 'scorecard'",
            [FILE],
        ).fetchall()
    by_measure: dict[str, list[tuple[object, ...]]] = {code: [] for code in measures}
    for row in rows:
        by_measure[row[0]].append(row)
    header = (*columns, "source", "attribution", "licence", "release_id")
    sizes = [_write(folder / f"{code}.csv", header, found) for code, found in by_measure.items()]
    for code, found in by_measure.items():
        table = {"columns": header, "rows": found}
        (folder / f"{code}.json").write_text(json.dumps(table, default=str, ensure_ascii=False) + "\n", encoding="utf-8")
        _write_workbook(folder / f"{code}.xlsx", header, found, created)
        sizes += [(folder / f"{code}.{ending}").stat().st_size for ending in ("json", "xlsx")]
    comments = dict(described) | {
        "source": "The source of the figures",
        "attribution": "What the licence asks to be named",
        "licence": "The licence of the figures: not_stated where its publisher states none, empty for records of the city",
        "release_id": "The release",
        "is_hidden_in_public": "Whether the public file hides a figure of the row",
    }
    return [*sizes, _write(folder / DICTIONARY, ("column", "description"), [(name, comments.get(name) or "") for name in header])]


def _write_workbook(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]], created: dt.datetime) -> None:
    """Write a workbook with one sheet; `created` is the time of the release, so that equal figures give equal bytes."""
    import xlsxwriter  # noqa: PLC0415 - most commands write no workbook

    options = {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": created})
        sheet = book.add_worksheet("figures")
        for number, row in enumerate([header, *rows]):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(1, 0)


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode("utf-8")
    path.write_bytes(content)
    return len(content)

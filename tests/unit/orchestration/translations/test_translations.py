"""Spreadsheets for translators: what is exported is imported unchanged, and a sheet that does not fit changes nothing."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.layers import CITIES, Layer
from orchestration.cli.sites.translations import add_texts, export_texts, import_texts
from orchestration.settings import ConfigurationError
from orchestration.translations.texts import (
    GLOSSARY,
    HEADER,
    SEEDS,
    coverage,
    english_texts,
    export_sheet,
    import_sheet,
    languages,
    placeholders,
    read_texts,
    texts_of_seeds,
)

A_SENTENCE = "sentence.goal_target"  # with two words in braces
A_LABEL = "status.hidden"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A copy of the seeds that hold texts."""
    folder = tmp_path / "seeds"
    folder.mkdir()
    for name in (
        "race_ethnicity",
        "measure_registry",
        "departments",
        "goals",
        "strata",
        "languages",
        "texts_en",
        "texts_es",
        "texts_hmn",
    ):
        shutil.copy(SEEDS / f"{name}.csv", folder)
    return folder


def _edited(path: Path, of: str, **cells: Any) -> Path:
    """Change cells of the row of a text, as a translator does."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    (row,) = (row[0].row for row in sheet.iter_rows(min_row=2) if row[0].value == of)
    for name, value in cells.items():
        sheet.cell(row, columns[name]).value = value
    book.save(path)
    return path


@pytest.mark.parametrize("language", ["es", "hmn"])
def test_an_exported_sheet_is_imported_unchanged(language: str, seeds: Path, tmp_path: Path) -> None:
    file = seeds / f"texts_{language}.csv"
    before = file.read_bytes()
    assert import_sheet(export_sheet(language, tmp_path, seeds), seeds) == (language, 0)
    assert file.read_bytes() == before


def test_a_review_is_imported_with_name_and_day(seeds: Path, tmp_path: Path) -> None:
    sheet = export_sheet("es", tmp_path, seeds)
    cells = {"translation": "Oculta", "review_status": "reviewed", "reviewed_by": "A. Vega", "reviewed_on": dt.date(2026, 11, 30)}
    assert import_sheet(_edited(sheet, A_LABEL, **cells), seeds) == ("es", 1)
    text = read_texts("es", seeds)[A_LABEL]
    assert [*text.values()] == [A_LABEL, "Oculta", "reviewed", "A. Vega", "2026-11-30"]
    assert coverage("es", seeds)["reviewed"] == 1


def test_an_emptied_cell_is_an_untranslated_text(seeds: Path, tmp_path: Path) -> None:
    import_sheet(_edited(export_sheet("hmn", tmp_path, seeds), A_LABEL, translation=None), seeds)
    assert A_LABEL not in read_texts("hmn", seeds)
    assert coverage("hmn", seeds)["missing"] == 1


@pytest.mark.parametrize(
    ("text_id", "cells", "message"),
    [
        (A_SENTENCE, {"translation": "El objetivo es {figure}."}, "must contain {date}, {figure}"),
        (A_SENTENCE, {"translation": "{figure} {figure} {date}"}, "must contain"),
        (A_SENTENCE, {"translation": "{figure} {date"}, "must contain"),
        (A_LABEL, {"translation": "{place}"}, "no words in braces"),
        (A_LABEL, {"english": "Hidden"}, "has changed since the export"),
        (A_LABEL, {"review_status": "reviewed"}, "names the reviewer and the day"),
        (A_LABEL, {"reviewed_by": "A. Vega", "reviewed_on": "2026-11-30"}, "names the reviewer and the day"),
        (A_LABEL, {"review_status": "checked"}, "not one of machine, reviewed"),
        (A_LABEL, {"review_status": "reviewed", "reviewed_by": "A", "reviewed_on": "30.11.2026"}, "not a day"),
        (
            A_LABEL,
            {"review_status": "reviewed", "reviewed_by": "A. Vega", "second_reviewer": "a. vega", "reviewed_on": "2026-11-30"},
            "second_reviewer is the first one",
        ),
        (A_LABEL, {"second_reviewer": "B. Ruiz"}, "names the reviewer and the day"),
        (A_LABEL, {"text_id": "status.unknown"}, "no such text"),
        (A_LABEL, {"text_id": "status.shown"}, "occurs twice"),
    ],
)
def test_a_sheet_that_does_not_fit_changes_nothing(
    text_id: str, cells: dict[str, Any], message: str, seeds: Path, tmp_path: Path
) -> None:
    before = (seeds / "texts_es.csv").read_bytes()
    sheet = _edited(export_sheet("es", tmp_path, seeds), text_id, **cells)
    with pytest.raises(ConfigurationError) as refused:
        import_sheet(sheet, seeds)
    assert message in str(refused.value)
    assert (seeds / "texts_es.csv").read_bytes() == before


def test_other_files_are_refused_by_name(seeds: Path, tmp_path: Path) -> None:
    text = tmp_path / "es.xlsx"
    text.write_text("text_id,english")
    with pytest.raises(ConfigurationError, match="cannot be read as a spreadsheet"):
        import_sheet(text, seeds)
    with pytest.raises(ConfigurationError, match="no translations into 'fr'"):
        export_sheet("fr", tmp_path, seeds)


def test_a_formula_stays_text(seeds: Path, tmp_path: Path) -> None:
    sheet = _edited(export_sheet("es", tmp_path, seeds), A_LABEL, translation="'=1+1")
    import_sheet(sheet, seeds)
    reopened = openpyxl.load_workbook(export_sheet("es", tmp_path, seeds))
    assert all(cell.data_type != "f" for row in reopened.worksheets[0].iter_rows() for cell in row)


def test_the_commands_report_coverage(seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export_texts(None, tmp_path, seeds)
    import_texts([tmp_path / "levelground_texts_es.xlsx"], seeds)
    printed = capsys.readouterr().out
    assert "Spanish" in printed and "Hmong" in printed and "0 texts changed" in printed
    assert str(len(english_texts(seeds))) in printed.replace(",", "")


def test_placeholders_are_words_in_braces() -> None:
    assert placeholders("{b} and {a} and {a}") == ["a", "a", "b"]


def test_a_further_language_is_one_command_and_a_sheet_to_fill(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_texts("so", tmp_path, seeds)
    printed = capsys.readouterr().out
    assert "levelground translations import" in printed and "Somali" in printed
    assert languages(seeds) == {"es": "Spanish", "hmn": "Hmong", "so": "Somali"}
    assert coverage("so", seeds)["translated"] == 0

    sheet = _edited(tmp_path / "levelground_texts_so.xlsx", A_LABEL, translation="Qarsoon")
    assert import_sheet(sheet, seeds) == ("so", 1)
    assert read_texts("so", seeds)[A_LABEL]["text"] == "Qarsoon"
    with pytest.raises(ConfigurationError, match="there are texts in Somali already"):
        add_texts("so", tmp_path, seeds)


def test_a_language_of_a_city_s_layer_has_the_shared_texts_and_its_own(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "texts_en.csv").write_text("text_id,text,review_status,reviewed_by,reviewed_on\npage.port,Port,none,,\n")
    add_texts("so", tmp_path / "sheets", tmp_path)
    assert (tmp_path / "texts_so.csv").read_text() == "text_id,text,review_status,reviewed_by,reviewed_on\n"
    assert {"page.port", A_LABEL} <= set(english_texts(tmp_path, "so"))
    assert A_LABEL not in english_texts(tmp_path, "es")  # of the languages that are shared, a layer has what it adds


def test_a_department_has_a_name_where_a_layer_gives_it_one() -> None:
    """A city that was started by its name has none of Milwaukee's agencies."""
    agencies = ("Commission", "Neighborhood Services", "Call Center", "Relations", "Examiner,")
    shared = {text_id: text for text_id, language, text, _ in texts_of_seeds(()) if language == "en"}
    assert shared["department.fpc"] == english_texts()["department.fpc"] == "Oversight of the police"
    assert shared["department.census"] == english_texts()["department.census"] == "U.S. Census Bureau"
    assert not [
        text for text_id, text in shared.items() if text_id.startswith("department.") and any(a in text for a in agencies)
    ]
    for name in ("sampleton", "milwaukee"):
        named = {text_id: text for text_id, language, text, _ in texts_of_seeds([Layer(name, CITIES / name)]) if language == "en"}
        assert named["department.fpc"] == "Fire and Police Commission"


def test_a_language_that_nobody_declared_is_refused(seeds: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no language 'xx'.*rows/languages.csv"):
        add_texts("xx", tmp_path, seeds)
    with pytest.raises(ConfigurationError, match="there is no folder"):
        add_texts("so", tmp_path, tmp_path / "nowhere" / "seeds")


def test_texts_on_most_pages_come_first_and_names_are_a_glossary(seeds: Path, tmp_path: Path) -> None:
    pages = {A_SENTENCE: ["goals.html"] * 3, A_LABEL: ["index.html"] * 40}
    book = openpyxl.load_workbook(export_sheet("es", tmp_path, seeds, pages))
    first, second, third = (dict(zip(HEADER, row, strict=True)) for row in book["es"].iter_rows(2, 4, values_only=True))
    assert [(row["text_id"], row["priority"], row["pages"]) for row in (first, second)] == [
        (A_LABEL, "1", "40"), (A_SENTENCE, "1", "3"),
    ]  # fmt: skip
    assert (first["for_example"], third["priority"]) == ("index.html", "3")
    assert ("race_ethnicity.black", "Black or African American", "Negra o afroamericana") in set(
        book[GLOSSARY].iter_rows(values_only=True)
    )


def test_a_second_reviewer_is_kept(seeds: Path, tmp_path: Path) -> None:
    cells = {"review_status": "reviewed", "reviewed_by": "A. Vega", "second_reviewer": "B. Ruiz", "reviewed_on": "2026-11-30"}
    import_sheet(_edited(export_sheet("es", tmp_path, seeds), A_LABEL, **cells), seeds)
    assert read_texts("es", seeds)[A_LABEL]["reviewed_by"] == "A. Vega; B. Ruiz"
    assert import_sheet(export_sheet("es", tmp_path, seeds), seeds) == ("es", 0)

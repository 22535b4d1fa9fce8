"""The template of a contract: lists, formats, protection, the question about race, texts, the CSV file and the paper form."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest

from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.contract.template_fields import template_fields, why_no_template
from ingest.readers.formats.template import DATA_SHEET, HEADER_ROW, HIDDEN_SHEET
from orchestration.settings import ConfigurationError
from orchestration.stewardship.template import write_template
from orchestration.stewardship.template.guide import LANGUAGES, guide, rows, steps, template_texts
from orchestration.stewardship.template.write import LISTS
from orchestration.translations.texts import placeholders
from tests.support.filled_template import empty_template
from tests.support.visits import visits_contract

REGISTRY = load_registry()
PARTICIPATION = REGISTRY["oei__engagement_participation"]
BOXES = [
    "American Indian or Alaska Native", "Asian", "Black or African American", "Hispanic or Latino",
    "Middle Eastern or North African", "Native Hawaiian or Pacific Islander", "White",
]  # fmt: skip
COLUMNS: list[dict[str, Any]] = [
    {"name": "visit_on", "from": "On", "type": "date", "required": True, "min": "2024-01-01"},
    {"name": "visitors", "from": "N", "type": "integer", "min": 1, "max": 9},
    {"name": "kind", "from": "Kind", "values": ["walk-in", "call"], "null_tokens": {"?": "respondent_unknown"}},
    {"name": "card", "from": "Card", "privacy": "direct_identifier", "keep": "hash"},
    {"name": "person", "from": "Person", "privacy": "direct_identifier"},
    {"name": "race", "from": "Race", "role": "race", "vocabulary": "open_survey", "delimiter": "|", "privacy": "sensitive"},
]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return visits_contract(columns=COLUMNS)


@pytest.fixture(scope="module")
def book(contract: Contract) -> Any:
    return openpyxl.load_workbook(io.BytesIO(empty_template(contract)))


def names(sheet: Any) -> list[Any]:
    return [cell.value for cell in sheet[HEADER_ROW + 1]]


def test_the_question_about_race_offers_the_seven_categories_of_spd_15() -> None:
    book = openpyxl.load_workbook(io.BytesIO(empty_template(PARTICIPATION)))
    sheet = book[DATA_SHEET]
    first = names(sheet).index(BOXES[0])
    assert names(sheet)[first : first + 8] == [*BOXES, "No answer"]
    assert sheet.cell(1, first + 1).value == "What is your race and/or ethnicity? Select all that apply."
    assert any(one.min_row == 1 and (one.min_col, one.max_col) == (first + 1, first + 8) for one in sheet.merged_cells.ranges)


def test_a_contract_that_offers_less_still_asks_for_all_seven() -> None:
    race = COLUMNS[-1] | {"vocabulary": "spd15_2024", "offered": ["Asian", "Hmong"]}
    fields = template_fields(visits_contract(columns=[*COLUMNS[:-1], race]))
    assert [field.label for field in fields if field.label] == [*BOXES, "Hmong"]


def test_columns_and_lists(book: Any) -> None:
    sheet = book[DATA_SHEET]
    assert names(sheet) == ["On", "N", "Kind", "Card", *BOXES, "Another group", "No answer"]  # Person would be dropped
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert {cell: rule.type for cell, rule in rules.items() if rule.type != "list"} == {"A4": "date", "B4": "whole"}
    assert (rules["B4"].formula1, rules["B4"].formula2, rules["B4"].errorStyle) == ("1.0", "9.0", None)  # None: stop
    lists = {column[0].value: [cell.value for cell in column if cell.value] for column in book[LISTS].columns}
    assert lists["walk-in"] == ["walk-in", "call", "?"] and rules["C4"].formula1 == "_lists!$A$1:$A$3"
    assert lists["Prefer not to answer"] == ["Prefer not to answer", "Don't know"]


def test_headers_are_protected_and_cells_below_are_not(book: Any) -> None:
    sheet = book[DATA_SHEET]
    assert sheet.protection.sheet and all(sheet.cell(HEADER_ROW + 1, at).protection.locked for at in range(1, 14))
    for at, number_format in ((1, "mm/dd/yyyy"), (2, "0"), (3, "@")):
        cells = sheet.column_dimensions[openpyxl.utils.get_column_letter(at)]
        assert not cells.protection.locked and cells.number_format == number_format
    assert [book[name].sheet_state for name in (LISTS, HIDDEN_SHEET)] == ["veryHidden", "veryHidden"]


def test_instructions_are_in_both_languages_and_name_what_is_private(book: Any) -> None:
    assert book.sheetnames[:3] == ["Instructions", "Instrucciones", DATA_SHEET]
    for sheet, hashed, private in (("Instructions", "keyed code", "Private"), ("Instrucciones", "código con clave", "Privado")):
        table = {row[0]: row for row in book[sheet].iter_rows(values_only=True) if row[0]}
        assert hashed in table["Card"][3] and table["Asian"][3] == private
        assert any("Person" in name for name in table) and "On" in table
    assert "no speaker" not in str(list(book["Instructions"].values)) and "ningún hablante" in str(
        list(book["Instrucciones"].values)
    )


def test_the_same_contract_gives_the_same_bytes(contract: Contract) -> None:
    assert empty_template(contract) == empty_template(contract)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_every_contract_has_a_guide(language: str) -> None:
    texts = template_texts(language)
    asked = [one for one in REGISTRY if why_no_template(one) is None]
    assert len(asked) > 30
    for one in asked:
        fields = template_fields(one)
        headings = [field.heading for field in fields]
        assert len(set(headings)) == len(headings), one.source
        assert all(guide(field, one.column(field.column), texts) for field in fields), one.source


def test_languages_have_the_same_texts() -> None:
    english, *others = ({row["text_id"]: row for row in rows(language)} for language in LANGUAGES)
    for other in others:
        assert list(other) == list(english)
        for text_id, row in other.items():
            assert placeholders(row["text"]) == placeholders(english[text_id]["text"]), text_id
            assert row["review_status"] in ("machine", "reviewed")
            assert (row["review_status"] == "reviewed") == bool(row["reviewed_by"] and row["reviewed_on"]), text_id


def test_the_csv_file_is_what_the_contract_reads(tmp_path: Path) -> None:
    contract = visits_contract(columns=COLUMNS, format={"kind": "csv", "delimiter": ";", "encoding": "utf-16"})
    path = write_template(contract, "csv", tmp_path / "new")
    assert path.read_bytes().decode("utf-16") == "On;N;Kind;Card;Race\r\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_form_asks_the_question_with_every_answer(language: str, tmp_path: Path) -> None:
    path = write_template(PARTICIPATION, "pdf", tmp_path / "form.pdf", language)
    document = pypdf.PdfReader(path)
    text = " ".join(" ".join(page.extract_text() for page in document.pages).split())
    texts = template_texts(language)
    assert texts("race_question") in text and all(texts.answer(box) in text for box in BOXES)
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"] and document.trailer["/Root"]["/Lang"] == language


def test_the_paper_form_has_boxes_for_a_list(tmp_path: Path) -> None:
    path = write_template(REGISTRY["fpc__police_stops"], "pdf", tmp_path)
    text = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(path).pages).split())
    assert "Mark one box" in text and "from the list" not in text and "□ East African" in text


@pytest.mark.parametrize(
    ("source", "form", "language", "message"),
    [
        ("city__limits", "xlsx", "en", "it is a map"),
        ("census__acs_county", "xlsx", "en", "format.unpivot"),
        ("dns__evictions", "xlsx", "en", "several tables"),
        ("dpw__lead_service_lines", "xlsx", "en", "footer of a report"),
        ("doa__arpa_projects", "csv", "en", "reads excel, not CSV"),
        ("mpd__dispatched_calls", "csv", "en", "CSV without one line of names"),
        ("der__employees", "docx", "en", "no templates as docx; choose one of xlsx, csv, pdf"),
        ("der__employees", "pdf", "hmn", "no templates in 'hmn'"),
    ],
)
def test_what_cannot_be_written_is_refused(source: str, form: str, language: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=message):
        write_template(REGISTRY[source], form, tmp_path, language)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("source", "needs_name"), [("assessor__property_sales", True), ("der__employees", True), (PARTICIPATION.source, False)]
)
def test_instructions_ask_for_the_name_of_the_file_where_levelground_reads_it(source: str, needs_name: bool) -> None:
    contract, texts = REGISTRY[source], template_texts("en")
    assert (texts("step_name") in steps(contract, template_fields(contract), DATA_SHEET, texts)) == needs_name

"""Write a template as a workbook, a CSV file or a paper form, for departments that have no system to export from."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from ingest.contract import Column, Contract
from ingest.contract.template_fields import TemplateField, asked_columns, template_fields, version, why_no_template
from ingest.readers.formats.template import DATA_SHEET, HEADER_ROW, HIDDEN_SHEET
from orchestration.settings import ConfigurationError
from orchestration.stewardship.template.guide import (
    LANGUAGES,
    TemplateTexts,
    guide,
    is_private,
    notices,
    privacy,
    question,
    questions,
    steps,
    template_texts,
)

LISTS = "_lists"
LAST_ROW = 1_048_575
FIRST_ROW = HEADER_ROW + 1
DATE, TIME = "mm/dd/yyyy", "mm/dd/yyyy hh:mm"
_NUMBER_FORMATS = {"text": "@", "choice": "@", "box": "@", "integer": "0", "date": DATE, "timestamp": TIME}
# Excel counts days from 1900.
_FIRST_DAY, _LAST_DAY = dt.date(1900, 1, 1), dt.date(9999, 12, 31)
_LARGEST = 10**15
_ALLOWED = ("sort", "autofilter", "format_columns", "format_rows", "insert_rows", "delete_rows")
_HEADER = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
_TITLE_LIMIT, _MESSAGE_LIMIT = 32, 255


def write_workbook(contract: Contract, path: Path, language: str) -> None:
    """Write the template; `language` is that of the guide above the columns."""
    fields = template_fields(contract)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(
            {"title": contract.title, "created": dt.datetime(2024, 3, 28, tzinfo=dt.UTC)}
        )  # equal bytes each time
        for one in LANGUAGES:
            _write_instructions(book, contract, fields, template_texts(one))
        _write_data(book, contract, fields, template_texts(language))
        _write_hidden(book, contract, fields)


def _write_instructions(book: Any, contract: Contract, fields: Sequence[TemplateField], texts: TemplateTexts) -> None:
    sheet = book.add_worksheet(texts("instructions"))
    wrapped, head = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({**_HEADER, "bg_color": "#DDE6EF"})
    title = book.add_format({"bold": True, "font_size": 14})
    for at, width in enumerate((30, 62, 12, 34)):
        sheet.set_column(at, at, width, wrapped)
    sheet.write_string(0, 0, texts("title", title=contract.title), title)
    row = 1
    if texts.notice():
        sheet.write_string(row, 0, texts.notice(), book.add_format({"italic": True}))
        row += 1
    for number, step in enumerate(steps(contract, fields, DATA_SHEET, texts), start=1):
        sheet.merge_range(row, 0, row, 3, "", wrapped)
        sheet.write_string(row, 0, f"{number}. {step}", wrapped)
        sheet.set_row(row, 15 * (1 + len(step) // 140))
        row += 1
    row += 1
    for at, name in enumerate(("column", "what_to_write", "must", "privacy")):
        sheet.write_string(row, at, texts(name), head)
    for number, field in enumerate(fields, start=row + 1):
        column = contract.column(field.column)
        cells = (field.heading, guide(field, column, texts), texts("yes") if field.required else "", privacy(column, texts))
        for at, cell in enumerate(cells):
            sheet.write_string(number, at, cell, wrapped)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.protect()


def _write_data(book: Any, contract: Contract, fields: Sequence[TemplateField], texts: TemplateTexts) -> None:
    sheet = book.add_worksheet(DATA_SHEET)
    small = book.add_format({"text_wrap": True, "valign": "top", "font_size": 9, "font_color": "#444444"})
    asked = book.add_format({"bold": True, "valign": "top", "bg_color": "#FFF2CC", "border": 1, "text_wrap": True})
    needed = book.add_format({**_HEADER, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
    optional = book.add_format({**_HEADER, "bg_color": "#DDE6EF"})
    missing = book.add_format({"bg_color": "#F8CBAD"})
    formats: dict[str, Any] = {}
    sheet.write_string(0, 0, contract.title, book.add_format({"bold": True}))
    for first, last in questions(fields):
        if first < last:
            sheet.merge_range(0, first, 0, last, "", asked)
        sheet.write_string(0, first, question(contract, texts), asked)
    last_letter = xlsxwriter.utility.xl_col_to_name(len(fields) - 1)
    list_at = 0
    for at, field in enumerate(fields):
        column = contract.column(field.column)
        number_format = "#,##0.00" if column.currency else _NUMBER_FORMATS.get(field.kind, "General")
        if number_format not in formats:
            formats[number_format] = book.add_format({"num_format": number_format, "locked": False})
        sheet.set_column(at, at, _width(field), formats[number_format])
        note = f" {privacy(column, texts)}." if is_private(column) else ""
        sheet.write_string(1, at, guide(field, column, texts) + note, small)
        sheet.write_string(HEADER_ROW, at, field.heading, needed if field.required else optional)
        rule = _validation(field, column, list_at)
        list_at += bool(field.choices)
        if rule:
            message = texts("refused_choice") if field.choices else guide(field, column, texts)
            rule |= {"error_title": texts("refused")[:_TITLE_LIMIT], "error_message": message[:_MESSAGE_LIMIT]}
            sheet.data_validation(FIRST_ROW, at, LAST_ROW, at, rule)
        if field.required:
            letter, row = xlsxwriter.utility.xl_col_to_name(at), FIRST_ROW + 1
            criteria = f"=AND(COUNTA($A{row}:${last_letter}{row})>0,ISBLANK(${letter}{row}))"
            sheet.conditional_format(FIRST_ROW, at, LAST_ROW, at, {"type": "formula", "criteria": criteria, "format": missing})
    sheet.set_row(0, 32)
    sheet.set_row(1, 96)
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, HEADER_ROW)
    sheet.protect("", dict.fromkeys(_ALLOWED, True))


def _write_hidden(book: Any, contract: Contract, fields: Sequence[TemplateField]) -> None:
    lists = book.add_worksheet(LISTS)
    for at, field in enumerate(field for field in fields if field.choices):
        for row, choice in enumerate(field.choices):
            lists.write_string(row, at, choice)
    hidden = book.add_worksheet(HIDDEN_SHEET)
    described = [("source", contract.source), ("version", version(fields)), *(("field", field.as_json()) for field in fields)]
    for row, pair in enumerate(described):
        for at, text in enumerate(pair):
            hidden.write_string(row, at, text)
    lists.very_hidden()
    hidden.very_hidden()


def _validation(field: TemplateField, column: Column, list_at: int) -> dict[str, Any] | None:
    if field.choices:
        letter = xlsxwriter.utility.xl_col_to_name(list_at)
        source = f"={LISTS}!${letter}$1:${letter}${len(field.choices)}"
        return {"validate": "list", "source": source, "error_type": "warning" if field.open else "stop"}
    low, high = column.min, column.max
    if field.kind in ("integer", "decimal"):
        return {
            "validate": field.kind, "criteria": "between", "minimum": -_LARGEST if low is None else low,
            "maximum": _LARGEST if high is None else high,
        }  # fmt: skip
    if field.kind in ("date", "timestamp"):
        first, last = low or _FIRST_DAY, high or _LAST_DAY
        assert isinstance(first, dt.date) and isinstance(last, dt.date)
        if field.kind == "date":
            return {"validate": "date", "criteria": "between", "minimum": first, "maximum": last}
        # the last day is allowed until its end
        end = last if last == _LAST_DAY else last + dt.timedelta(days=1)
        return {"validate": "date", "criteria": "between", "minimum": first, "maximum": end}
    return None


def _width(field: TemplateField) -> int:
    return 16 if field.kind == "box" else max(14, min(32, len(field.heading) + 4, 22 if field.kind != "text" else 32))


LAYOUT = Path(__file__).with_name("form.typ")
MOST_BOXES = 16  # a longer list becomes a line to write on
WIDE = 40  # characters of all answers that fit a line
_STANDARD_DAY = dt.datetime(2024, 3, 28, tzinfo=dt.UTC)  # equal bytes each time


def write_form(contract: Contract, path: Path, language: str) -> None:
    """Write the form in one language."""
    import typst  # noqa: PLC0415 - 84 MB, which no other command needs

    content = json.dumps(form_content(contract, template_texts(language)), ensure_ascii=False)
    made = typst.compile(
        LAYOUT.read_bytes(),
        format="pdf",
        pdf_standards="ua-1",
        ignore_system_fonts=True,
        timestamp=_STANDARD_DAY,
        sys_inputs={"content": content},
    )
    path.write_bytes(made)


def form_content(contract: Contract, texts: TemplateTexts) -> dict[str, Any]:
    """Everything that the form shows."""
    fields = template_fields(contract)
    grouped = [list(group) for _, group in groupby(fields, key=lambda field: (field.column, field.question))]
    return {
        "language": texts.language,
        "title": contract.title,
        "team": contract.steward.team,
        "source": contract.source,
        "version": version(fields),
        "page": texts("page"),
        "notices": [text for text in (texts.notice(), *notices(contract, fields, texts)) if text],
        "questions": [_question(contract, group, texts) for group in grouped],
    }


def _question(contract: Contract, fields: Sequence[TemplateField], texts: TemplateTexts) -> dict[str, Any]:
    column = contract.column(fields[0].column)
    if fields[0].question:
        answers = [texts.answer(field.label) for field in fields if field.label is not None]
        answers += [texts.answer(choice) for field in fields if field.kind == "choice" for choice in field.choices]
        lines = [texts("write_in") for field in fields if field.kind == "text"]
        # the SPD-15 question has no other words than its own
        return {
            "heading": question(contract, texts), "guide": f"{privacy(column, texts)}.", "required": False, "answers": answers,
            "lines": lines, "wide": True,
        }  # fmt: skip
    field = fields[0]
    is_listed = 0 < len(field.choices) <= MOST_BOXES
    answers = [texts.answer(choice) for choice in field.choices] if is_listed else []
    return {
        "heading": field.heading,
        "guide": f"{guide(field, column, texts, has_boxes=is_listed)} {privacy(column, texts)}.",
        "required": field.required,
        "answers": answers,
        "lines": [] if is_listed and not field.open else [""],
        "wide": sum(map(len, answers)) > WIDE,
    }


def _write_csv(contract: Contract, path: Path, _language: str) -> None:
    """Write the header line in the encoding and with the delimiter of the contract."""
    how = contract.format
    if how.kind != "csv" or how.header.rows != 1:
        kind = "CSV without one line of names" if how.kind == "csv" else how.kind
        remedy = f"`levelground sources template {contract.source}` writes a workbook, which is read whatever the kind"
        raise ConfigurationError(f"the contract of {contract.source} reads {kind}, not CSV with names; {remedy}")
    names = {column.delivered_names[0]: column.name for column in asked_columns(contract)}
    if any(isinstance(name, int) for name in names):
        raise ConfigurationError(f"the contract of {contract.source} reads columns by position; write a workbook instead")
    with path.open("w", encoding=how.encoding, newline="") as file:
        file.write("\n" * how.header.skip)
        csv.writer(file, delimiter=how.delimiter, lineterminator="\r\n").writerow(names)


WRITERS = {"xlsx": write_workbook, "csv": _write_csv, "pdf": write_form}


def write_template(contract: Contract, form: str, to: Path | None, language: str = "en") -> Path:
    """Write the template and return its file; `to` is a folder or the file itself, by default the current folder."""
    if form not in WRITERS:
        raise ConfigurationError(f"there are no templates as {form}; choose one of {', '.join(WRITERS)}")
    if language not in LANGUAGES:
        raise ConfigurationError(f"there are no templates in {language!r}; choose one of {', '.join(LANGUAGES)}")
    reason = why_no_template(contract)
    if reason:
        raise ConfigurationError(f"{contract.source} cannot be filled in by hand: {reason}")
    name = f"{contract.source}_template.{form}"
    path = Path(name) if to is None else to / name if to.is_dir() or not to.suffix else to
    if path.suffix.lower() != f".{form}":
        raise ConfigurationError(f"--out {path} does not end in .{form}; name a folder, or a file of that kind")
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[form](contract, path, language)
    return path

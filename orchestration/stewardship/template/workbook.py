"""Write the workbook of a template: instructions per language, a sheet to fill in, hidden lists, and a hidden contract version.

See `ingest.readers.formats.template` for reading it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from ingest.contract import Column, Contract
from ingest.contract.template_fields import TemplateField, template_fields, version
from ingest.readers.formats.template import DATA_SHEET, HEADER_ROW, HIDDEN_SHEET
from orchestration.stewardship.template.guide import guide, is_private, privacy, question, questions, steps
from orchestration.stewardship.template.texts import LANGUAGES, TemplateTexts, template_texts

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

"""A template that was filled in lands row for row, whatever kind of file its contract has; a stale or altered one is refused."""

from __future__ import annotations

import datetime as dt
import io
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.contract.template_fields import TemplateField, template_fields
from ingest.errors import DeliveryError
from ingest.readers.formats.template import DATA_SHEET, HIDDEN_SHEET
from tests.support.filled_template import empty_template, filled, landed
from tests.support.visits import CITY_ZONE, visits_contract

PARTICIPATION = "oei__engagement_participation"
# boxes; two header rows, merged, and a footer; no header, columns by position; values, currency and a date in the
# file's name; timestamps in UTC
SOURCES = (PARTICIPATION, "doa__arpa_projects", "mpd__dispatched_calls", "der__employees", "fpc__police_stops")
DATE_OF_FILE = "_2025-06-30.xlsx"
WORDS = st.text("abc XYZ019-,;'äñ", min_size=1, max_size=12).map(lambda text: f"w{text}".strip())
CONTRACTS = {source: load_registry()[source] for source in SOURCES}


@cache
def template(source: str) -> bytes:
    return empty_template(CONTRACTS[source])


def cells(contract: Contract, field: TemplateField, row: int) -> st.SearchStrategy[Any]:
    """What a person may write into a cell; keys differ by row."""
    column = contract.column(field.column)
    low, high = column.min, column.max
    if field.choices:
        drawn: st.SearchStrategy[Any] = st.sampled_from([one for one in field.choices if one not in column.null_tokens])
    elif field.kind == "text":
        drawn = st.just(f"K{row}") if field.column in (contract.load.key or ()) else WORDS
        drawn = drawn if not column.formats else st.none()
    elif field.kind == "integer":
        drawn = st.integers(int(low or 0), int(high) if high is not None else 10**9)  # type: ignore[arg-type]
    elif field.kind == "decimal":
        drawn = st.integers(int(low or 0) * 100, int(high) * 100 if high is not None else 10**9).map(lambda n: n / 100)  # type: ignore[arg-type]
    else:
        first, last = low or dt.date(2000, 1, 1), high or dt.date(2025, 6, 1)
        assert isinstance(first, dt.date) and isinstance(last, dt.date)
        drawn = st.integers(0, (last - first).days).map(lambda days: dt.datetime.combine(first + dt.timedelta(days), dt.time()))
        if field.kind == "timestamp":
            drawn = st.builds(lambda day, minute: day + dt.timedelta(minutes=minute), drawn, st.integers(4 * 60, 24 * 60 - 1))
    is_given = field.required and not field.question
    return drawn if is_given else st.one_of(st.none(), drawn)


def expected(contract: Contract, name: str, row: dict[TemplateField, Any]) -> Any:
    column = contract.column(name)
    values = [(field, value) for field, value in row.items() if field.column == name]
    if values[0][0].question:
        return "; ".join(field.label or value for field, value in values if value).replace("; ", column.delimiter or ";")
    value = values[0][1]
    if value is None:
        return "" if column.is_label else None
    if column.type == "boolean":
        return value == "yes"
    if column.timezone:
        return value.replace(tzinfo=ZoneInfo(column.timezone)).astimezone(ZoneInfo(CITY_ZONE)).replace(tzinfo=None)
    return value.date() if column.type == "date" else value


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=3, deadline=None, phases=[Phase.generate])  # an example takes 0.2 s, so that shrinking takes minutes
@given(data=st.data())
def test_a_filled_template_lands_row_for_row(source: str, data: st.DataObject) -> None:
    contract = CONTRACTS[source]
    fields = template_fields(contract)
    rows = [
        {field: data.draw(cells(contract, field, number), field.heading) for field in fields}
        for number in range(data.draw(st.integers(1, 3), "rows"))
    ]
    rows = [row for row in rows if any(value is not None for value in row.values())]  # a blank row is no record
    found = landed(contract, filled(template(source), [list(row.values()) for row in rows]), source + DATE_OF_FILE)
    assert len(found) == len(rows)
    for row, typed in zip(rows, found, strict=True):
        for column in contract.kept_columns:
            if column.is_hashed or column.varies_within or column.from_file:
                continue
            value = typed[column.name]
            wanted = expected(contract, column.name, row)
            assert (float(value) if column.type == "decimal" and value is not None else value) == wanted, column.name


def test_two_answers_about_race_reach_the_delimited_column() -> None:
    fields = [field.heading for field in template_fields(CONTRACTS[PARTICIPATION])]
    row: dict[str, Any] = {"Response ID": "0001", "Event ID": "E", "Date": dt.datetime(2025, 3, 4), "Asian": "x", "White": "X"}
    (found,) = landed(CONTRACTS[PARTICIPATION], filled(template(PARTICIPATION), [[row.get(name) for name in fields]]), "a.xlsx")
    assert (found["race_ethnicity"], found["participation_number"]) == ("Asian;White", "0001")


def test_a_box_with_another_word_is_no_tick() -> None:
    """The label that results is in no crosswalk, so that the gate refuses it."""
    fields = [field.heading for field in template_fields(CONTRACTS[PARTICIPATION])]
    row: dict[str, Any] = {"Response ID": "1", "Event ID": "E", "Date": dt.datetime(2025, 3, 4), "Asian": "no"}
    (found,) = landed(CONTRACTS[PARTICIPATION], filled(template(PARTICIPATION), [[row.get(name) for name in fields]]), "a.xlsx")
    assert found["race_ethnicity"] == "no"


SMALL = ({"name": "a", "from": "A", "required": True}, {"name": "b", "from": "B", "values": ["x", "y"]})


def small(*columns: dict[str, Any]) -> Contract:
    return visits_contract(columns=list(columns))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ((SMALL[0], SMALL[1] | {"values": ["x", "y", "z"]}), "B: the list of answers changed"),
        ((SMALL[0],), "B is no longer asked for"),
        ((*SMALL, {"name": "c", "from": "C"}), "C is new"),
        ((SMALL[0] | {"type": "integer"}, SMALL[1]), "A: the type changed"),
        ((SMALL[1], SMALL[0]), "the order of the columns changed"),
    ],
)
def test_a_template_of_an_earlier_contract_is_refused_with_what_changed(changed: tuple[Any, ...], message: str) -> None:
    data = filled(empty_template(small(*SMALL)), [["1", "x"]])
    assert landed(small(*SMALL), data, "a.xlsx")[0]["b"] == "x"
    with pytest.raises(DeliveryError, match=f"earlier contract: {message}.*levelground sources template dpt__visits"):
        landed(small(*changed), data, "a.xlsx")


def test_a_contract_that_changes_elsewhere_accepts_the_template() -> None:
    data = filled(empty_template(small(*SMALL)), [["1", "x"]])
    changed = visits_contract(columns=list(SMALL), title="Visits, renamed", format={"kind": "csv", "delimiter": "|"})
    assert len(landed(changed, data, "a.xlsx")) == 1


def altered(sheet: str, cell: str, value: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(filled(empty_template(small(*SMALL)), [["1", "x"]])))
    book[sheet][cell] = value
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ((DATA_SHEET, "A3", "Other"), "no longer has the names of the template"),
        ((DATA_SHEET, "C5", "note"), "cells to the right of the last column|no longer has the names"),
        ((HIDDEN_SHEET, "B1", "dpt__other"), "the template of another source"),
        ((HIDDEN_SHEET, "B3", "not JSON"), ""),
    ],
)
def test_an_altered_template_is_refused(where: tuple[str, str, str], message: str) -> None:
    if not message:  # the version alone decides whether a template is current
        assert landed(small(*SMALL), altered(*where), "a.xlsx")
        return
    with pytest.raises(DeliveryError, match=message) as refused:
        landed(small(*SMALL), altered(*where), "a.xlsx")
    assert "note" not in str(refused.value)


def test_another_workbook_is_still_not_the_csv_of_the_contract() -> None:
    book, written = openpyxl.Workbook(), io.BytesIO()
    book.save(written)
    with pytest.raises(DeliveryError, match="this is an Excel workbook or another Office file, but the contract has csv"):
        landed(small(*SMALL), written.getvalue(), "a.xlsx")

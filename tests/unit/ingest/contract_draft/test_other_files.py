"""Files of other kinds than those that Levelground ships end in a right draft, or in one sentence with the next step.

The figures are those that a run reads by the draft, worked out by hand from `tests.support.drafted_files`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from duckdb import DuckDBPyConnection

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.contract.vocabularies import CROSSWALK, load_vocabulary, read_labels
from ingest.contract_draft import Answers, Draft, DraftError, draft, read_sample
from ingest.delivery import DeliveryStore
from ingest.readers import delivered_files
from ingest.typing import accepted_rows
from tests.support import drafted_files as files
from tests.support.visits import CITY_ZONE, HASH_KEY, NOON, Warehouse, deliver

ANSWERS = Answers("open_data", "record")
Figures = tuple[Any, ...]


class Case(NamedTuple):
    """A file: keys of the draft, roles of its columns, a part of a question, and SQL over the rows with its result."""

    write: Callable[[Path], Path]
    keys: dict[str, Any]
    roles: dict[str, str]
    asked: str
    sql: str
    figures: Figures
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


CASES = [
    Case(
        files.several_tables,
        {
            "format": {"kind": "csv", "layouts": [{"files": "cases_2022.csv", "columns": {"ward": None}}]},
            "ignore_files": ["hearings.csv"],
            "load": {"mode": "replace", "key": ["case_no"], "duplicates": "keep"},
        },
        {"case_no": "key", "filed_on": "event_time", "case_type": "category", "ward": "district"},
        "hearings.csv: a table of its own, with other columns than cases_2022.csv; the draft ignores it",
        "count(*), sum(ward), count(*) filter (ward is null)",
        (90, 240, 10),  # 40 + 40 + 10 rows; of each year 8 times 1 to 5
    ),
    Case(
        files.list_columns,
        {"format": {"kind": "parquet"}},
        {"service_id": "key", "opened": "event_time", "languages": "category"},
        "",
        "count(*), sum(clients), count(*) filter (languages = '[\"Hmong\"]'), max(site)",
        (24, 516, 8, '{"ward":4,"name":"Site 3"}'),
    ),
    Case(
        files.two_header_rows,
        {"format": {"kind": "excel", "header": {"rows": 2, "merged": True}}},
        {f"{what}_{group}": "count" for what in ("enrolled", "suspended") for group in ("black", "hispanic", "white")},
        "Suspended Black, Suspended Hispanic, Suspended White: each seems to be of a group, which is in the name of the column",
        "sum(enrolled_black), sum(enrolled_hispanic), sum(suspended_white)",
        (1266, 666, 12),  # 12 schools: 1,200 and 600, each with 0 to 11 more
    ),
    Case(
        files.wide_by_group,
        {"load": {"mode": "replace", "key": ["geoid", "school_year"], "duplicates": "keep"}},
        {
            "geoid": "geoid", "school_year": "period", "white": "count", "black": "count", "asian": "count", "hispanic": "count",
            "two_or_more": "count",
        },
        "White, Black, Asian, Hispanic, Two or More: each seems to be of a group",
        "sum(total), sum(white), sum(hispanic), count(distinct school_year)",
        (2000, 781, 300, 2),  # 20 times 40, less 7 times 1 and 6 times 2
    ),
    Case(
        files.undated,
        {"load": {"mode": "replace", "key": ["asset_id"], "duplicates": "keep"}},
        {"asset_id": "key", "kind": "category", "condition": "category", "ward": "district"},
        "no column dates its rows, so no figure of a year counts them",
        "count(*), sum(ward), count(*) filter (spare_on_site)",
        (45, 360, 23),
    ),
    Case(
        files.coordinates_only,
        {"format": {"kind": "csv", "delimiter": ";"}},
        {"read_on": "event_time"},
        "geo_point_2d: it has both coordinates in one text, by which no record is geocoded",
        "count(*), min(geo_point_2d)",
        (30, "43.0100, -87.9100"),
    ),
    Case(
        files.state_plane,
        {"format": {"kind": "csv", "crs": "EPSG:32054"}},
        {"light_id": "key", "installed": "event_time", "x_coord": "x", "y_coord": "y"},
        "",
        "count(*), min(x_coord), max(y_coord)",
        (20, 2_560_000.5, 390_190.25),
        {"crs": "EPSG:32054"},
    ),
    Case(
        files.title_rows,
        {"format": {"kind": "excel", "sheet": "Permits", "header": {"skip": 3}}, "footer": {"rows": 2}},
        {"permit_number": "key", "issued": "event_time", "mailing_zip_address": "zip", "fee": "amount"},
        "the names seem to follow 3 lines of title",
        "count(*), sum(fee), max(po_box)",
        (30, 765.0, "PO Box 9"),
    ),
    Case(
        files.decimal_comma,
        {"format": {"kind": "csv", "delimiter": ";", "encoding": "windows-1252"}},
        {"beginn": "event_time", "strasse": "address"},
        "is it really in Windows-1252?",
        "count(*), sum(betrag), max(beginn)::varchar",
        (36, 36_648.0, "2024-12-24"),  # 36 times 1,000.50 and 0 to 35 more
    ),
    Case(
        files.nested_json,
        {"format": {"kind": "json", "records": "result.records", "flatten": True}},
        {
            "id": "key", "attributes_status": "category", "attributes_submitted": "event_time", "location_lat": "latitude",
            "location_lon": "longitude", "tags": "category",
        },
        "are the records those under result.records?",
        "count(*), count(*) filter (attributes_status = 'closed'), round(sum(location_lat), 6), min(tags)",
        (30, 15, 1290.735, '["noise"]'),  # 30 times 43.01, and 0 to 0.029 more
    ),
    Case(
        files.fixed_width,
        {"format": {"kind": "fixed_width", "widths": [5, 12, 8, 8], "header": {"rows": "none"}}},
        {"column_2": "category", "column_3": "event_time"},
        "which name has each position in the record layout?",
        "count(*), sum(column_4), min(column_1), max(column_3)::varchar",
        (25, 32_500, "00001", "2024-01-25"),  # 100 times 1 to 25
        {"widths": (5, 12, 8, 8)},
    ),
]  # fmt: skip


def drafted(path: Path, con: DuckDBPyConnection, **options: Any) -> Draft:
    labels = {of: known for of, known in read_labels(CROSSWALK).items() if of in load_vocabulary().race}
    return draft("dpt__table", read_sample(str(path), {}, **options), labels, "5553000", con, ANSWERS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.write.__name__)
def test_a_file_of_another_kind_is_drafted_and_read(tmp_path: Path, con: DuckDBPyConnection, case: Case) -> None:
    path = case.write(tmp_path)
    made = drafted(path, con, **case.options)
    assert {key: made.contract[key] for key in case.keys} == case.keys
    assert {c["name"]: c["role"] for c in made.contract["columns"] if "role" in c} == case.roles
    assert case.asked in "\n".join(made.questions)
    assert read_by(made, path, con, tmp_path, case.sql) == case.figures


def read_by(made: Draft, path: Path, con: DuckDBPyConnection, folder: Path, sql: str) -> Figures | None:
    """What a run reads of the file by the draft, from the delivered bytes to typed rows."""
    contract = Contract.model_validate(made.complete, context=load_vocabulary())
    warehouse = Warehouse(folder, con)
    warehouse.store = DeliveryStore(folder / "deliveries", contract.source)
    found = delivered_files(path, contract.ignore_files) if path.is_dir() else (path,)
    record = deliver(contract, open_folder(contract, found, path.parent), warehouse.store, HASH_KEY, NOON)
    assert (record.columns_missing, record.columns_unknown) == ((), ())
    warehouse.promote(contract, record)
    con.execute(f"create view typed_rows as {accepted_rows(contract, 'landing.dpt__table', CITY_ZONE)}")
    return con.execute(f"select {sql} from typed_rows").fetchone()


def test_a_table_of_its_own_is_drafted_by_the_printed_command(tmp_path: Path, con: DuckDBPyConnection) -> None:
    path = files.several_tables(tmp_path)
    (question,) = [one for one in drafted(path, con).questions if one.startswith("hearings.csv")]
    command = question.partition("`")[2].partition("`")[0].split()
    assert command[:4] == ["levelground", "sources", "new", "dpt__hearings"]
    made = drafted(Path(command[5]), con)
    assert [column["name"] for column in made.contract["columns"]] == ["case_no", "hearing_day", "room", "result"]
    assert made.rows == 50


def test_many_tables_in_a_folder_are_one_question(tmp_path: Path, con: DuckDBPyConnection) -> None:
    for n in range(12):
        (tmp_path / f"v{n:03d}.csv").write_text(f"fips,v{n:03d}_value,v{n:03d}_white,v{n:03d}_black\n55079,1.5,2.5,3.5\n")
    made = drafted(tmp_path, con)
    about = [one for one in made.questions if "the draft ignores them" in one]
    assert len(about) == 1 and about[0].startswith(
        "v001.csv, v002.csv, v003.csv and 8 more: 11 tables with other columns than v000.csv"
    )
    assert "format.unpivot and concepts" in about[0] and len(made.contract["ignore_files"]) == 11
    assert [column.get("role") for column in made.contract["columns"][2:]] == [None, None], "rates of groups are no counts"


def test_fixed_width_without_widths_ends_in_the_option_that_names_them(tmp_path: Path, con: DuckDBPyConnection) -> None:
    with pytest.raises(DraftError, match=r"all lines have 33 characters.* like --widths 5,12,8"):
        drafted(files.fixed_width(tmp_path), con)


@pytest.mark.parametrize(
    ("name", "cells", "role", "privacy"),
    [
        ("Location", ["53202", "53204-1234"], None, "quasi_identifier"),
        ("Site Address", ["PO Box 12", "P.O. Box 7"], None, "quasi_identifier"),
        ("Site Address", ["100 N 5th St", "12 W Oak St"], "address", "quasi_identifier"),
        ("Council District", ["PO Box 12", "Box 7"], None, "quasi_identifier"),
        ("Council District", ["3rd", "12th"], "district", None),
        ("Owner Name", ["Y", "N"], None, None),
        ("Owner Name", ["Y. Lee", "N. Vang"], None, "direct_identifier"),
        ("School Year", ["2022-23", "2023-24"], "period", None),
        ("Term", ["2022-2023", "2023-2024"], "period", None),
        ("Year", ["2022", "2023"], "period", None),
        ("Year Built", ["1922", "1923"], None, None),
        ("ZIP", ["Yes", "No"], None, None),
        ("ZIP", ["53202", "53202", "53204", "5320"], "zip", "quasi_identifier"),
    ],
)
def test_a_role_needs_cells_that_agree(
    tmp_path: Path, con: DuckDBPyConnection, name: str, cells: list[str], role: str | None, privacy: str | None
) -> None:
    (tmp_path / "a.csv").write_text(f"N,{name}\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells)))
    column = drafted(tmp_path / "a.csv", con).contract["columns"][1]
    assert (column.get("role"), column.get("privacy")) == (role, privacy)

"""Files of ten kinds that offices send and no shared contract describes, for the tests of drafts.

Each function writes one delivery into a folder and returns the path to draft from. The values are small enough to add up by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

PLACES = [(43.01 + 0.001 * n, -87.91 - 0.001 * n) for n in range(30)]


def several_tables(folder: Path) -> Path:
    """Two tables of one system, cases by year and their hearings, and a file of cases without the column `Ward`."""
    own = folder / "court"
    own.mkdir()
    for year in (2023, 2024):
        rows = [f"{year}-{n:03d},{n % 12 + 1}/{n % 28 + 1}/{year},Eviction,{n % 5 + 1}" for n in range(40)]
        (own / f"cases_{year}.csv").write_text("\n".join(["Case No,Filed On,Case Type,Ward", *rows]) + "\n")
    rows = [f"2022-{n:03d},{n % 12 + 1}/{n % 28 + 1}/2022,Eviction" for n in range(10)]
    (own / "cases_2022.csv").write_text("\n".join(["Case No,Filed On,Case Type", *rows]) + "\n")
    rows = [f"2024-{n % 40:03d},2024-03-{n % 28 + 1:02d},Room {n % 3},Heard" for n in range(50)]
    (own / "hearings.csv").write_text("\n".join(["Case No,Hearing Day,Room,Result", *rows]) + "\n")
    return own


def list_columns(folder: Path) -> Path:
    """Parquet with a list and an object per row: the languages and the site of a service."""
    table = pa.table(
        {
            "service_id": [f"S{n:02d}" for n in range(24)],
            "opened": pa.array([f"2024-{n % 12 + 1:02d}-15" for n in range(24)]),
            "languages": pa.array([["English", "Spanish"] if n % 3 else ["Hmong"] for n in range(24)], pa.list_(pa.string())),
            "site": pa.array([{"ward": n % 5, "name": f"Site {n % 4}"} for n in range(24)]),
            "clients": [10 + n for n in range(24)],
        }
    )
    pq.write_table(table, folder / "services.parquet")
    return folder / "services.parquet"


def two_header_rows(folder: Path) -> Path:
    """A workbook whose upper row of names groups columns, and whose cells of the first columns are merged downwards."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(("School", "Enrolled", None, None, "Suspended", None, None))
    sheet.append((None, "Black", "Hispanic", "White", "Black", "Hispanic", "White"))
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:D1")
    sheet.merge_cells("E1:G1")
    for n in range(12):
        sheet.append((f"School {n}", 100 + n, 50 + n, 30 + n, 10, 5, 1))
    book.save(folder / "discipline.xlsx")
    return folder / "discipline.xlsx"


def wide_by_group(folder: Path) -> Path:
    """A column per group of race, counted by tract and school year."""
    lines = ["GEOID,School Year,Total,White,Black,Asian,Hispanic,Two or More"]
    lines += [f"55079{n // 2 + 100:06d},{2022 + n % 2}-{23 + n % 2},100,{40 - n % 3},{30 + n % 3},10,15,5" for n in range(20)]
    (folder / "graduates.csv").write_text("\n".join(lines) + "\n")
    return folder / "graduates.csv"


def undated(folder: Path) -> Path:
    """An inventory without a date: the state of a stock on a day that no cell has."""
    lines = ["Asset ID,Kind,Condition,Ward,Spare On Site"]
    lines += [
        f"A{n:03d},{('Bench', 'Swing', 'Court')[n % 3]},{('Good', 'Fair', 'Poor')[n % 3]},{n % 15 + 1},{'YN'[n % 2]}"
        for n in range(45)
    ]
    (folder / "park assets.csv").write_text("\n".join(lines) + "\n")
    return folder / "park assets.csv"


def coordinates_only(folder: Path) -> Path:
    """Places as one text of two numbers, and as nothing else."""
    lines = ["Meter;Read On;geo_point_2d"]
    lines += [f'M{n:02d};2024-05-{n % 28 + 1:02d};"{lat:.4f}, {lon:.4f}"' for n, (lat, lon) in enumerate(PLACES)]
    (folder / "meters.csv").write_text("\n".join(lines) + "\n")
    return folder / "meters.csv"


def title_rows(folder: Path) -> Path:
    """A workbook with a title above its names, a sheet of notes, and a total and a note below its records."""
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active.append(("Prepared by the department",))
    sheet = book.create_sheet("Permits")
    for row in (("Department of Neighborhood Services",), ("Permits issued in 2024",), ()):
        sheet.append(row)
    sheet.append(("Permit #", "Issued", "Mailing ZIP Address", "PO Box", "Fee"))
    for n in range(30):
        sheet.append((f"P-{n:04d}", f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}", f"532{n % 10 + 2:02d}", f"PO Box {n + 1}", 25.5))
    sheet.append(("Total", None, None, None, 765.0))
    sheet.append(("Fees as of January 2025",))
    book.save(folder / "permits.xlsx")
    return folder / "permits.xlsx"


def decimal_comma(folder: Path) -> Path:
    """Semicolons, a comma as decimal point, days first, Windows-1252."""
    lines = ["Vertrag;Beginn;Betrag;Straße"]
    lines += [f"V{n};{n % 28 + 1:02d}.{n % 12 + 1:02d}.2024;1.{n:03d},50;{n + 1} Lindenstraße" for n in range(36)]
    (folder / "vertraege.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("windows-1252"))
    return folder / "vertraege.csv"


def nested_json(folder: Path) -> Path:
    """The answer of an API: records two levels down, each with objects inside."""
    records = [
        {
            "id": n + 1,
            "attributes": {"status": ("open", "closed")[n % 2], "submitted": f"2024-06-{n % 28 + 1:02d}T08:30:00Z"},
            "location": {"lat": PLACES[n][0], "lon": PLACES[n][1]},
            "tags": ["noise"] if n % 2 else [],
        }
        for n in range(30)
    ]
    answer = {"meta": {"count": 30, "next": None}, "result": {"records": records}}
    (folder / "reports.json").write_text(json.dumps(answer))
    return folder / "reports.json"


def fixed_width(folder: Path) -> Path:
    """Lines of one length without a delimiter, as a mainframe prints them."""
    lines = [f"{n + 1:05d}{'MAIN ST' if n % 2 else 'OAK AVE':<12}{20240101 + n % 28}{(n + 1) * 100:>8}" for n in range(25)]
    (folder / "levies.txt").write_text("\n".join(lines) + "\n")
    return folder / "levies.txt"


def state_plane(folder: Path) -> Path:
    """Places as x and y of a coordinate system of the state, in feet, and as nothing else."""
    lines = ["Light ID,Installed,X Coord,Y Coord"]
    lines += [f"L{n:02d},{n % 12 + 1}/15/2023,{2_560_000 + 10 * n}.5,{390_000 + 10 * n}.25" for n in range(20)]
    (folder / "lights.csv").write_text("\n".join(lines) + "\n")
    return folder / "lights.csv"

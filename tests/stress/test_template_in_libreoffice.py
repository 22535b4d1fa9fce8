"""A template that LibreOffice opened, filled in and saved lands like one that Excel saved, and keeps its lists and protection.

Installs LibreOffice with apt where it is missing, as root on Debian.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import openpyxl

from ingest.contract.registry import load_registry
from ingest.contract.template_fields import template_fields
from ingest.readers.formats.template import DATA_SHEET, HIDDEN_SHEET
from tests.stress.environments import run
from tests.support.filled_template import empty_template, filled, landed

PARTICIPATION = "oei__engagement_participation"


def test_a_workbook_that_libreoffice_saved_lands(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        run(["apt-get", "install", "--yes", "--no-install-recommends", "libreoffice-calc"], tmp_path, timeout=1800)
    contract = load_registry()[PARTICIPATION]
    row = {"Response ID": "0001", "Event ID": "E", "Date": dt.datetime(2025, 3, 4), "Asian": "x", "White": "x", "Age": "3-4"}
    cells = [row.get(field.heading) for field in template_fields(contract)]
    (tmp_path / "filled.xlsx").write_bytes(filled(empty_template(contract), [cells]))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    run(["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", "saved", "filled.xlsx"], tmp_path)
    saved = tmp_path / "saved" / "filled.xlsx"
    (found,) = landed(contract, saved.read_bytes(), "filled.xlsx")
    assert (found["participation_number"], found["participated_on"]) == ("0001", dt.date(2025, 3, 4))
    assert (found["race_ethnicity"], found["age_band"]) == ("Asian;White", "3-4")
    book = openpyxl.load_workbook(saved)
    assert book[DATA_SHEET].protection.sheet and book[HIDDEN_SHEET].sheet_state != "visible"
    assert sum(rule.type == "list" for rule in book[DATA_SHEET].data_validations.dataValidation) == 8

"""The commands of the quick path of docs/add-a-source.md, but for those that run the whole job."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.integration.test_how_to import commands, followed, office

__all__ = ["office"]


def test_the_quick_path_leads_the_example_file_to_a_fact_and_a_measure_without_anything_missing(office: Path) -> None:
    shutil.rmtree(office / "mycity")
    script = commands("add-a-source.md")
    assert "docs/examples/rental_inspections.csv" in script
    source, measure = "dns__rental_inspections", "rental_inspections_passed_share"
    lines = script.replace("make install && . .venv/bin/activate", "").replace("--rows 2000", "--rows 1000")
    output = followed(office, f"{lines}\nlevelground sources todo {source}\nlevelground measures todo {measure}")
    assert f"{source}: 0 missing, 0 open decisions" in output
    assert re.search(rf"{measure}: 0 missing", output)

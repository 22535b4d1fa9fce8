"""The commands of docs/how-to/, but for those that run the whole job."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
# a run, what compares its releases, and what installs
WHOLE_JOB = ("levelground run", "levelground scorecard", "levelground releases", "levelground sources check", "make ")


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder that looks like a checkout, with the layer `mycity`."""
    for name in ("ingest", "dbt_project", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "ingest" / "cities" / "sampleton", tmp_path / "mycity")
    return tmp_path


def commands(page: str) -> str:
    """The blocks of a page for a shell, without the commands that take minutes."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^( *)```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix(indent) for indent, block in blocks for line in block.splitlines()]
    return "\n".join(line for line in lines if not line.startswith(WHOLE_JOB))


def followed(folder: Path, script: str) -> str:
    """The output of a script, run as a reader would; it fails with its first command that fails."""
    own = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LEVELGROUND_HOME": str(folder / "home")}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LEVELGROUND_")} | own
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    return result.stdout


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_at_most_60_lines_and_begins_with_its_task(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert re.match(r"# \w.*\n", text) and "levelground" in text


def test_a_threshold_of_a_layer_replaces_the_shared_one(office: Path) -> None:
    output = followed(office, commands("how-to/change-a-threshold.md"))
    assert re.search(r"rows +measure_rules +replaces 1 row \(known_race_for_ratio\)", output)
    [row] = rows(office / "mycity" / "seeds" / "rows" / "measure_rules.csv")
    shared = {row["rule"]: row for row in rows(ROOT / "dbt_project" / "seeds" / "reference" / "measure_rules.csv")}
    assert (
        float(row["value"]) != float(shared["known_race_for_ratio"]["value"])
        and row.keys() == shared["known_race_for_ratio"].keys()
    )


def test_each_row_of_the_plan_of_a_measure_is_replaced_by_one_that_publishes_nothing(office: Path) -> None:
    mine = office / "mycity" / "seeds" / "rows" / "publication_plan.csv"
    mine.parent.mkdir(parents=True, exist_ok=True)
    header = (ROOT / "dbt_project" / "seeds" / "reference" / "publication_plan.csv").read_text(encoding="utf-8").splitlines()[0]
    mine.write_text(f"{header}\nbirths_per_1000,city,year,all,total_only,30,Our own\n", encoding="utf-8")
    output = followed(office, commands("how-to/stop-publishing-a-measure.md"))
    plan = rows(ROOT / "dbt_project" / "seeds" / "reference" / "publication_plan.csv")
    keys = ("measure_id", "geography_type", "period_type", "stratum_type")
    wanted = {tuple(row[key] for key in keys) for row in plan if row["measure_id"] == "stops_searched_share"}
    kept, *own = rows(mine)
    assert (kept["measure_id"], kept["note"]) == ("births_per_1000", "Our own"), "the plan of another measure stays"
    assert {tuple(row[key] for key in keys) for row in own} == wanted and {row["race_level"] for row in own} == {"none"}
    assert re.search(rf"rows +publication_plan .*replaces {len(wanted)} rows", output)


def test_a_new_map_gets_contract_vintage_and_dates(office: Path) -> None:
    output = followed(office, commands("how-to/new-map.md"))
    assert "aldermanic_district  2022" in output and "delivered_code_vintages.csv" in output
    contract = yaml.safe_load((office / "mycity" / "sources" / "city__aldermanic_districts_2032.yml").read_text(encoding="utf-8"))
    assert contract["source"] == "city__aldermanic_districts_2032"
    vintages = {row["geography_vintage"]: row for row in rows(office / "mycity" / "seeds" / "rows" / "geography_vintages.csv")}
    assert (vintages["2022"]["valid_to"], vintages["2032"]["valid_from"]) == ("2032-05-09", "2032-05-10")

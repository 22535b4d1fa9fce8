"""Two cities build at the same time from one installation, and no name of one is in the files of the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import duckdb

from ingest.layers import CITIES
from tests.conftest import ROOT
from tests.stress.small import BIN, write_small_city

SAMPLE_NAMES, ULM_NAMES = r"sampleton \(a synthetic city\)|sample county|sample_requests", "new ulm|brown county"


def write_layer(folder: Path) -> None:
    """The layer of New Ulm: places and a goal of its own, and a new name of a department."""
    arguments = ["new_ulm", "--out", str(folder), "--place", "2746042"]
    subprocess.run([BIN / "levelground", "cities", "new", *arguments], cwd=ROOT, check=True, capture_output=True)
    file = folder / "city.yml"
    text = file.read_text().replace("time_zone: UTC  # decide: the time zone of the city, as in America/Chicago", "")
    file.write_text(text + 'time_zone: America/Chicago\ncounty_geoid: "27015"\n')
    with (folder / "seeds" / "geographies.csv").open("a") as places:
        places.write("2746042,city,current,2746042,New Ulm,\n2746042,county,current,27015,Brown County,\n")
    with (folder / "seeds" / "rows" / "departments.csv").open("a") as departments:
        departments.write("ucc,Front desk of New Ulm,city,Requests of residents\n")
    goals = (CITIES / "sampleton" / "seeds" / "goals.csv").read_text(encoding="utf-8").splitlines()
    row = next(line for line in goals if line.startswith("sample_requests_by_second_day"))
    row = row.replace("9900001", "2746042").replace("sample_requests_by_second_day", "ulm_requests_by_second_day")
    row = row.replace(",true,", ",false,", 1)  # an example is of the sample city alone
    (folder / "seeds" / "goals.csv").write_text(f"{goals[0]}\n{row}\n", encoding="utf-8")


def texts(home: Path) -> str:
    """All texts of both files of a release, but those of contracts, which cities share."""
    found: set[str] = set()
    for path in sorted((home / "published").glob("*.duckdb")):
        with duckdb.connect(str(path), read_only=True) as con:
            columns = con.execute(
                "select concat_ws('.', schema_name, table_name), column_name from duckdb_columns() where data_type = 'VARCHAR' "
                "and schema_name in ('marts', 'published') and column_name <> 'licence_attribution'"
            ).fetchall()
            for table, column in columns:
                found.update(text or "" for (text,) in con.execute(f'select distinct "{column}" from {table}').fetchall())
    return "\n".join(sorted(found)).lower()


def test_two_cities_build_at_the_same_time(tmp_path: Path) -> None:
    write_small_city(tmp_path / "sampleton")
    write_small_city(tmp_path / "new_ulm")
    write_layer(tmp_path / "layer")
    (tmp_path / "new_ulm" / "city.yml").write_text("city: new_ulm\nas_of: 2026-01-01T00:00:00\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEVELGROUND_")}
    layers = {"sampleton": {}, "new_ulm": {"LEVELGROUND_CITY": str(tmp_path / "layer")}}
    runs = {
        name: subprocess.Popen(
            [BIN / "levelground", "run", "--deliveries", str(tmp_path / name)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment | {"LEVELGROUND_HOME": str(tmp_path / f"home_{name}")} | layer,
        )
        for name, layer in layers.items()
    }  # fmt: skip
    for name, run in runs.items():
        out, err = run.communicate(timeout=1_800)
        assert run.returncode in (0, 4), (name, out, err)
    record = json.loads((tmp_path / "home_new_ulm" / "home.json").read_text())
    assert (record["city"], record["layer"]) == ("new_ulm", str(tmp_path / "layer"))
    ulm, sampleton = texts(tmp_path / "home_new_ulm"), texts(tmp_path / "home_sampleton")
    assert all(word in ulm for word in ("new ulm", "ulm_requests_by_second_day", "front desk of new ulm"))
    assert not re.findall(SAMPLE_NAMES, ulm)
    assert not re.findall(f"{ULM_NAMES}|ulm_requests", sampleton)
    assert not re.findall("milwaukee", ulm + sampleton)
    with duckdb.connect(str(tmp_path / "home_new_ulm" / "published" / "levelground.duckdb"), read_only=True) as con:
        cities = con.execute("select geoid, name from marts.dim_geography where geography_type = 'city'").fetchall()
        assert ("2746042", "New Ulm") in cities and "9900001" not in {geoid for geoid, _ in cities}

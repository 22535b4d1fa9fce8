"""Two real cities by their names alone, from a blank home, and their gaps side by side as the files have them.

Deselected without LEVELGROUND_REAL_DELIVERIES.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from tests.conftest import CommandLine
from tests.e2e.test_real_second_city import start_of, write_list

pytestmark = pytest.mark.real

LIST = "Saint Paul, Minnesota\n0103076  # Auburn, Alabama: hides the group of Hispanics\n"
NAMES = {"saint_paul": "2758000", "auburn_alabama": "0103076"}


@pytest.fixture(scope="module")
def cities(real_deliveries: Path, blank_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CommandLine]:
    """The folder of the cities, started by a list, and the command line of those who start them."""
    folder = tmp_path_factory.mktemp("cities")
    write_list(folder, LIST, real_deliveries)
    levelground = CommandLine(folder / "coalition")
    where = {"LEVELGROUND_SCORECARD": "en", "LEVELGROUND_CACHE": str(blank_cache)}
    ended = levelground(*start_of(folder), "--json", env=where)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert {run["city"]: run["outcome"] for run in json.loads(ended.stdout)} == dict.fromkeys(NAMES, "released")
    again = levelground(*start_of(folder))
    assert (again.returncode, again.stdout.splitlines()[0].endswith(": 2 done, 0 to run")) == (0, True), again.stdout
    return folder, levelground


def test_the_union_has_the_gaps_of_the_files(cities: tuple[Path, CommandLine]) -> None:
    """Employed at ages 25 to 54, 2019 to 2023, in percent, from the file of the Urban Institute.

    Auburn: Black 72.114042 (63.286871 to 80.941211), White 85.589880 (83.021138 to 88.158622); the range of the gap by Zou and
    Donner: -13.475838 less and more the root of 8.827171^2 + 2.568742^2. Hispanic hidden.
    """
    folder, levelground = cities
    out, site = folder / "cities.duckdb", folder / "site"
    united = levelground("cities", "union", folder / "cities" / "cities.yml", "--out", out, "--site", site)
    assert united.returncode == 0, united.stderr
    with duckdb.connect(out, read_only=True) as con:
        rows = {(city, code): values for city, code, *values in con.execute(
            "select city, race_ethnicity_code, value, gap, gap_low, gap_high, status_code from published.city_comparison "
            "where measure_id = 'employment_25_54_share' and is_of_common_period"
        ).fetchall()}  # fmt: skip
        assert dict(con.execute("select distinct city, place_geoid from published.city_comparison").fetchall()) == NAMES
    assert rows["auburn_alabama", "black"][:4] == pytest.approx([72.1140416, -13.4758380, -22.6691713, -4.2825057], abs=1e-5)
    assert rows["auburn_alabama", "hispanic"] == [None, None, None, None, "hidden_at_source"]
    page = (site / "en" / "measures" / "employment_25_54_share.html").read_text(encoding="utf-8")
    assert "We can show this gap for 2 of 2 cities." in page
    assert re.search(
        r'auburn_alabama\.html">Auburn, Alabama</a><td>72\.1%<small>63\.3 to 80\.9</small>.*<td>−13\.5<small>−22\.7 to −4\.3<',
        page,
    )

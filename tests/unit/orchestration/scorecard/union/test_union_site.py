"""The site of many cities shows what each publishes, ranks where the ranges allow, and stays readable with all cities."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pytest

from orchestration.scorecard.site import Site
from orchestration.scorecard.union import write_union_site
from orchestration.scorecard.union.read_union import POINTS
from orchestration.scorecard.union.union_site import _position
from tests.conftest import ROOT
from tests.support.united_cities import OLD, WITH_CARE, city_file, figure, peer
from warehouse.releases import write_union

JOBS, DIGITAL, PRESCHOOL = "employment_25_54_share", "digital_access_share", "preschool_enrollment_share"
MILWAUKEE, SAINT_PAUL, MADISON = "5553000", "2758000", "5548000"
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The English pages of three cities."""
    folder = tmp_path_factory.mktemp("site")
    files = {
        "milwaukee": city_file(
            folder / "m.duckdb", MILWAUKEE,
            figure(JOBS, "black", 70.9, reference="white", word="lower", gap=(-14.4, -17.6, -11.1)), figure(JOBS, "white", 85.3),
            figure(JOBS, "all", 80.2),
            figure(DIGITAL, "black", 60.0, reference="white", word="no_range"), figure(DIGITAL, "white", 75.5),
            figure(PRESCHOOL, "black", 60.0, reference="white", word="lower", gap=(-15.5, -18.3, -12.7), **WITH_CARE),
            figure(PRESCHOOL, "white", 75.5),
            peer(JOBS, "black", -14.4, (-17.6, -11.1), rank=(2, 3), is_rank_shown=True),
            peer(JOBS, "black", -11.1, (-16.5, -5.6), rank=(1, 9), is_rank_shown=False, geoid=SAINT_PAUL),
            texts=True,
        ),
        "saint_paul": city_file(
            folder / "s.duckdb", SAINT_PAUL,
            figure(JOBS, "black", 76.9, reference="white", word="lower", gap=(-11.1, -16.5, -5.6)), figure(JOBS, "white", 88.0),
            figure(DIGITAL, "black", 44.4, reference="white", word="no_range"), figure(DIGITAL, "white", 80.9),
            figure(PRESCHOOL, "black", 44.4, reference="white", word="cannot_tell", gap=(-36.5, -73.5, 0.5)),
            figure(PRESCHOOL, "white", 80.9, **WITH_CARE | {"status_reason": "few_events"}),
            peer(JOBS, "black", -11.1, (-16.5, -5.6), rank=(1, 9), is_rank_shown=False),
        ),
        "madison": city_file(
            folder / "d.duckdb", MADISON,
            figure(JOBS, "black", None, reference="white", status="hidden_at_source"), figure(JOBS, "white", 91.7),
            figure(PRESCHOOL, "black", 33.3, start=OLD, reference="white", word="lower", gap=(-44.4, -50.0, -38.8)),
            figure(PRESCHOOL, "white", 77.7, start=OLD),
        ),
    }  # fmt: skip
    write_union(files, folder / "all.duckdb")
    written = write_union_site(folder / "all.duckdb", folder / "site")
    assert written.index == folder / "site" / "index.html"
    assert not written.untranslated
    return folder / "site" / "en"


def line_of(page: Path, city: str) -> str:
    """The words of a city in the table of a page."""
    (row,) = re.findall(rf'<tr><th scope="row"><a href="../cities/{city}.html">.*', page.read_text(encoding="utf-8"))
    return " ".join(re.sub(r"<[^>]*>", " ", row).split())


def test_a_page_per_measure_has_both_figures_and_the_gap_of_each_city(site: Path) -> None:
    page = site / "measures" / f"{JOBS}.html"
    assert line_of(page, "milwaukee") == "Milwaukee, Wisconsin 70.9% 68.9 to 72.9 85.3% 83.3 to 87.3 −14.4 −17.6 to −11.1"
    assert line_of(page, "madison") == "Madison, Wisconsin Hidden by the agency that reports it 91.7% 89.7 to 93.7"
    html = page.read_text(encoding="utf-8")
    assert "We can show this gap for 2 of 3 cities." in html
    assert "American is clearly higher than that for White: 0. Clearly lower: 2." in html
    assert "small, or too unsure to tell: 0." in html
    assert html.count("<circle") == 2 and "<title>Madison" not in html, "a city without a gap is not on the map"
    assert "The publisher" not in html


def test_a_figure_has_the_caution_of_its_city_and_other_periods_are_not_compared(site: Path) -> None:
    page = site / "measures" / f"{PRESCHOOL}.html"
    assert line_of(page, "milwaukee").startswith("Milwaukee, Wisconsin 60.0% ⚠2 58.0 to 62.0 75.5% 73.5"), "the second reason"
    assert line_of(page, "saint_paul") == "St. Paul, Minnesota 44.4% 42.4 to 46.4 80.9% ⚠1 78.9 to 82.9 −36.5 −73.5 to 0.5"
    assert line_of(page, "madison").startswith("Madison, Wisconsin 2014 to 2018 33.3%")
    assert "44.4" not in line_of(page, "madison")
    html = page.read_text(encoding="utf-8")
    assert "⚠ Use with care <b>(1)</b>: Few cases were counted" in html
    assert "⚠ Use with care <b>(2)</b>: The publisher itself calls the quality of this figure low." in html
    sizes = dict(re.findall(r'r="([0-9.]+)"><title>(\w+)', html))
    assert {city: size for size, city in sizes.items()} == {"Milwaukee": "4.5", "St": "6"}, "15.5 and 36.5: the largest is wider"
    assert "third of the cities" not in html, "two cities have no thirds"
    city = (site / "cities" / "milwaukee.html").read_text(encoding="utf-8")
    assert '60.0% <b class="caution">⚠1</b>' in city and "calls the quality of this figure low" in city


def test_a_gap_that_no_city_gives_has_no_page_and_no_figure(site: Path) -> None:
    assert not (site / "measures" / f"{DIGITAL}.html").exists()
    milwaukee = (site / "cities" / "milwaukee.html").read_text(encoding="utf-8")
    assert "60.0%" in milwaukee and "75.5%" in milwaukee, "figures of the city"
    (line,) = re.findall(r"<tr>.*Black.*", milwaukee.partition(f'id="{DIGITAL}"')[2].partition("</tbody>")[0])
    assert line.endswith("</td><td></td><td></td></tr>"), "without a gap"


def test_the_pages_of_a_measure_are_named_after_their_gaps(site: Path) -> None:
    page = (site / "measures" / f"{JOBS}.html").read_text(encoding="utf-8")
    (heading,) = re.findall(r"<h1>(.*)</h1>", page)
    title = re.findall(r"<title>(.*?)</title>", page)[0]
    assert heading.endswith("? Black or African American and White") and title.startswith(heading)


def test_a_city_has_its_figures_like_cities_and_a_rank_only_where_the_ranges_allow_one(site: Path) -> None:
    milwaukee = (site / "cities" / "milwaukee.html").read_text(encoding="utf-8")
    assert "Rank 2 to 3 of 10" in milwaukee and "−7.5" in milwaukee
    assert '<li><a href="saint_paul.html">St. Paul, Minnesota</a>' in milwaukee
    saint_paul = (site / "cities" / "saint_paul.html").read_text(encoding="utf-8")
    assert "Rank" not in re.sub(r"<head>.*</head>", "", saint_paul, flags=re.DOTALL)
    assert "No other city here is a like city." in saint_paul


def test_every_link_leads_to_a_page_and_no_page_runs_scripts(site: Path) -> None:
    pages = sorted(site.parent.rglob("*.html"))
    assert len(pages) == 1 + 1 + 2 + 3
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert "<script" not in html and "style=" not in html and "default-src 'none'" in html
        ids = set(re.findall(r'id="([^"]+)"', html))
        for link in re.findall(r'href="([^"]+)"', html):
            path, _, anchor = link.partition("#")
            assert (page.parent / path).is_file() if path else anchor in ids, (page, link)


def test_the_page_of_all_cities_of_the_gazetteer_stays_small(tmp_path: Path) -> None:
    """The longest lines: every city has both groups, ranges and a gap."""
    rows = (
        figure(JOBS, "black", 70.94, reference="white", word="cannot_tell", gap=(-14.44, -17.66, -11.11)),
        figure(JOBS, "white", 85.34),
    )  # fmt: skip
    write_union({"milwaukee": city_file(tmp_path / "m.duckdb", MILWAUKEE, *rows, texts=True)}, tmp_path / "all.duckdb")
    (tmp_path / "all.duckdb").chmod(0o600)
    seed = ROOT / "dbt_project" / "seeds" / "reference" / "place_populations.csv"
    with duckdb.connect(tmp_path / "all.duckdb") as con:
        con.execute(
            "create table cities as select 'c' || geoid || '_' || lower(replace(name, ' ', '_'))[:12] as city, "
            "geoid as place_geoid "
            f"from read_csv('{seed}', all_varchar = true) where not starts_with(geoid, '99')"
        )
        for table in ("city_comparison", "release"):
            con.execute(
                "create table wide as select other.* replace (cities.city as city) "
                f"from published.{table} as other cross join cities"
            )
            con.execute(f"delete from published.{table}; insert into published.{table} from wide; drop table wide")
        con.execute("update published.city_comparison set place_geoid = cities.place_geoid from cities "
                    "where city_comparison.city = cities.city")  # fmt: skip
        con.execute("drop table cities")
    written: Site = write_union_site(tmp_path / "all.duckdb", tmp_path / "site")
    assert written.pages == 1 + 1 + 1 + 486
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "site").rglob("*.html")}
    assert max(sizes.values()) < MOST_BYTES, sorted(sizes.items(), key=lambda size: -size[1])[:3]
    html = (tmp_path / "site" / "en" / "measures" / f"{JOBS}.html").read_text(encoding="utf-8")
    assert html.count("<circle") == 486 and "do not know where to draw" not in html
    drawn = [float(number) for pair in re.findall(r'cx="(.*?)%" cy="(.*?)%"', html) for number in pair]
    assert min(drawn) >= 0 and max(drawn) <= 100


def test_points_are_projected_as_in_the_worked_example_of_snyder() -> None:
    """Map projections (1987), p. 291: 35° N 75° W is at x = 0.2952720 of a sphere with radius 1, 96° W in the middle."""
    x, _ = _position("3700000", 35.0, -75.0)
    assert x == pytest.approx(100 * (0.2952720 + 0.385) / 0.75, abs=0.051)
    seattle, miami = _position("5363000", 47.606, -122.332), _position("1245000", 25.774, -80.194)
    assert seattle[0] < miami[0] and seattle[1] < miami[1]


def test_every_city_of_the_gazetteer_has_a_point() -> None:
    with POINTS.open(encoding="utf-8", newline="") as lines:
        points = {row["geoid"]: (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(lines)}
    with (ROOT / "dbt_project" / "seeds" / "reference" / "place_populations.csv").open(encoding="utf-8", newline="") as lines:
        places = {row["geoid"] for row in csv.DictReader(lines) if not row["geoid"].startswith("99")}
    assert points.keys() == places
    assert points[MILWAUKEE] == pytest.approx((43.04, -87.91), abs=0.02)

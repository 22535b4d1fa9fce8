"""The map of neighborhoods of a measure: shaded by smoothed figures, and blank where there is none."""

from __future__ import annotations

import re
from pathlib import Path

from orchestration.scorecard import write_site
from tests.support.scorecard_pages import invalid_html
from tests.support.scorecard_release import HIDDEN, SQUARE, planted, row, write_public_file

# raw figures in another order than the smoothed ones, by which places are shaded
SMOOTHED = {"A": (90.0, 10.0), "B": (1.0, 20.0), "C": (2.0, 30.0), "D": (3.0, 40.0), "E": (4.0, 50.0), "F": (5.0, 60.0)}


def written(folder: Path, places: dict[str, tuple[float, float]]) -> Path:
    tables = planted()
    own = {"geography_type": "neighborhood", "geography_vintage": "current", "basis": "no_race", "is_featured": False}
    for number, name in enumerate((*places, "HIDDEN")):
        value, smoothed = places.get(name, (HIDDEN, HIDDEN))
        status = {} if name in places else {"status_code": "hidden", "publication_status": "suppressed"}
        tables["scorecard"].append(
            row("own", "all", value, geoid=name, place=name, value_smoothed=smoothed if name in places else None, **own, **status)
        )
        tables["geographies"].append(
            {"geography_type": "neighborhood", "geography_vintage": "current", "geoid": name, "name": f"{name}ville"}
            | {"geometry_wkb": SQUARE.format(-88 + number / 20, -87.95 + number / 20)}
        )
    # a place of the map that has a figure of another measure only
    tables["scorecard"].append(row("whole", "all", 1.0, geoid="HIDDEN", place="HIDDEN", **own))
    site = write_site(write_public_file(folder / "public.duckdb", tables), folder / "site").index.parent
    return site / "en" / "maps" / "own.html"


def test_places_are_shaded_by_fifths_of_their_smoothed_figures(tmp_path: Path) -> None:
    """Of 10, 20, 30, 40, 50 and 60 the fifths begin at 10, 20, 30, 40 and 50; the highest figure is in the last."""
    page = written(tmp_path, SMOOTHED)
    html = page.read_text(encoding="utf-8")
    shades = re.findall(r'class="shade-(\d)" d="[^"]+"><title>(\w)ville: ([\d.]+)%', html)
    assert shades == [
        ("1", "A", "10.0"), ("2", "B", "20.0"), ("3", "C", "30.0"), ("4", "D", "40.0"), ("5", "E", "50.0"), ("5", "F", "60.0"),
    ]  # fmt: skip
    assert len(re.findall(r'<path class="no-figure" d="[^"]+"></path>', html)) == 1, "a hidden figure has no shade and no title"
    assert "</svg> 10.0% to 20.0%</li>" in html and "</svg> 50.0% to 60.0%</li>" in html
    assert "the map draws each toward that of all places" in html and str(HIDDEN) not in html
    assert not invalid_html(page)
    of_measure = page.parents[1] / "measures" / "own.html"
    assert 'href="../maps/own.html#map-neighborhood"' in of_measure.read_text(encoding="utf-8")


def test_fewer_figures_than_shades_are_no_map(tmp_path: Path) -> None:
    few = dict(list(SMOOTHED.items())[:4])
    assert not written(tmp_path, few).exists()

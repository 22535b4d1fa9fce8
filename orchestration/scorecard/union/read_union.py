"""Read what the pages of many cities show from the file that unites them. Nothing is computed from figures here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from orchestration.scorecard.pages.render import ScorecardError
from orchestration.scorecard.release_data.open_release import Record, grouped, records
from orchestration.scorecard.words.texts import INSTALLED, LANGUAGE_COLUMNS, Language, TextRow, languages_written, read_rows
from warehouse.connection import open_from_disk
from warehouse.sql import queries

POINTS = Path(__file__).with_name("city_points.csv")  # GeoNames, CC BY 4.0
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"))


@dataclass(frozen=True)
class Union:
    """What the site shows. `rows` of `published.city_comparison` by measure. `attributions`: how publishers want to be named.

    A city has its name with its state, its release, its `point` (latitude and longitude), and its `peers` of like size.
    """

    cities: Mapping[str, Record]
    rows: Mapping[str, Sequence[Record]]
    texts: tuple[TextRow, ...]
    languages: Mapping[str, Language]
    attributions: Mapping[str, str]


def read_union(file: Path) -> Union:
    """Read the file; a text that cities have in several wordings is that of the first city."""
    with open_from_disk(file, "united") as con:
        con.execute("use united.published")
        if ("city_comparison",) not in con.execute("select table_name from duckdb_tables()").fetchall():
            raise ScorecardError(
                "the site of many cities",
                "no city of the file has a scorecard; `levelground run` of this version publishes one in each home",
            )
        found = records(con, _SQL.figures())
        cities = records(con, _SQL.cities())
        texts = con.execute(_SQL.texts()).fetchall()
        attributions = dict(con.execute(_SQL.attributions()).fetchall())
        written = con.execute(
            f"select distinct on (language_code) {', '.join(LANGUAGE_COLUMNS)} from languages order by sort_order, city"
        ).fetchall()
    rows = grouped(found, attrgetter("measure_id"))
    names = {row["geoid"]: f"{row['name']}, {row['state']}" for row in read_rows(INSTALLED / "place_populations.csv")}
    points = {row["geoid"]: (float(row["latitude"]), float(row["longitude"])) for row in read_rows(POINTS)}
    return Union(
        cities={row.city: Record(row, name=names.get(row.geoid, row.place), point=points.get(row.geoid)) for row in cities},
        rows={measure: rows[measure] for measure in sorted(rows)},
        texts=tuple(texts),
        languages=languages_written(written),
        attributions=attributions,
    )

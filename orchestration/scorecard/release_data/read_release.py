"""Read from a release what the pages of the scorecard show. See `places` for maps, and `downloads` for files.

The tables are described in docs/tables.md (Scorecard). Nothing is computed from figures here: what to show first, comparisons and
changes are columns of `published.scorecard`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.first_reported import read_first_reported
from orchestration.scorecard.release_data.gap_trends import read_gaps
from orchestration.scorecard.release_data.open_release import (
    Record,
    ReleaseFiles,
    council_district_type,
    grouped,
    open_release,
    records,
)
from orchestration.scorecard.release_data.places import (
    Place,
    Places,
    read_everyone_by_place,
    read_outlines,
    read_places,
    read_strata,
    slice_of,
)
from orchestration.scorecard.release_data.row import OUTSIDE, PERIOD_TYPES, Row
from orchestration.scorecard.words.texts import LANGUAGE_COLUMNS, Language, TextRow
from warehouse.connection import load_extension
from warehouse.sql import queries


@dataclass(frozen=True)
class Measure:
    """A measure with the rows that its page shows."""

    about: Mapping[str, Any]  # its row of published.measures, with that of its source under `source_…`
    featured: Sequence[Row] = ()  # the place and period that open the page, in the order of groups
    series: Sequence[Row] = ()  # the same place and kind of period, all periods
    districts: Sequence[Row] = ()  # the newest period of council districts
    peers: Sequence[Record] = ()
    strata: Sequence[Record] = ()  # figures by topic, of everyone
    everyone_by_place: Row | None = None  # for everyone, with the denominator of featured groups that are place-weighted
    first_reported: Sequence[Record] = ()  # of the series: figures that were revised, the newest first
    gaps: Sequence[Record] = ()  # how the gaps of featured groups have changed
    breaks: Sequence[Record] = ()  # rows of `published.series_breaks`, the newest first: no change is shown across their days

    @property
    def measure_id(self) -> str:
        """The code of the measure."""
        return str(self.about["measure_id"])

    @property
    def policy_area(self) -> str:
        """The code of its policy area."""
        return str(self.about["policy_area"])

    @property
    def everyone(self) -> Row | None:
        """The featured figure for everyone."""
        return next((row for row in self.featured if row.is_total and row.is_shown), None)

    @property
    def groups(self) -> tuple[Row, ...]:
        """The featured rows of groups; what is missing is no group."""
        return tuple(row for row in self.featured if not row.is_total and row.group_kind != "missing")

    @property
    def is_composition(self) -> bool:
        """Whether the figures are shares of a whole, so that everyone is 100 %."""
        return bool(self.about["kind"] == "composition")

    @property
    def has_groups(self) -> bool:
        """Whether a figure of a group is shown."""
        return any(row.is_shown for row in self.groups)

    @property
    def is_answered(self) -> bool:
        """Whether a figure about the city, its county or its school district is shown."""
        return self.about["availability"] == "shown" and bool(self.featured or any(row.is_shown for row in self.districts))


@dataclass(frozen=True)
class ReleaseData:
    """What the scorecard shows of one release."""

    about: Mapping[str, Any]
    city: str
    measures: Mapping[str, Measure]
    districts: tuple[tuple[str, str], ...]  # geoid and name, in the order of their numbers
    district_map: str | None  # the vintage in force
    streets: Sequence[Record]  # ranges of house numbers with their district on that map
    outlines: Mapping[str, Mapping[str, Record]]  # of districts, by vintage
    texts: Sequence[TextRow]
    goals: Sequence[Record]
    responses: Sequence[Record]
    theme_measures: Mapping[str, Sequence[str]]  # the measures to read for a theme of engagement
    sources: Sequence[Record]
    said_corrections: Sequence[Record] = ()  # by the office, the newest first
    revised_editions: Sequence[Record] = ()  # per edition and measure, how many figures are others now
    data_issues: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what readers should know, by source
    district_places: Mapping[str, Place] = field(default_factory=dict)  # council districts by geoid, with their figures
    places: tuple[Places, ...] = ()  # other places with a page, by kind
    languages: tuple[str, ...] = field(default=())
    written: Mapping[str, Language] = field(default_factory=dict)  # how each language is written
    actions: Sequence[Record] = ()  # what the city does, by measure

    @property
    def areas(self) -> tuple[str, ...]:
        """The policy areas with a measure."""
        return tuple(sorted({measure.policy_area for measure in self.measures.values()}))


_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), columns=Row._fields)
_MEASURE = attrgetter("measure_id")


def read_release(files: ReleaseFiles) -> ReleaseData:
    """Read what a site shows of a release."""
    with open_release(files) as con:
        load_extension(con, "spatial")
        texts = con.execute("select text_id, language, text, review_status from texts order by text_id, language").fetchall()
        [(city,)] = con.execute("select name from geographies where scorecard_order = 1").fetchall() or [("",)]
        maps = con.execute(_SQL.maps(), [district_type := council_district_type(con), OUTSIDE]).fetchall()
        written = {
            row[0]: Language(*(cell or "" for cell in row))
            for row in con.execute(f"select {', '.join(LANGUAGE_COLUMNS)} from languages order by sort_order").fetchall()
        }
        in_force = next((vintage for vintage, is_in_force, _, _ in maps if is_in_force), None)
        district_places, places = read_places(con, district_type, in_force)
        return ReleaseData(
            about=records(con, "select * from release")[0],
            city=city,
            measures={measure.measure_id: measure for measure in _measures(con, district_type)},
            districts=tuple((geoid, name) for vintage, _, geoid, name in maps if vintage == in_force),
            district_map=in_force,
            streets=records(con, _SQL.streets(), [in_force]),
            outlines={vintage: read_outlines(con, district_type, vintage) for vintage in sorted({row[0] for row in maps})},
            texts=texts,
            goals=records(con, _SQL.goals()),
            responses=records(con, "select * from engagement_responses order by period_start desc, theme_code"),
            theme_measures=dict(con.execute(_SQL.theme_measures()).fetchall()),
            sources=records(con, "select * from sources order by title, source"),
            said_corrections=records(con, _SQL.said_corrections()),
            revised_editions=records(con, _SQL.revised_editions()),
            data_issues=dict(con.execute(_SQL.data_issues()).fetchall()),
            district_places={place.geoid: place for place in district_places},
            places=places,
            languages=tuple(dict.fromkeys([*written, *sorted({row[1] for row in texts}, key=lambda name: (name != "en", name))])),
            written=written,
            actions=records(con, "select * from actions order by measure_id, program, action_id"),
        )


def _measures(con: DuckDBPyConnection, district_type: str) -> Iterable[Measure]:
    featured, series = _by_measure(con, _SQL.featured()), _by_measure(con, _SQL.series())
    of_districts = {"district_type": district_type, "outside": OUTSIDE, "period_types": PERIOD_TYPES}
    districts = _by_measure(con, _SQL.districts(), of_districts)
    peers, breaks = (grouped(records(con, query), _MEASURE) for query in (_SQL.peers(), _SQL.breaks()))
    first_reported, strata, gaps, by_place = (
        read_first_reported(con),
        read_strata(con),
        read_gaps(con),
        read_everyone_by_place(con),
    )
    for about in records(con, _SQL.measures()):
        code = about["measure_id"]
        everyone = by_place.get(slice_of(featured[code][0])) if featured[code] else None
        yield Measure(
            about, featured[code], series[code], districts[code], peers[code], strata[code], everyone, first_reported[code],
            gaps[code], breaks[code],
        )  # fmt: skip


def _by_measure(con: DuckDBPyConnection, query: str, chosen: Mapping[str, Any] | None = None) -> Mapping[str, Sequence[Row]]:
    found = con.execute(f"{query} order by measure_id, period_start, geoid, group_order", chosen).fetchall()
    return grouped((Row(*values) for values in found), _MEASURE)

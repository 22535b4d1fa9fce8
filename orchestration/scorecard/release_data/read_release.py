"""Read from a release what the pages of the scorecard show. See `places` for maps, and `downloads` for files.

The tables are described in docs/tables.md (Scorecard). Nothing is computed from figures here: what to show first, comparisons and
changes are columns of `published.scorecard`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.open_release import (
    Record,
    ReleaseFiles,
    council_district_type,
    grouped,
    open_release,
    read_texts,
    records,
)
from orchestration.scorecard.release_data.places import read_everyone, read_outlines, read_places, read_strata, slice_of
from orchestration.scorecard.release_data.row import OUTSIDE, PERIOD_TYPES, PLACES, Row
from orchestration.scorecard.words.texts import LANGUAGE_COLUMNS, ORIGINAL, languages_written
from warehouse.connection import load_extension
from warehouse.sql import queries

WORSE = {"lower": "higher", "higher": "lower"}  # the word of a group that is worse off, by the favourable direction


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
    gaps: Sequence[Record] = ()  # of featured groups, each with its `trends`, absolute and then relative, and its `periods`
    later: Sequence[Record] = ()  # newer `periods` with records and no figure, by `status_code`, and by place
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
    def worse_word(self) -> str | None:
        """The word of a group that is worse off than another; None where no direction is favourable."""
        return WORSE.get(str(self.about["favourable_direction"]))

    @property
    def worse_off(self) -> list[Row]:
        """The featured rows of groups that are clearly worse off, by people's own race."""
        own = (row for row in self.groups if self.worse_word and row.is_shown and row.basis != PLACES)
        return [row for row in own if row.compared_with_reference == self.worse_word]

    @property
    def is_composition(self) -> bool:
        """Whether the figures are shares of a whole, so that everyone is 100 %."""
        return bool(self.about["kind"] == "composition")

    @property
    def is_about_places(self) -> bool:
        """Whether a figure of a group is one of the places where it lives."""
        return any(row.basis == PLACES and row.is_shown for row in self.groups)

    @property
    def has_groups(self) -> bool:
        """Whether a figure of a group is shown."""
        return any(row.is_shown for row in self.groups)

    @property
    def is_answered(self) -> bool:
        """Whether a figure about the city, its county or its school district is shown."""
        return self.about["availability"] == "shown" and bool(self.featured or any(row.is_shown for row in self.districts))


_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), columns=Row._fields)
_FIRST_REPORTED = queries(Path(__file__).with_name("first_reported.sql.jinja"))
_GAP_TRENDS = queries(Path(__file__).with_name("gap_trends.sql.jinja"))
_MEASURE = attrgetter("measure_id")


class ReleaseData:
    """What the scorecard shows of one release."""

    def __init__(self, con: DuckDBPyConnection) -> None:
        district_type = council_district_type(con)
        maps = con.execute(_SQL.maps(), [district_type, OUTSIDE]).fetchall()
        self.about = records(con, "select * from release")[0]
        [(self.city,)] = con.execute("select name from geographies where scorecard_order = 1").fetchall() or [("",)]
        self.measures = {measure.measure_id: measure for measure in _measures(con, district_type)}
        self.district_map = next((vintage for vintage, is_in_force, _, _ in maps if is_in_force), None)  # the vintage in force
        # geoid and name, in the order of their numbers
        self.districts = tuple((geoid, name) for vintage, _, geoid, name in maps if vintage == self.district_map)
        self.streets = records(con, _SQL.streets(), [self.district_map])  # house numbers with their district on that map
        # the outlines of districts by vintage, districts by geoid with their figures, and other places with a page by kind
        self.outlines = {vintage: read_outlines(con, district_type, vintage) for vintage in sorted({row[0] for row in maps})}
        districts, self.places = read_places(con, district_type, self.district_map)
        self.district_places = {place.geoid: place for place in districts}
        self.goals = records(con, _SQL.goals())
        self.actions = records(con, "select * from actions order by measure_id, program, action_id")
        self.responses = records(con, "select * from engagement_responses order by period_start desc, theme_code")
        self.theme_measures = dict(con.execute(_SQL.theme_measures()).fetchall())  # the measures to read for a theme
        self.sources = records(con, "select * from sources order by title, source")
        self.data_issues = dict(con.execute(_SQL.data_issues()).fetchall())  # what readers should know, by source
        self.said_corrections = records(con, _SQL.said_corrections())  # by the office, the newest first
        # per edition and measure, how many figures are others now
        self.revised_editions = records(con, _SQL.revised_editions())
        self.texts = read_texts(con)
        listed = f"select {', '.join(LANGUAGE_COLUMNS)} from languages order by sort_order"
        self.written = languages_written(con.execute(listed).fetchall())
        with_texts = sorted({row[1] for row in self.texts}, key=lambda name: (name != ORIGINAL, name))
        self.languages = tuple(dict.fromkeys([*self.written, *with_texts]))

    @property
    def areas(self) -> tuple[str, ...]:
        """The policy areas with a measure."""
        return tuple(sorted({measure.policy_area for measure in self.measures.values()}))


def read_release(files: ReleaseFiles) -> ReleaseData:
    """Read what a site shows of a release."""
    with open_release(files) as con:
        load_extension(con, "spatial")
        return ReleaseData(con)


def _measures(con: DuckDBPyConnection, district_type: str) -> Iterable[Measure]:
    featured, series = _by_measure(con, _SQL.featured()), _by_measure(con, _SQL.series())
    of_districts = {"district_type": district_type, "outside": OUTSIDE, "period_types": PERIOD_TYPES}
    districts = _by_measure(con, _SQL.districts(), of_districts)
    of_measures = (_SQL.peers(), _FIRST_REPORTED.first_reported(), _GAP_TRENDS.gaps(), _SQL.later(), _SQL.breaks())
    peers, first_reported, gaps, later, breaks = (grouped(records(con, query), _MEASURE) for query in of_measures)
    strata, by_place = read_strata(con), read_everyone(con, is_by_place=True)
    for about in records(con, _SQL.measures()):
        code = about["measure_id"]
        everyone = by_place.get(slice_of(featured[code][0])) if featured[code] else None
        yield Measure(
            about, featured[code], series[code], districts[code], peers[code], strata[code], everyone, first_reported[code],
            gaps[code], later[code], breaks[code],
        )  # fmt: skip


def _by_measure(con: DuckDBPyConnection, query: str, chosen: Mapping[str, Any] | None = None) -> Mapping[str, Sequence[Row]]:
    found = con.execute(f"{query} order by measure_id, period_start, geoid, group_order", chosen).fetchall()
    return grouped((Row(*values) for values in found), _MEASURE)


def read_printed(con: DuckDBPyConnection, edition: str) -> Mapping[str, tuple[int, list[Record]]]:
    """Return per measure how many figures of an edition are others now, and those of the place that opens its page."""
    figures = grouped(records(con, _FIRST_REPORTED.printed(), [edition]), _MEASURE)
    return {code: (number, figures[code]) for code, number in con.execute(_FIRST_REPORTED.counted(), [edition]).fetchall()}

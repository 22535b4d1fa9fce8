"""Read from a release what the pages of the scorecard show. See `places` for maps, and `downloads` for files.

The tables are described in docs/tables.md (Scorecard). Nothing is computed from figures here: what to show first, comparisons and
changes are columns of `published.scorecard`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from duckdb import DuckDBPyConnection

from orchestration.scorecard.release_data.first_reported import read_first_reported
from orchestration.scorecard.release_data.gap_trends import read_gaps
from orchestration.scorecard.release_data.open_release import Record, ReleaseFiles, council_district_type, open_release, records
from orchestration.scorecard.release_data.places import (
    Outline,
    Place,
    Places,
    read_everyone_by_place,
    read_outlines,
    read_places,
    read_strata,
    slice_of,
)
from orchestration.scorecard.words.texts import LANGUAGE_COLUMNS, Language
from warehouse.connection import load_extension
from warehouse.sql import queries

OUTSIDE = "outside"
TOTAL = "all"
# The kind of period that is shown where the page of the measure has none.
PERIOD_TYPES = ("year", "school_year", "snapshot", "5_year", "3_year", "multi_year", "quarter", "month")


class Row(NamedTuple):
    """A row of `published.scorecard`: one figure, or the reason why there is none."""

    measure_id: str
    measure_version: int
    measure: str
    policy_area: str
    period_type: str
    period_start: dt.date
    period_end: dt.date
    geography_type: str
    geography_vintage: str
    geoid: str
    place: str
    race_ethnicity_code: str
    group_kind: str
    group_order: int
    basis: str
    numerator: float | None
    denominator: float | None
    value: float | None
    unit: str
    ci_low: float | None
    ci_high: float | None
    bound_low: float | None
    bound_high: float | None
    known_race_pct: float | None
    status_code: str
    city_value: float | None
    compared_with_city: str | None
    rate_ratio: float | None
    rate_ratio_ci_low: float | None
    rate_ratio_ci_high: float | None
    reference_code: str | None
    compared_with_reference: str | None
    trend_from: dt.date | None
    trend_from_value: float | None
    trend: float | None
    trend_ci_low: float | None
    trend_ci_high: float | None
    trend_word: str | None
    is_featured: bool
    is_latest: bool
    data_as_of: dt.datetime | None
    is_hidden_in_public: bool = False  # of the internal site: the public file lacks a figure of the row
    compared_reason: str | None = None
    compared_with_city_reason: str | None = None
    range_kind: str | None = None
    reliability: str | None = None
    status_reason: str | None = None
    publisher_quality: str | None = None
    covered_until: dt.date | None = None
    expected_value: float | None = None
    stratum_code: str | None = None  # us2000 of a rate adjusted for age
    population_scheme: str | None = None
    population_on: dt.date | None = None
    excess: float | None = None  # of a clear gap, in people per year
    excess_low: float | None = None
    excess_high: float | None = None
    value_smoothed: float | None = None  # of a small place, for maps
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None
    gap_kind: str | None = None

    @property
    def key(self) -> str:
        """What identifies the row in the file; pages carry it in `data-row`, and the gate of the pages reads it there."""
        place = (self.geography_type, self.geoid, self.race_ethnicity_code)
        return "|".join(map(str, (self.measure_id, self.period_type, self.period_start, *place)))

    @property
    def is_shown(self) -> bool:
        """Whether the row has a figure."""
        return self.value is not None and self.status_code in ("shown", "zero")

    @property
    def has_only_a_range(self) -> bool:
        """Whether no figure is known, but its bounds."""
        return self.status_code == "range_only" and self.bound_low is not None and self.bound_high is not None

    @property
    def is_total(self) -> bool:
        """Whether the row is about everyone."""
        return self.race_ethnicity_code == TOTAL


@dataclass(frozen=True)
class Measure:
    """A measure with the rows that its page shows."""

    about: Mapping[str, Any]  # its row of published.measures, with that of its source under `source_…`
    featured: tuple[Row, ...] = ()  # the place and period that open the page, in the order of groups
    series: tuple[Row, ...] = ()  # the same place and kind of period, all periods
    districts: tuple[Row, ...] = ()  # the newest period of council districts
    peers: tuple[Mapping[str, Any], ...] = ()
    strata: tuple[Record, ...] = ()  # figures by topic, of everyone
    everyone_by_place: Row | None = None  # for everyone, with the denominator of featured groups that are place-weighted
    first_reported: tuple[Record, ...] = ()  # of the series: figures that were revised, the newest first
    gaps: tuple[Record, ...] = ()  # how the gaps of featured groups have changed
    breaks: tuple[Record, ...] = ()  # rows of `published.series_breaks`, the newest first: no change is shown across their days

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
    streets: tuple[Record, ...]  # ranges of house numbers with their district on that map
    outlines: Mapping[str, Mapping[str, Outline]]  # of districts, by vintage
    texts: tuple[tuple[str, str, str, str], ...]  # text_id, language, text, review_status
    goals: tuple[Mapping[str, Any], ...]
    responses: tuple[Mapping[str, Any], ...]
    theme_measures: Mapping[str, tuple[str, ...]]  # the measures to read for a theme of engagement
    sources: tuple[Mapping[str, Any], ...]
    said_corrections: tuple[Mapping[str, Any], ...] = ()  # by the office, the newest first
    revised_editions: tuple[Mapping[str, Any], ...] = ()  # per edition and measure, how many figures are others now
    data_issues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what readers should know, by source
    district_places: Mapping[str, Place] = field(default_factory=dict)  # council districts by geoid, with their figures
    places: tuple[Places, ...] = ()  # other places with a page, by kind
    languages: tuple[str, ...] = field(default=())
    written: Mapping[str, Language] = field(default_factory=dict)  # how each language is written
    actions: tuple[Mapping[str, Any], ...] = ()  # what the city does, by measure

    @property
    def areas(self) -> tuple[str, ...]:
        """The policy areas with a measure."""
        return tuple(sorted({measure.policy_area for measure in self.measures.values()}))


_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), columns=Row._fields)


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
        district_places, places = read_places(con, Row, PERIOD_TYPES, district_type, OUTSIDE, in_force)
        return ReleaseData(
            about=records(con, "select * from release")[0],
            city=city,
            measures={measure.measure_id: measure for measure in _measures(con, district_type)},
            districts=tuple((geoid, name) for vintage, _, geoid, name in maps if vintage == in_force),
            district_map=in_force,
            streets=tuple(records(con, _SQL.streets(), [in_force])),
            outlines={
                vintage: read_outlines(con, district_type, vintage, OUTSIDE) for vintage in sorted({row[0] for row in maps})
            },
            texts=tuple(texts),
            goals=tuple(records(con, _SQL.goals())),
            responses=tuple(records(con, "select * from engagement_responses order by period_start desc, theme_code")),
            theme_measures=dict(
                con.execute(
                    "select theme_code, list(measure_id order by sort_order, measure_id) from theme_measures group by all"
                ).fetchall()
            ),
            sources=tuple(records(con, "select * from sources order by title, source")),
            said_corrections=tuple(
                records(con, "select * from corrections where said_by_office order by corrections.at desc, edition, what")
            ),
            revised_editions=tuple(records(con, _SQL.revised_editions())),
            data_issues={
                source: tuple(summaries)
                for source, summaries in con.execute(
                    "select source, list(summary order by issue_id) from data_issues group by source order by source"
                ).fetchall()
            },
            district_places={place.geoid: place for place in district_places},
            places=places,
            languages=tuple(dict.fromkeys([*written, *sorted({row[1] for row in texts}, key=lambda name: (name != "en", name))])),
            written=written,
            actions=tuple(records(con, "select * from actions order by measure_id, program, action_id")),
        )


def _measures(con: DuckDBPyConnection, district_type: str) -> Iterable[Measure]:
    featured, series = _by_measure(con, _SQL.featured()), _by_measure(con, _SQL.series())
    of_districts = {"district_type": district_type, "outside": OUTSIDE, "period_types": list(PERIOD_TYPES)}
    districts = _by_measure(con, _SQL.districts(), of_districts)
    peers: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in records(con, _SQL.peers()):
        peers[row["measure_id"]].append(row)
    first_reported, strata = read_first_reported(con), read_strata(con, Row, PERIOD_TYPES)
    by_place, gaps = read_everyone_by_place(con, Row), read_gaps(con)
    breaks: dict[str, list[Record]] = defaultdict(list)
    for row in records(con, _SQL.breaks()):
        breaks[row.measure_id].append(row)
    for about in records(con, _SQL.measures()):
        code = about["measure_id"]
        everyone = by_place.get(slice_of(featured[code][0])) if featured[code] else None
        yield Measure(
            about, featured[code], series[code], districts[code], tuple(peers[code]), strata.get(code, ()), everyone,
            first_reported[code], gaps.get(code, ()), tuple(breaks[code]),
        )  # fmt: skip


def _by_measure(con: DuckDBPyConnection, query: str, chosen: Mapping[str, Any] | None = None) -> Mapping[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for values in con.execute(f"{query} order by measure_id, period_start, geoid, group_order", chosen).fetchall():
        row = Row(*values)
        found[row.measure_id].append(row)
    return defaultdict(tuple, {code: tuple(rows) for code, rows in found.items()})
